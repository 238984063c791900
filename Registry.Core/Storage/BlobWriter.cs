
namespace Registry.Core.Storage;

/// <summary>A staged write of one blob. Disposing it without a commit discards it. For one caller at a time.</summary>
public abstract class BlobWriter : IAsyncDisposable
{
    /// <summary>
    /// Appends bytes. They are copied or written before the call completes; the caller may reuse the buffer.
    /// </summary>
    /// <exception cref="StorageException">
    /// The bytes could not be staged; the writer can only be disposed now.
    /// </exception>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the blob visible and durable, whole, under the writer's scope. What is there already under that name is
    /// touched: see <see cref="IBlobStore"/>. At most one commit a writer.
    /// </summary>
    /// <param name="digest">
    /// The sha256 of all bytes written. The caller vouches for it: it computed it while it wrote.
    /// </param>
    /// <param name="uploadedAt">
    /// Null for now; a time of its own when a registry is moved, kept as it is even where it is older than the entry
    /// that it replaces.
    /// </param>
    /// <param name="cancellationToken">Cancels the call; the blob is there whole or not at all.</param>
    /// <returns>
    /// The blob, and whether this commit created it: of several commits of the same bytes at once, exactly one did.
    /// </returns>
    /// <exception cref="StorageException">The outcome is unknown, or what was staged had been discarded.</exception>
    public abstract ValueTask<CommittedBlob> CommitAsync(
        Digest digest, DateTimeOffset? uploadedAt, CancellationToken cancellationToken);

    /// <summary>
    /// Discards what was staged, unless it was committed. Never throws for a storage that does not answer: what remains
    /// is reclaimed as abandoned.
    /// </summary>
    public abstract ValueTask DisposeAsync();
}
