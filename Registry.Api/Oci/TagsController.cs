using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Core.Access;
using Registry.Core.Repositories;

namespace Registry.Api.Oci;

/// <summary>Lists the tags of a repository.</summary>
internal sealed class TagsController(RepositoryManifests manifests) : OciController
{
    private const string Route = "{name}/tags/list";

    /// <summary>List tags</summary>
    /// <remarks>
    /// Releases and channels of the package are tags. With `n` the list has pages: the `Link` header has the URL of the
    /// next page, and the last page has no such header.
    /// </remarks>
    /// <param name="name">The repository.</param>
    /// <param name="n">The maximum number of tags; all by default.</param>
    /// <param name="last">Begins after this tag, which need not exist.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Pull)]
    [HttpGet(Route), HttpHead(Route)]
    [ProducesResponseType<object>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ListAsync(
        string name, [FromQuery] string? n, [FromQuery] string? last, CancellationToken cancellationToken)
    {
        var package = RepositoryName.Get(name);
        var page = OciPage.Of(n, last);
        var list = await manifests.ListTagsAsync(package, cancellationToken);
        var tags = list.Tags.Select(static tag => tag.Value);
        if (page.Last is not null)
            tags = tags.SkipWhile(tag => string.CompareOrdinal(tag, page.Last) <= 0);
        var body = OciJson.List(
            "tags",
            page.Of(tags, Response, AddressOf(package, "tags/list")),
            list.Fingerprint,
            package);
        body.SourceBytes = list.Index is { } index ? () => manifests.SizeOf(index) : null;
        return body;
    }
}
