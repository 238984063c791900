using Microsoft.AspNetCore.Mvc;
using Registry.Api.Http.Transfers;
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

    /// <summary>List referrers</summary>
    /// <remarks>
    /// An image index, which is empty when the manifest or the repository is unknown. A long one comes in pages: a
    /// header `Link` with `rel="next"` has the address of the one that follows, and the last has none.
    /// </remarks>
    /// <param name="name">The repository.</param>
    /// <param name="digest">The digest of the manifest that they refer to.</param>
    /// <param name="artifactType">Only manifests of this artifact type.</param>
    /// <param name="last">Only manifests whose digest comes after this one.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [HttpGet(Route), HttpHead(Route)]
    public async Task<IActionResult> ListAsync(
        string name,
        string digest,
        [FromQuery] string? artifactType,
        [FromQuery] string? last,
        CancellationToken cancellationToken)
    {
        var package = RepositoryName.Get(name);
        var subject = DigestOf(digest);
        IEnumerable<StoredManifest> referrers = await manifests.ReferrersAsync(package, subject, cancellationToken);
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
        List<StoredManifest> referrers,
        string? artifactType,
        CancellationToken cancellationToken)
    {
        // An entry is no longer than its manifest, from which its annotations and artifact type are.
        var bound = Math.Min(
            referrers.Sum(static referrer => referrer.Size + EntryBytes), ReferrersIndex.DefaultMaxBytes);
        await RequestTransfer.Of(HttpContext).ReserveOutputAsync(bound, bound, cancellationToken);
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
            Response.Headers["OCI-Filters-Applied"] = TypeFilter;
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
