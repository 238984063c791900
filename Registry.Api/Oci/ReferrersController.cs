using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http.Transfers;
using Registry.Core.Access;
using Registry.Core.Artifacts;
using Registry.Core.Packages;
using Registry.Core.Repositories;
using Registry.Core.Storage;

namespace Registry.Api.Oci;

/// <summary>Lists the manifests that refer to another, such as signatures.</summary>
internal sealed class ReferrersController(RepositoryManifests manifests) : OciController
{
    private const string Route = "{name}/referrers/{digest}";
    private const string TypeFilter = "artifactType";

    /// <summary>
    /// The most bytes that the entry of a manifest has in addition to its annotations and artifact type.
    /// </summary>
    private const int EntryBytes = 512;

    /// <summary>
    /// The memory of a page, in multiples of its length: <see cref="ReferrersIndex"/> collects it in a buffer that
    /// doubles when it is full, and then copies it.
    /// </summary>
    private const int PageFactor = 3;

    /// <summary>
    /// The memory of an entry, in multiples of the length of its manifest: three for the bytes and what is parsed from
    /// them, and two for the buffer that the entry is written to, which doubles too.
    /// </summary>
    private const int EntryFactor = 5;

    /// <summary>List referrers</summary>
    /// <remarks>
    /// Returns an image index, which is empty if the manifest or the repository does not exist. A long one has pages:
    /// the `Link` header has the URL of the next page, and the last page has no such header.
    /// </remarks>
    /// <param name="name">The repository.</param>
    /// <param name="digest">The digest of the manifest that they refer to, which need not exist.</param>
    /// <param name="artifactType">Only manifests of this artifact type.</param>
    /// <param name="last">Begins after this digest.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Pull)]
    [HttpGet(Route), HttpHead(Route)]
    [ProducesResponseType<object>(StatusCodes.Status200OK, OciMediaTypes.Index)]
    public async Task<IActionResult> ListAsync(
        string name,
        string digest,
        [FromQuery] string? artifactType,
        [FromQuery] string? last,
        CancellationToken cancellationToken)
    {
        var package = RepositoryName.Get(name);
        var subject = DigestOf(digest);
        IEnumerable<OciManifest> referrers = await manifests.ReferrersAsync(package, subject, cancellationToken);
        if (last is not null)
        {
            var after = DigestOf(last);
            referrers = referrers.Where(
                referrer => string.CompareOrdinal(referrer.Digest.Value, after.Value) > 0);
        }

        return await PageAsync(package, subject, [.. referrers], artifactType, cancellationToken);
    }

    private async Task<IActionResult> PageAsync(
        PackageName package,
        Digest subject,
        List<OciManifest> referrers,
        string? artifactType,
        CancellationToken cancellationToken)
    {
        // The annotations and the artifact type of an entry are copied from its manifest, and so are no longer than it.
        // An entry that is longer than a page gets its own.
        List<long> entries = [.. referrers.Select(static referrer => referrer.Size + EntryBytes)];
        var longest = entries.DefaultIfEmpty().Max();
        var page = Math.Max(Math.Min(entries.Sum(), ReferrersIndex.DefaultMaxBytes), longest);
        await RequestTransfer.Of(HttpContext).ReserveOutputAsync(
            page, (PageFactor * page) + (EntryFactor * longest), cancellationToken);
        var index = new ReferrersIndex(artifactType);
        foreach (var referrer in referrers)
        {
            var document = await manifests.ParseAsync(package, referrer, cancellationToken);
            if (index.TryAdd(referrer.Digest, referrer.Size, document))
                continue;
            OciPage.Link(
                Response,
                AddressOf(package, $"referrers/{OciDigest.Format(subject)}"),
                KeyValuePair.Create(TypeFilter, artifactType),
                KeyValuePair.Create("last", (string?)OciDigest.Format(index.Last!.Value)));
            break;
        }

        if (artifactType is not null)
            Response.Headers[OciHeaders.FiltersApplied] = TypeFilter;
        return new IndexResult(index.ToUtf8());
    }

    /// <summary>Sends an image index that was made for this response.</summary>
    private sealed class IndexResult(ReadOnlyMemory<byte> bytes) : IActionResult
    {
        public async Task ExecuteResultAsync(ActionContext context)
        {
            var (request, response) = (context.HttpContext.Request, context.HttpContext.Response);
            response.ContentType = OciMediaTypes.Index;
            response.ContentLength = bytes.Length;
            if (!HttpMethods.IsHead(request.Method))
                await response.BodyWriter.WriteAsync(bytes, context.HttpContext.RequestAborted);
        }
    }
}
