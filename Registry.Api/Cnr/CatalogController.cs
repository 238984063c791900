using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;
using Registry.Core.Access;
using Registry.Core.Catalog;

namespace Registry.Api.Cnr;

/// <summary>Lists and searches packages.</summary>
internal sealed class CatalogController(PackageCatalog catalog, ListBodies bodies) : CnrController
{
    /// <summary>List packages</summary>
    /// <remarks>
    /// All packages by name, each with its releases, highest first. A package must match all filters. With a `limit`
    /// the list has pages: the `Link` header has the URL of the next page, and the last page has no such header.
    /// </remarks>
    /// <param name="namespace">Only packages in exactly this namespace.</param>
    /// <param name="query">Only packages whose `namespace/name` contains this text, ignoring case.</param>
    /// <param name="mediaType">Only releases in this media type (`helm`, `kpm`, …), and packages that have any.</param>
    /// <param name="limit">The maximum number of packages; all by default.</param>
    /// <param name="after">Only packages whose `namespace/name` comes after this text.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresWithin(AccessActions.Pull)]
    [HttpGet, HttpHead]
    [ProducesResponseType<PackageSummary[]>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ListAsync(
        [FromQuery] string? @namespace,
        [FromQuery] string? query,
        [FromQuery(Name = "media_type")] string? mediaType,
        [FromQuery] string? limit,
        [FromQuery] string? after,
        CancellationToken cancellationToken)
    {
        var page = ListPage.Of(limit, after);
        var view = (await catalog.GetAsync(cancellationToken)).VisibleTo(Caller.Scopes);
        var entries = page.Of(
            Find(view, new CatalogQuery(@namespace, query, mediaType, page.After)),
            static entry => entry.Name.Value,
            HttpContext);
        return Body(
            JsonBody.OfMany(entries.Select(PackageSummary.Of), CnrJsonContext.Default.PackageSummary, Tag(view)), view);
    }

    /// <summary>Search packages</summary>
    /// <remarks>
    /// The names (`namespace/name`) that contain a text, ignoring case, sorted. With a `limit` the result has pages, as
    /// the list of packages does.
    /// </remarks>
    /// <param name="q">The text to find; without it the result is empty.</param>
    /// <param name="limit">The maximum number of names; all by default.</param>
    /// <param name="after">Only names that come after this text.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresWithin(AccessActions.Pull)]
    [HttpGet("search"), HttpHead("search")]
    [ProducesResponseType<string[]>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> SearchAsync(
        [FromQuery] string? q,
        [FromQuery] string? limit,
        [FromQuery] string? after,
        CancellationToken cancellationToken)
    {
        var page = ListPage.Of(limit, after);
        var view = (await catalog.GetAsync(cancellationToken)).VisibleTo(Caller.Scopes);
        var found = string.IsNullOrEmpty(q)
            ? []
            : Find(view, new CatalogQuery(null, q, null, page.After)).Select(static entry => entry.Name.Value);
        return Body(
            JsonBody.OfMany(page.Of(found, static name => name, HttpContext), CnrJsonContext.Default.String, Tag(view)),
            view);
    }

    /// <summary>Returns the matching packages that CNR can address.</summary>
    private static IEnumerable<CatalogEntry> Find(PackageCatalogView view, CatalogQuery query) =>
        query.Filter(view).Where(static entry => entry.Name.HasOnePartNamespace && !entry.Releases.IsEmpty);

    private JsonBody Body(JsonBody body, PackageCatalogView view)
    {
        body.Cached = bodies.Of(view, Request);
        return body;
    }

    private static string Tag(PackageCatalogView view) => view.Fingerprint.ToString("x32", null);
}
