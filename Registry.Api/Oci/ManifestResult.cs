using Microsoft.AspNetCore.Mvc;
using Registry.Api.Http;
using Registry.Api.Http.Transfers;
using Registry.Core.Artifacts;
using Registry.Core.Packages;

namespace Registry.Api.Oci;

/// <summary>
/// Sends a manifest in response to GET or HEAD, byte for byte, with its exact media type. Supports <c>If-Match</c> and
/// <c>If-None-Match</c>.
/// </summary>
/// <param name="read">Returns the bytes. Not called for 304, 412 and HEAD.</param>
/// <param name="manifest">The manifest.</param>
internal sealed class ManifestResult(
    Func<CancellationToken, ValueTask<ReadOnlyMemory<byte>>> read, OciManifest manifest) : IActionResult
{
    /// <summary>Headers of the protocol, sent with 200 and 304.</summary>
    public required IReadOnlyList<(string Name, string Value)> Headers { get; init; }

    /// <inheritdoc/>
    public async Task ExecuteResultAsync(ActionContext context)
    {
        var (http, response) = (context.HttpContext, context.HttpContext.Response);
        var entityTag = ConditionalHeaders.Quote(OciDigest.Format(manifest.Digest));
        if (await ConditionalHeaders.TryRespondAsync(http, entityTag, Headers))
            return;
        var isHead = HttpMethods.IsHead(http.Request.Method);
        ReadOnlyMemory<byte> bytes = default;
        if (!isHead)
        {
            await RequestTransfer.Of(http).ReserveOutputAsync(manifest.Size, manifest.Size, http.RequestAborted);
            bytes = await read(http.RequestAborted);
        }

        ConditionalHeaders.Describe(response, entityTag, Headers);
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = manifest.MediaType;
        response.ContentLength = manifest.Size;
        if (!isHead)
            await response.BodyWriter.WriteAsync(bytes, http.RequestAborted);
    }
}
