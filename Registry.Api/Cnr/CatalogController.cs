using Microsoft.AspNetCore.Mvc;
using Registry.Api.Http;
using Registry.Core.Catalog;

namespace Registry.Api.Cnr;

/// <summary>What packages there are.</summary>
internal sealed class CatalogController(PackageCatalog catalog) : CnrController
{
    /// <summary>List packages</summary>
    /// <remarks>All packages by name, each with its releases, highest first. Filters combine.</remarks>
    /// <param name="namespace">Only packages of exactly this namespace.</param>
    /// <param name="query">Only packages whose `namespace/name` contains this text, whatever its case.</param>
    /// <param name="mediaType">Only packages, and of them only releases, in this media type (`helm`, `kpm`, …).</param>
    /// <param name="ct">The request's.</param>
    [HttpGet, HttpHead]
    [ProducesResponseType<PackageSummary[]>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ListAsync(
        [FromQuery] string? @namespace,
        [FromQuery] string? query,
        [FromQuery(Name = "media_type")] string? mediaType,
        CancellationToken ct)
    {
        var view = await catalog.GetAsync(ct);
        return JsonBody.OfMany(
            new CatalogQuery(@namespace, query, mediaType).Of(view).Select(PackageSummary.Of), CnrJsonContext.Default.PackageSummary, Tag(view));
    }

    /// <summary>Search packages</summary>
    /// <remarks>The names (`namespace/name`) that contain a text, whatever its case, sorted.</remarks>
    /// <param name="q">The text; without one nothing is found.</param>
    /// <param name="ct">The request's.</param>
    [HttpGet("search"), HttpHead("search")]
    [ProducesResponseType<string[]>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> SearchAsync([FromQuery] string? q, CancellationToken ct)
    {
        var view = await catalog.GetAsync(ct);
        var names = string.IsNullOrEmpty(q) ? [] : view.Entries.Where(entry => CatalogQuery.Matches(entry, q)).Select(entry => entry.Name.Value);
        return JsonBody.OfMany(names, CnrJsonContext.Default.String, Tag(view));
    }

    private static string Tag(PackageCatalogView view) => view.Fingerprint.ToString("x32", null);
}
