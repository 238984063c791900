using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;
using Registry.Api.Http.Transfers;
using Registry.Core.Access;
using Registry.Core.Packages;
using Registry.Core.Versions;

namespace Registry.Api.Ui;

/// <summary>Sends the icons of charts.</summary>
internal sealed class IconsController(PackageIndexes indexes, PackageFiles files, DerivedReleases derived)
    : PageController
{
    private const string Route = "/icons/{**package}";

    /// <summary>
    /// Sends the icon of a release. Opened as a separate page, an SVG could run scripts: it is put in a sandbox.
    /// </summary>
    /// <param name="package"><c>NAME@RELEASE</c>.</param>
    /// <param name="type">The media type; null for the one whose page is shown.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Pull)]
    [HttpGet(Route), HttpHead(Route)]
    public async Task<IActionResult> ShowAsync(
        string package, [FromQuery] string? type, CancellationToken cancellationToken)
    {
        if (PageLinks.Split(package) is not (var text, { } version)
            || !PackageName.TryParse(text, out var name)
            || !Release.TryParse(version, out var release, out _)
            || await indexes.FindAsync(name, cancellationToken) is not { State: var index }
            || !index.Contains(release))
            return NotFound();
        var manifest = ReleasePages.Choose(index, release, type);
        await RequestTransfer.Of(HttpContext).ReserveAsync(
            ReleaseModel.ChartBytesOf(manifest) + (2 * PackageIcon.MaxBytes), cancellationToken);
        var chart = await derived.ReadChartAsync(name, manifest, cancellationToken);
        if (await files.ReadAsync(
            name, manifest, unpacked => PackageIcon.Find(chart, unpacked), cancellationToken) is not { } icon)
            return NotFound();
        PageHeaders.Protect(Response, "form-action 'none'; style-src 'unsafe-inline'; sandbox");
        Response.Headers.CacheControl = "no-cache";
        var tag = ConditionalHeaders.Quote($"{manifest.Content.StoredDigest}-icon");
        if (await ConditionalHeaders.TryRespondAsync(HttpContext, tag))
            return new EmptyResult();
        Response.Headers.ETag = tag;
        return File(icon.Bytes.ToArray(), icon.ContentType);
    }
}
