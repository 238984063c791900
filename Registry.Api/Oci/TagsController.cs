using Microsoft.AspNetCore.Mvc;
using Registry.Core.Repositories;

namespace Registry.Api.Oci;

/// <summary>Lists the tags of a repository.</summary>
internal sealed class TagsController(RepositoryManifests manifests) : OciController
{
    private const string Route = "{name}/tags/list";

    /// <summary>List tags</summary>
    /// <remarks>
    /// Releases and channels are among them. With `n` the list comes in pages: a header `Link` with `rel="next"` has
    /// the address of the one that follows, and the last has none.
    /// </remarks>
    /// <param name="name">The repository.</param>
    /// <param name="n">At most so many tags; without one all.</param>
    /// <param name="last">Only tags that come after this text.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [HttpGet(Route), HttpHead(Route)]
    public async Task<IActionResult> ListAsync(
        string name, [FromQuery] string? n, [FromQuery] string? last, CancellationToken cancellationToken)
    {
        var package = RepositoryName.Get(name);
        var page = OciPage.Of(n, last);
        var list = await manifests.ListTagsAsync(package, cancellationToken);
        var tags = list.Tags.Select(static tag => tag.Value);
        if (page.Last is not null)
            tags = tags.SkipWhile(tag => string.CompareOrdinal(tag, page.Last) <= 0);
        return OciJson.List(
            "tags",
            page.Of(tags, Response, AddressOf(package, "tags/list")),
            list.Fingerprint,
            package);
    }
}
