using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;
using Registry.Api.Http.Transfers;
using Registry.Core.Access;
using Registry.Core.Artifacts;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Repositories;
using Registry.Core.Storage;

namespace Registry.Api.Oci;

/// <summary>Pushes blobs: in one request, in a session of several, or as a copy from another repository.</summary>
internal sealed class UploadsController(RepositoryBlobs blobs, RepositoryOptions options) : OciController
{
    private const string Root = "{name}/blobs/uploads";
    private const string Session = Root + "/{id}";
    private const string Sha256 = "sha256";

    /// <summary>Push a blob or begin an upload</summary>
    /// <remarks>
    /// With `digest`, the body is the blob. With `mount` and `from`, the blob is copied from another repository. Both
    /// return 201. Otherwise, and if the other repository does not have the blob, the response is 202 with the
    /// `Location` of an upload session.
    /// </remarks>
    /// <param name="name">The repository.</param>
    /// <param name="digest">The digest of the body.</param>
    /// <param name="mount">The digest of a blob to copy.</param>
    /// <param name="from">The repository to copy the blob from.</param>
    /// <param name="algorithm">The algorithm of the digest that will complete the session: `sha256`.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Push)]
    [HttpPost(Root)]
    [ProducesResponseType(StatusCodes.Status201Created)]
    [ProducesResponseType(StatusCodes.Status202Accepted)]
    public async Task<IActionResult> BeginAsync(
        string name,
        [FromQuery] string? digest,
        [FromQuery] string? mount,
        [FromQuery] string? from,
        [FromQuery(Name = "digest-algorithm")] string? algorithm,
        CancellationToken cancellationToken)
    {
        BodyLimit.Lift(HttpContext);
        var package = RepositoryName.Get(name);
        if (algorithm is not (null or Sha256))
            throw OciErrors.InvalidDigest(algorithm);
        if (digest is not null)
        {
            var expected = DigestOf(digest);
            await ReserveAsync(package, offset: 0, cancellationToken);
            await using var push = await blobs.BeginPushAsync(package, Caller, cancellationToken);
            await BlobBody.CopyAsync(Request, range: null, push.WriteAsync, cancellationToken);
            await push.CompleteAsync(expected, cancellationToken);
            return Stored(package, expected);
        }

        // A mount that is not possible is an ordinary upload: the client then sends the bytes.
        if (mount is not null
            && DigestOf(mount) is var wanted
            && RepositoryName.TryParse(from, out var source)
            && await blobs.TryMountAsync(package, source, wanted, Caller, cancellationToken))
            return Stored(package, wanted);
        return Staged(
            StatusCodes.Status202Accepted,
            package,
            await blobs.BeginUploadAsync(package, Caller, cancellationToken),
            length: 0);
    }

    /// <summary>Append bytes to an upload</summary>
    /// <remarks>Either all bytes are appended, or none.</remarks>
    /// <param name="name">The repository.</param>
    /// <param name="id">The upload session: the last part of its `Location`.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Push)]
    [HttpPatch(Session)]
    [ProducesResponseType(StatusCodes.Status202Accepted)]
    public async Task<IActionResult> AppendAsync(string name, string id, CancellationToken cancellationToken)
    {
        BodyLimit.Lift(HttpContext);
        var package = RepositoryName.Get(name);
        var range = RangeOfBody();
        await ReserveAsync(package, range?.First ?? 0, cancellationToken);
        await using var append = await blobs.BeginAppendAsync(package, id, range?.First, cancellationToken);
        await BlobBody.CopyAsync(Request, range, append.WriteAsync, cancellationToken);
        return Staged(
            StatusCodes.Status202Accepted, package, id, await append.CompleteAsync(cancellationToken));
    }

    /// <summary>Complete an upload</summary>
    /// <remarks>The body is the whole blob, the last bytes, or empty.</remarks>
    /// <param name="name">The repository.</param>
    /// <param name="id">The upload session: the last part of its `Location`.</param>
    /// <param name="digest">The digest of the blob.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Push)]
    [HttpPut(Session)]
    [ProducesResponseType(StatusCodes.Status201Created)]
    public async Task<IActionResult> CompleteAsync(
        string name, string id, [FromQuery] string? digest, CancellationToken cancellationToken)
    {
        BodyLimit.Lift(HttpContext);
        var package = RepositoryName.Get(name);
        var expected = DigestOf(digest);
        var range = RangeOfBody();
        await ReserveAsync(package, range?.First ?? 0, cancellationToken);
        await using var push = await blobs.BeginCompletionAsync(
            package, id, range?.First, Caller, cancellationToken);
        await BlobBody.CopyAsync(Request, range, push.WriteAsync, cancellationToken);
        await push.CompleteAsync(expected, cancellationToken);
        await blobs.EndUploadAsync(package, id);
        return Stored(package, expected);
    }

    /// <summary>Show how many bytes an upload has</summary>
    /// <param name="name">The repository.</param>
    /// <param name="id">The upload session: the last part of its `Location`.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Push)]
    [HttpGet(Session), HttpHead(Session)]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<IActionResult> ShowAsync(string name, string id, CancellationToken cancellationToken)
    {
        var package = RepositoryName.Get(name);
        return Staged(
            StatusCodes.Status204NoContent,
            package,
            id,
            await blobs.GetLengthAsync(package, id, cancellationToken));
    }

    /// <summary>Cancel an upload</summary>
    /// <param name="name">The repository.</param>
    /// <param name="id">The upload session: the last part of its `Location`.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Push)]
    [HttpDelete(Session)]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public async Task<IActionResult> CancelAsync(string name, string id, CancellationToken cancellationToken)
    {
        await blobs.CancelUploadAsync(RepositoryName.Get(name), id, cancellationToken);
        return NoContent();
    }

    /// <summary>Returns the range of the body; null when the request has none.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidSize"/>: it is malformed, or differs from the length of the body.
    /// </exception>
    private ContentRange? RangeOfBody()
    {
        var range = ContentRange.Of(Request);
        return range is not { } announced || (Request.ContentLength ?? announced.Length) == announced.Length
            ? range
            : throw OciErrors.OtherLength(announced);
    }

    /// <summary>Reserves the memory of a push, and rejects a blob that is known to be too large.</summary>
    private ValueTask ReserveAsync(PackageName package, long offset, CancellationToken cancellationToken) =>
        Request.ContentLength > options.MaxBlobBytes - offset
            ? throw RepositoryErrors.BlobTooLarge(package, options.MaxBlobBytes)
            : RequestTransfer.Of(HttpContext).ReserveInputAsync(BlobBody.MemoryBytes, cancellationToken);

    private IActionResult Stored(PackageName package, Digest digest)
    {
        Response.Headers[OciHeaders.ContentDigest] = OciDigest.Format(digest);
        return At(StatusCodes.Status201Created, AddressOf(package, $"blobs/{OciDigest.Format(digest)}"));
    }

    private IActionResult Staged(int status, PackageName package, string id, long length)
    {
        // An empty session has the range of one byte, as the grammar of the header allows no other.
        Response.Headers.Range = string.Create(CultureInfo.InvariantCulture, $"0-{Math.Max(length - 1, 0)}");
        Response.Headers[OciHeaders.UploadId] = id;
        return At(status, AddressOf(package, $"blobs/uploads/{id}"));
    }
}
