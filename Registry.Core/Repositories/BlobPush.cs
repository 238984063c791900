using System.Security.Cryptography;
using Registry.Core.Access;
using Registry.Core.Errors;
using Registry.Core.Events;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Repositories;

/// <summary>
/// A push of a blob whose bytes arrive now. Disposing it before it is completed discards the bytes. Not thread-safe.
/// </summary>
public sealed class BlobPush : IAsyncDisposable
{
    private readonly PackageName package;
    private readonly Caller caller;
    private readonly BlobWriter staged;
    private readonly long maxBytes;
    private readonly RegistryEvents events;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    internal BlobPush(
        PackageName package, Caller caller, BlobWriter staged, long maxBytes, RegistryEvents events) =>
        (this.package, this.caller, this.staged, this.maxBytes, this.events) =
            (package, caller, staged, maxBytes, events);

    /// <summary>The number of bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>Writes the next bytes. The memory may be reused when the call completes.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.RequestTooLarge"/>.</exception>
    /// <exception cref="StorageException">The storage failed; the push can only be disposed.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Length += bytes.Length;
        if (Length > maxBytes)
            throw RepositoryErrors.BlobTooLarge(package, maxBytes);
        var staging = staged.WriteAsync(bytes, cancellationToken).AsTask();
        hash.AppendData(bytes.Span);
        await staging;
    }

    /// <summary>Stores the blob. Call it once, after all bytes have been written.</summary>
    /// <param name="expected">The digest that the client announced.</param>
    /// <param name="cancellationToken">Cancels the call; the blob is then stored whole or not at all.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidDigest"/>: the bytes have another digest. Nothing is stored.
    /// </exception>
    /// <exception cref="StorageException">The outcome is unknown.</exception>
    public async Task<CommittedBlob> CompleteAsync(Digest expected, CancellationToken cancellationToken)
    {
        var digest = Digest.FromHash(hash.GetHashAndReset());
        if (digest != expected)
            throw RepositoryErrors.OtherDigest(package, digest, expected);
        var committed = await staged.CommitAsync(digest, uploadedAt: null, cancellationToken);
        events.Raise(new RegistryEvent(events.Now, caller, RegistryAction.BlobPushed, package.Value)
        {
            StoredDigest = digest,
            Size = Length,
        });
        return committed;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        hash.Dispose();
        await staged.DisposeAsync();
    }
}
