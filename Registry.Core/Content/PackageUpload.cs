using System.Security.Cryptography;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Content;

/// <summary>
/// One package on its way into the store: staged, hashed and checked (gzip, tar, limits) while its bytes arrive, in
/// memory that does not grow with its size. Disposing it without a commit discards what was staged. For one caller at a
/// time.
/// </summary>
/// <remarks>
/// What is wrong with the content is a verdict, not an exception of the write that brought it: a push is judged after
/// its body has been read, and its release before its blob. From the moment the verdict is known further bytes are
/// counted, but neither kept nor unpacked.
/// </remarks>
public sealed class PackageUpload : IAsyncDisposable
{
    /// <summary>The memory of one upload, beside that of the storage, in bytes.</summary>
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

    private PackageUpload(BlobWriter staged, ContentLimits limits)
    {
        this.staged = staged;
        this.limits = limits;
        inspection = new ContentInspection(limits);
    }

    /// <summary>The bytes written so far, those of a refused content included.</summary>
    public long Length { get; private set; }

    /// <summary>Begins an upload; whoever called owns it.</summary>
    /// <param name="blobs">Where the content goes.</param>
    /// <param name="scope">The scope of the package.</param>
    /// <param name="limits">What is refused.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">Nothing could be staged.</exception>
    public static async ValueTask<PackageUpload> BeginAsync(
        IBlobStore blobs, StoreKey scope, ContentLimits limits, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        ArgumentNullException.ThrowIfNull(limits);
        return new PackageUpload(await blobs.CreateAsync(scope, cancellationToken), limits);
    }

    /// <summary>Takes the next bytes of the gzip. They are copied or written before the call completes.</summary>
    /// <exception cref="StorageException">They could not be staged; the upload can only be disposed now.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (completing)
            throw new InvalidOperationException("The upload is complete.");
        Length += bytes.Length;
        if (Length > limits.MaxPackageBytes)
            Refuse($"The package is larger than {limits.MaxPackageBytes} bytes, the limit of this registry.");
        // The inspection ends before its input only when it has seen enough to refuse.
        if (refusal is not null || inspection.HasEnded)
        {
            await DiscardAsync();
            return;
        }

        // Inspecting and staging go on elsewhere while these bytes are hashed here.
        await inspection.WriteAsync(bytes, cancellationToken);
        var staging = staged.WriteAsync(bytes, cancellationToken).AsTask();
        storedHash.AppendData(bytes.Span);
        await staging;
    }

    /// <summary>
    /// Refuses the content for what its carrier saw, such as a transfer encoding that cannot be decoded. The first such
    /// reason stands, and stands before those that the content itself gives.
    /// </summary>
    /// <param name="reason">One sentence for people.</param>
    public void Refuse(string reason) => refusal ??= reason;

    /// <summary>Says that all bytes have been written, and gives the verdict on them. May be asked again.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidParameters"/>, field <c>blob</c>: not a gzip, not a tar inside, cut short, more
    /// after its end, or past a limit. What was staged is discarded.
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

        return content =
            new UploadedContent(Digest.FromHash(storedHash.GetHashAndReset()), Length, inspected.TarDigest);
    }

    /// <summary>
    /// Makes the content a blob of its scope, durable and visible. Once, after <see cref="CompleteAsync"/> has accepted
    /// it.
    /// </summary>
    /// <exception cref="StorageException">The outcome is unknown, or what was staged had been discarded.</exception>
    public async ValueTask<CommittedBlob> CommitAsync(CancellationToken cancellationToken)
    {
        if (content is null || committed || discarded)
            throw new InvalidOperationException("Only a content that was accepted can be committed, once.");
        committed = true;
        return await staged.CommitAsync(content.StoredDigest, uploadedAt: null, cancellationToken);
    }

    /// <summary>Discards what was staged, unless it was committed.</summary>
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
