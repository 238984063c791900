using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;
using Registry.Core.Access;
using Registry.Core.Artifacts;
using Registry.Core.Errors;
using Registry.Core.Repositories;

namespace Registry.Api.Oci;

/// <summary>Pulls and deletes blobs.</summary>
internal sealed class BlobsController(RepositoryBlobs blobs) : OciController
{
    private const string Route = "{name}/blobs/{digest}";

    /// <summary>Pull a blob</summary>
    /// <param name="name">The repository.</param>
    /// <param name="digest">The digest.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Pull)]
    [HttpGet(Route), HttpHead(Route)]
    [ProducesResponseType<FileResult>(StatusCodes.Status200OK, "application/octet-stream")]
    public async Task<IActionResult> PullAsync(string name, string digest, CancellationToken cancellationToken)
    {
        var package = RepositoryName.Get(name);
        var wanted = DigestOf(digest);
        var blob = await blobs.FindAsync(
            package, wanted, forPush: HttpMethods.IsHead(Request.Method), cancellationToken)
            ?? throw RepositoryErrors.BlobNotFound(package, wanted);
        if (ReversedRange.IsIn(Request))
            return new ReversedRange(blob.Size);
        return new BlobResult(
            (range, token) => blobs.OpenAsync(package, blob, range, token),
            blob.Size,
            OciDigest.Format(blob.Digest),
            "application/octet-stream")
        {
            Headers = [(OciHeaders.ContentDigest, OciDigest.Format(blob.Digest))],
            HeldBytes = blob.HeldBytes,
        };
    }

    /// <summary>Delete a blob</summary>
    /// <remarks>A blob that a manifest or a release refers to cannot be deleted.</remarks>
    /// <param name="name">The repository.</param>
    /// <param name="digest">The digest.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Delete)]
    [HttpDelete(Route)]
    [ProducesResponseType(StatusCodes.Status202Accepted)]
    public async Task<IActionResult> DeleteAsync(string name, string digest, CancellationToken cancellationToken)
    {
        var package = RepositoryName.Get(name);
        try
        {
            await blobs.DeleteAsync(package, DigestOf(digest), Caller, cancellationToken);
        }
        catch (RegistryException refusal) when (refusal.Code == ErrorCode.BlobInUse)
        {
            // The status is 405, which requires it.
            Response.Headers.Allow = "GET, HEAD, OPTIONS";
            throw;
        }

        return StatusCode(StatusCodes.Status202Accepted);
    }
}
