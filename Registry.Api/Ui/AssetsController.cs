using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;

namespace Registry.Api.Ui;

/// <summary>Serves the style sheet and the script of the pages.</summary>
internal sealed class AssetsController : ControllerBase
{
    private const string Path = "/assets/{hash}/{name}";

    /// <summary>
    /// Sends an asset. Its URL has the hash of its bytes, so clients keep it. During an upgrade, a page of another
    /// version may ask for other bytes; it gets these, and does not keep them.
    /// </summary>
    [Public]
    [HttpGet(Path), HttpHead(Path)]
    public async Task<IActionResult> ShowAsync(string hash, string name)
    {
        if (SiteAssets.Find(name) is not { } asset)
            return NotFound();
        Response.Headers.CacheControl = hash == asset.Hash ? "public, max-age=31536000, immutable" : "no-cache";
        Response.Headers.XContentTypeOptions = "nosniff";
        var tag = ConditionalHeaders.Quote(asset.Hash);
        if (await ConditionalHeaders.TryRespondAsync(HttpContext, tag))
            return new EmptyResult();
        Response.Headers.ETag = tag;
        return File(asset.Bytes, asset.ContentType);
    }
}
