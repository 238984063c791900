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
    /// All packages by name, each with its releases, highest first. Filters combine. With a `limit` the list comes in
    /// pages: a header `Link` with `rel="next"` has the address of the one that follows, and the last has none.
    /// </remarks>
    /// <param name="namespace">Only packages of exactly this namespace.</param>
    /// <param name="query">Only packages whose `namespace/name` contains this text, whatever its case.</param>
    /// <param name="mediaType">Only packages, and of them only releases, in this media type (`helm`, `kpm`, …).</param>
    /// <param name="limit">At most so many packages; without one all.</param>
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
    /// The names (`namespace/name`) that contain a text, whatever its case, sorted. With a `limit` they come in pages,
    /// as lists do.
    /// </remarks>
    /// <param name="q">The text; without one nothing is found.</param>
    /// <param name="limit">At most so many names; without one all.</param>
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
