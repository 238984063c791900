using System.Security.Cryptography;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Content;

/// <summary>
/// The upload of one package, which is staged, hashed and checked (gzip, tar, limits) while its bytes arrive, in
/// constant memory. Disposing it without a commit discards it. Not thread-safe.
/// </summary>
/// <remarks>
/// An invalid content fails <see cref="CompleteAsync"/>, not the write that contained the error: a push is validated
/// after its body has been read, and its release before its content. Once the content is known to be invalid, further
/// bytes are counted but neither staged nor unpacked.
/// </remarks>
public sealed class PackageUpload : IAsyncDisposable
{
    /// <summary>The memory of one upload, in bytes, in addition to that of the storage.</summary>
    public const int BufferBytes = ContentInspection.MemoryBytes;

    private readonly ContentLimits limits;
    private readonly IncrementalHash storedHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ContentInspection inspection;
    private readonly BlobWriter staged;
    private bool discarded;
    private bool completing;
    private bool committed;
    private bool disposed;
    private string? refusal;
    private UploadedContent? content;

    private PackageUpload(BlobWriter staged, ContentLimits limits, FileSearch? search)
    {
        this.staged = staged;
        this.limits = limits;
        inspection = new ContentInspection(limits, search);
    }

    /// <summary>The number of bytes written, including those of a rejected content.</summary>
    public long Length { get; private set; }

    /// <summary>Begins an upload, which the caller disposes.</summary>
    /// <param name="blobs">The storage of the content.</param>
    /// <param name="scope">The scope of the package.</param>
    /// <param name="limits">The size limits.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static ValueTask<PackageUpload> BeginAsync(
        IBlobStore blobs, StoreKey scope, ContentLimits limits, CancellationToken cancellationToken) =>
        BeginAsync(blobs, scope, limits, search: null, cancellationToken);

    /// <summary>Begins an upload that also looks for a file; the caller disposes it.</summary>
    /// <param name="blobs">The storage of the content.</param>
    /// <param name="scope">The scope of the package.</param>
    /// <param name="limits">The size limits.</param>
    /// <param name="search">The file, which <see cref="UploadedContent.File"/> returns; null for none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static async ValueTask<PackageUpload> BeginAsync(
        IBlobStore blobs,
        StoreKey scope,
        ContentLimits limits,
        FileSearch? search,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        ArgumentNullException.ThrowIfNull(limits);
        return new PackageUpload(await blobs.CreateAsync(scope, cancellationToken), limits, search);
    }

    /// <summary>Writes the next bytes of the gzip. The memory may be reused when the call completes.</summary>
    /// <exception cref="StorageException">The storage failed; the upload can only be disposed.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (completing)
            throw new InvalidOperationException("The upload is complete.");
        Length += bytes.Length;
        if (Length > limits.MaxPackageBytes)
            Refuse($"The package is larger than {limits.MaxPackageBytes} bytes, the limit of this registry.");
        // The inspection ends before its input only when it has seen enough to reject.
        if (refusal is not null || inspection.HasEnded)
        {
            await DiscardAsync();
            return;
        }

        // Inspection and staging run concurrently with this hash.
        await inspection.WriteAsync(bytes, cancellationToken);
        var staging = staged.WriteAsync(bytes, cancellationToken).AsTask();
        storedHash.AppendData(bytes.Span);
        await staging;
    }

    /// <summary>
    /// Rejects the content for an error that the caller found, such as an invalid transfer encoding. The first such
    /// reason is reported, in preference to errors of the content itself.
    /// </summary>
    /// <param name="reason">The reason, as a sentence.</param>
    public void Refuse(string reason) => refusal ??= reason;

    /// <summary>Ends the content and returns its description. May be called again.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidParameters"/>, field <c>blob</c>: the content is not a gzipped tar, is truncated,
    /// has trailing bytes, or exceeds a limit. It has been discarded.
    /// </exception>
    public async ValueTask<UploadedContent> CompleteAsync(CancellationToken cancellationToken)
    {
        if (content is not null)
            return content;
        completing = true;
        var inspected = await inspection.CompleteAsync(cancellationToken);
        if ((refusal ?? inspected.Refusal) is { } reason)
        {
            await DiscardAsync();
            throw new RegistryException(ErrorCode.InvalidParameters, reason, ("field", "blob"));
        }

        return content = new UploadedContent(
            Digest.FromHash(storedHash.GetHashAndReset()), Length, inspected.TarDigest, inspected.File);
    }

    /// <summary>
    /// Makes the content a durable and visible blob of its scope. Call it once, after <see cref="CompleteAsync"/> has
    /// accepted the content.
    /// </summary>
    /// <exception cref="StorageException">The outcome is unknown, or the staged content had been discarded.</exception>
    public async ValueTask<CommittedBlob> CommitAsync(CancellationToken cancellationToken)
    {
        if (content is null || committed || discarded)
            throw new InvalidOperationException("Only an accepted content can be committed, once.");
        committed = true;
        return await staged.CommitAsync(content.StoredDigest, uploadedAt: null, cancellationToken);
    }

    /// <summary>Discards the content, unless it was committed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (disposed)
            return;
        disposed = true;
        await inspection.DisposeAsync();
        await DiscardAsync();
        storedHash.Dispose();
    }

    private ValueTask DiscardAsync()
    {
        if (discarded)
            return ValueTask.CompletedTask;
        discarded = true;
        return staged.DisposeAsync();
    }
}
