namespace Registry.Core.Storage;

/// <summary>
/// Large, immutable blobs, streamed, each named by a scope and the sha256 of its bytes. Every backend keeps this
/// contract without exceptions.
/// </summary>
/// <remarks>
/// # Behaviour
/// <list type="bullet">
/// <item>
/// A blob appears whole at commit. A crash before that leaves nothing visible; <see cref="DiscardAbandonedAsync"/>
/// reclaims what it staged.
/// </item>
/// <item>
/// Committing a blob that is there already touches it: its revision and its time change, its bytes do not. A backend
/// may let the commits of a package's blob share a touch, if that is at most a quarter of the collector's grace older
/// than the commit, and did not create the blob.
/// </item>
/// <item>
/// The length is known before the first byte is read, and a stream that falls short of it throws: it never just ends.
/// </item>
/// <item>A reader under way when its blob is deleted or touched gets every byte or an exception.</item>
/// <item>
/// Failures, cancellation and concurrency are as in <see cref="IDocumentStore"/>. Memory does not grow with the length
/// of a blob.
/// </item>
/// <item>
/// A backend that holds bytes of a transfer in memory reserves them in <see cref="Transfers.TransferBudget"/>, and lets
/// its refusal, a <see cref="Errors.RegistryException"/>, through.
/// </item>
/// </list>
/// </remarks>
public interface IBlobStore
{
    /// <summary>Begins a staged write. Nothing is visible until it is committed.</summary>
    /// <param name="scope">The scope that the blob will belong to.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>
    /// The writer; whoever called owns it, and disposing it without a commit discards what was staged.
    /// </returns>
    ValueTask<BlobWriter> CreateAsync(StoreKey scope, CancellationToken cancellationToken);

    /// <summary>Opens a blob, or a part of one, for reading: null when there is none.</summary>
    /// <param name="key">Which blob.</param>
    /// <param name="range">Which bytes.</param>
    /// <param name="cancellationToken">Cancels the call; reads take their own token.</param>
    /// <exception cref="ArgumentOutOfRangeException">The blob exists and the range reaches past its end.</exception>
    ValueTask<BlobReader?> OpenAsync(BlobKey key, ByteRange range, CancellationToken cancellationToken);

    /// <summary>What is known of a blob without reading it: null when there is none.</summary>
    ValueTask<BlobInfo?> StatAsync(BlobKey key, CancellationToken cancellationToken);

    /// <summary>Deletes a blob.</summary>
    /// <returns>
    /// False when there was none or <paramref name="precondition"/> did not hold, as after a commit of the same blob by
    /// another.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="precondition"/> is <see cref="Precondition.Absent"/>.
    /// </exception>
    ValueTask<bool> TryDeleteAsync(BlobKey key, Precondition precondition, CancellationToken cancellationToken);

    /// <summary>
    /// Lists blobs in ordinal order of <see cref="BlobKey.Value"/>. What exists throughout the listing is seen exactly
    /// once.
    /// </summary>
    /// <param name="scope">Where to look.</param>
    /// <param name="depth">The scope alone, or also every scope below it.</param>
    /// <param name="after">Start after this key, which need not exist; null starts at the beginning.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    IAsyncEnumerable<BlobInfo> ListAsync(
        StoreKey scope, ScopeDepth depth, BlobKey? after, CancellationToken cancellationToken);

    /// <summary>
    /// The epoch of the storage, of blobs and documents alike; null where it has none, as it loses nothing that it
    /// acknowledged as long as its disks hold. What is read after this call and written with
    /// <see cref="Precondition.In"/> this epoch belongs together.
    /// </summary>
    /// <exception cref="StorageException">The storage did not answer.</exception>
    ValueTask<StorageEpoch?> EpochAsync(
        CancellationToken cancellationToken) => ValueTask.FromResult<StorageEpoch?>(null);

    /// <summary>
    /// Reclaims what crashed or stuck writers staged and nobody wrote to for <paramref name="idle"/>; a backend that
    /// can tell that a writer has died reclaims what it staged at once. A writer that is discarded while still alive
    /// fails its commit.
    /// </summary>
    /// <returns>How many staged writes were discarded.</returns>
    ValueTask<int> DiscardAbandonedAsync(TimeSpan idle, CancellationToken cancellationToken);
}

/// <summary>How far a listing of blobs reaches.</summary>
public enum ScopeDepth
{
    /// <summary>The blobs of exactly this scope.</summary>
    Exact,

    /// <summary>The blobs of this scope and of every scope below it (whole segments).</summary>
    Subtree,
}
