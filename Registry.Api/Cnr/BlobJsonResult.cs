using Microsoft.AspNetCore.Mvc;
using Registry.Api.Http;
using Registry.Api.Http.Transfers;
using Registry.Core.Storage;

namespace Registry.Api.Cnr;

/// <summary>
/// Responds to GET and HEAD with the JSON form of a blob, encoded while it is read. It is not compressed, since the
/// content already is.
/// </summary>
/// <param name="open">Opens the blob; throws when it no longer exists. Not called for 304, 412 and HEAD.</param>
/// <param name="json">The response.</param>
/// <param name="tag">The source of the entity tag.</param>
internal sealed class BlobJsonResult(
    Func<CancellationToken, ValueTask<BlobReader>> open, BlobJson json, string tag) : IActionResult
{
    /// <summary>Headers besides the entity tag, also sent with 304.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <inheritdoc/>
    public async Task ExecuteResultAsync(ActionContext context)
    {
        var (http, response) = (context.HttpContext, context.HttpContext.Response);
        var entityTag = ConditionalHeaders.Quote(tag);
        if (await ConditionalHeaders.TryRespondAsync(http, entityTag, Headers))
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
