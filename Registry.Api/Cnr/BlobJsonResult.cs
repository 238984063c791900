using Microsoft.AspNetCore.Mvc;
using Registry.Api.Http;
using Registry.Api.Http.Transfers;
using Registry.Core.Storage;

namespace Registry.Api.Cnr;

/// <summary>
/// Answers GET and HEAD with the JSON form of a blob, encoded as it is read. Never compressed: the content is already.
/// </summary>
/// <param name="open">Opens the blob; throws where it is gone by now. Not called for 304, 412 and HEAD.</param>
/// <param name="json">The answer.</param>
/// <param name="tag">What the entity tag is made of.</param>
internal sealed class BlobJsonResult(
    Func<CancellationToken, ValueTask<BlobReader>> open, BlobJson json, string tag) : IActionResult
{
    /// <summary>Headers beside the entity tag, sent with 304 as well.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <inheritdoc/>
    public async Task ExecuteResultAsync(ActionContext context)
    {
        var (http, response) = (context.HttpContext, context.HttpContext.Response);
        var entityTag = ConditionalHeaders.Quote(tag);
        if (await ConditionalHeaders.TryAnswerAsync(http, entityTag, Headers))
            return;

        var isHead = HttpMethods.IsHead(http.Request.Method);
        var bufferBytes =
            isHead ? 0 : await RequestTransfer.Of(http).ReserveOutputAsync(json.ContentLength, http.RequestAborted);
        await using var blob = isHead ? null : await open(http.RequestAborted);
        ConditionalHeaders.Describe(response, entityTag, Headers);
        response.ContentType = "application/json";
        response.ContentLength = json.ContentLength;
        if (blob is not null)
            await json.WriteAsync(blob, response.BodyWriter, bufferBytes, http.RequestAborted);
    }
}
