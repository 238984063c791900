using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Core.Access;
using Registry.Core.Catalog;

namespace Registry.Api.Oci;

/// <summary>Lists the repositories. OCI does not specify this: CNCF Distribution does, and clients use it.</summary>
internal sealed class RepositoriesController(PackageCatalog catalog) : OciController
{
    private const string Route = "_catalog";

    /// <summary>List repositories</summary>
    /// <remarks>
    /// The packages whose names OCI allows. With `n` the list has pages: the `Link` header has the URL of the next
    /// page, and the last page has no such header.
    /// </remarks>
    /// <param name="n">The maximum number of repositories; all by default.</param>
    /// <param name="last">Begins after this name, which need not exist.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresWithin(AccessActions.Pull)]
    [HttpGet(Route), HttpHead(Route)]
    [ProducesResponseType<object>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ListAsync(
        [FromQuery] string? n, [FromQuery] string? last, CancellationToken cancellationToken)
    {
        var page = OciPage.Of(n, last);
        var view = (await catalog.GetAsync(cancellationToken)).VisibleTo(Caller.Scopes);
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
