namespace Registry.Core.Storage;

/// <summary>
/// Stores large, immutable blobs as streams. Each is named by its scope and the sha256 of its bytes. Every backend
/// implements this contract in full.
/// </summary>
/// <remarks>
/// # Behavior
/// <list type="bullet">
/// <item>
/// A blob appears whole at its commit. A crash before the commit leaves nothing visible, and
/// <see cref="DiscardAbandonedAsync"/> reclaims the staged bytes.
/// </item>
/// <item>
/// Committing a blob that exists touches it: its revision and its time change, its bytes do not. Commits of a package's
/// blob may share a touch that is older than the commit by at most a quarter of the collector's grace period and did
/// not create the blob.
/// </item>
/// <item>
/// The length is known before the first byte is read. A stream that is shorter throws; it never ends early.
/// </item>
/// <item>A reader whose blob is deleted or touched while it reads gets every byte or an exception.</item>
/// <item>
/// Failures, cancellation and concurrency are as in <see cref="IDocumentStore"/>. Memory use does not depend on the
/// length of a blob.
/// </item>
/// <item>
/// A backend that buffers a transfer in memory reserves the buffers in <see cref="Transfers.TransferBudget"/> and
/// passes on its <see cref="Errors.RegistryException"/>.
/// </item>
/// </list>
/// </remarks>
public interface IBlobStore
{
    /// <summary>Begins a staged write. Nothing is visible before the commit.</summary>
    /// <param name="scope">The scope of the blob.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The writer. The caller owns it; disposing it without a commit discards the staged bytes.</returns>
    ValueTask<BlobWriter> CreateAsync(StoreKey scope, CancellationToken cancellationToken);

    /// <summary>Opens a blob, or a part of it, for reading. Returns null when the blob does not exist.</summary>
    /// <param name="key">The key of the blob.</param>
    /// <param name="range">The bytes to read.</param>
    /// <param name="cancellationToken">Cancels the call. Reads take their own token.</param>
    /// <exception cref="ArgumentOutOfRangeException">The blob exists and the range extends past its end.</exception>
    ValueTask<BlobReader?> OpenAsync(BlobKey key, ByteRange range, CancellationToken cancellationToken);

    /// <summary>Returns the description of a blob without its content; null when the blob does not exist.</summary>
    ValueTask<BlobInfo?> StatAsync(BlobKey key, CancellationToken cancellationToken);

    /// <summary>Deletes a blob.</summary>
    /// <returns>
    /// False when the blob did not exist or <paramref name="precondition"/> did not hold, for example because another
    /// commit touched the blob.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="precondition"/> is <see cref="Precondition.Absent"/>.
    /// </exception>
    ValueTask<bool> TryDeleteAsync(BlobKey key, Precondition precondition, CancellationToken cancellationToken);

    /// <summary>
    /// Touches a blob as a commit of its bytes does, without the bytes: its revision and its time change. Touches may
    /// be shared under the same rule as commits.
    /// </summary>
    /// <param name="key">The key of the blob.</param>
    /// <param name="uploadedAt">
    /// The new upload time, as in <see cref="BlobWriter.CommitAsync"/>; null for the current time. A touch with its own
    /// time is never shared.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The touched blob and the epoch of the touch; null when the blob does not exist.</returns>
    /// <exception cref="StorageException">The outcome is unknown.</exception>
    ValueTask<CommittedBlob?> TouchAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken);

    /// <summary>
    /// Copies a blob into another scope, within the storage where it can. Copying onto a blob that exists touches it.
    /// </summary>
    /// <param name="source">The blob to copy.</param>
    /// <param name="scope">The scope of the copy.</param>
    /// <param name="cancellationToken">Cancels the call. The copy is then made whole or not at all.</param>
    /// <returns>The copy, as after a commit; null when the source does not exist.</returns>
    /// <exception cref="StorageException">The outcome is unknown.</exception>
    ValueTask<CommittedBlob?> CopyAsync(BlobKey source, StoreKey scope, CancellationToken cancellationToken);

    /// <summary>
    /// Lists blobs in ordinal order of <see cref="BlobKey.Value"/>. A blob that exists throughout the listing is
    /// returned exactly once.
    /// </summary>
    /// <param name="scope">The scope to list.</param>
    /// <param name="depth">Whether to include the scopes below it.</param>
    /// <param name="after">The key to start after, which need not exist; null for the beginning.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    IAsyncEnumerable<BlobInfo> ListAsync(
        StoreKey scope, ScopeDepth depth, BlobKey? after, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the epoch of the storage, for blobs and documents alike; null for a storage without epochs, which never
    /// loses acknowledged writes while its disks are intact. A read after this call and a write with
    /// <see cref="Precondition.In"/> this epoch happen in the same epoch.
    /// </summary>
    /// <exception cref="StorageException">The storage failed.</exception>
    ValueTask<StorageEpoch?> EpochAsync(
        CancellationToken cancellationToken) => ValueTask.FromResult<StorageEpoch?>(null);

    /// <summary>
    /// Reclaims the bytes of uncommitted writes that have been idle for <paramref name="idle"/>. A backend that can
    /// detect a dead writer reclaims its bytes at once. A live writer whose bytes were discarded fails at its commit.
    /// </summary>
    /// <returns>The number of discarded writes.</returns>
    ValueTask<int> DiscardAbandonedAsync(TimeSpan idle, CancellationToken cancellationToken);
}

/// <summary>The depth of a listing of blobs.</summary>
public enum ScopeDepth
{
    /// <summary>The blobs of exactly this scope.</summary>
    Exact,

    /// <summary>The blobs of this scope and of every scope below it (whole segments).</summary>
    Subtree,
}
