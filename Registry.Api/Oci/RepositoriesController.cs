using Microsoft.AspNetCore.Mvc;
using Registry.Core.Catalog;

namespace Registry.Api.Oci;

/// <summary>Lists the repositories. OCI does not specify this: CNCF Distribution does, and clients use it.</summary>
internal sealed class RepositoriesController(PackageCatalog catalog) : OciController
{
    private const string Route = "_catalog";

    /// <summary>List repositories</summary>
    /// <remarks>
    /// The packages whose names are names of repositories. With `n` the list comes in pages: a header `Link` with
    /// `rel="next"` has the address of the one that follows, and the last has none.
    /// </remarks>
    /// <param name="n">At most so many repositories; without one all.</param>
    /// <param name="last">Only repositories that come after this text.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [HttpGet(Route), HttpHead(Route)]
    public async Task<IActionResult> ListAsync(
        [FromQuery] string? n, [FromQuery] string? last, CancellationToken cancellationToken)
    {
        var page = OciPage.Of(n, last);
        var view = await catalog.GetAsync(cancellationToken);
        // No name contains a zero character, so this is the lowest text above the last name.
        var names = view.From(page.Last is null ? "" : page.Last + '\0')
            .Where(static entry => RepositoryName.IsLegal(entry.Name))
            .Select(static entry => entry.Name.Value);
        return OciJson.List(
            "repositories",
            page.Of(names, Response, $"{OciProtocol.Root}/{Route}"),
            view.Fingerprint);
    }
}
