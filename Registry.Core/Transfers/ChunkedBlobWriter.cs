using Registry.Core.Storage;

namespace Registry.Core.Transfers;

/// <summary>
/// A blob writer for a backend that stores blobs in chunks. A blob that fits one chunk is in memory until its commit,
/// so an abandoned one is discarded here and not in the storage.
/// </summary>
public abstract class ChunkedBlobWriter : StagedBlobWriter, IChunkStore
{
    private readonly BufferedUploads uploads;
    private readonly ChunkSender chunks;
    private long lastWritten;

    /// <param name="scope">The scope of the blob.</param>
    /// <param name="uploads">
    /// The uncommitted writes of the backend. The writer belongs to them until it is disposed.
    /// </param>
    /// <param name="budget">The memory budget that chunks are reserved in.</param>
    /// <param name="chunkBytes">The length of a full chunk, in bytes: a power of two.</param>
    /// <param name="refreshAfter">How long a staged write may go without a chunk before it is refreshed.</param>
    protected ChunkedBlobWriter(
        StoreKey scope,
        BufferedUploads uploads,
        TransferBudget budget,
        int chunkBytes,
        TimeSpan refreshAfter)
        : base(scope)
    {
        (this.uploads, lastWritten) = (uploads, uploads.Time.GetTimestamp());
        chunks = new ChunkSender(this, new ChunkBuffer(budget, chunkBytes), refreshAfter, uploads.Time);
        uploads.Add(this);
    }

    /// <summary>The unique id of the write.</summary>
    protected string Upload { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The chunk that is being filled.</summary>
    protected ChunkBuffer Buffer => chunks.Buffer;

    /// <summary>The number of chunks sent so far, which is the number of the next one.</summary>
    protected int ChunksSent => chunks.Sent;

    /// <summary>The number of bytes written so far.</summary>
    protected long Length => chunks.Length;

    /// <summary>Whether the storage holds, or may hold, bytes of this blob.</summary>
    protected bool IsStaged => chunks.IsStaged;

    /// <inheritdoc/>
    public abstract ValueTask<bool> BeginAsync(ChunkBuffer first, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract Task<bool> SendAsync(int number, Chunk chunk, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask<bool> RefreshAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract Task DiscardAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Discards bytes that are only in memory, unless the writer is busy or was written to recently. The writer can
    /// then no longer commit.
    /// </summary>
    internal bool TryDiscard(TimeSpan idle) =>
        TryDiscard(() => !IsStaged && uploads.Time.GetElapsedTime(lastWritten) >= idle);

    /// <inheritdoc/>
    protected sealed override async ValueTask WriteCoreAsync(
        ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await chunks.WriteAsync(bytes, cancellationToken);
        ThrowIfLost();
        lastWritten = uploads.Time.GetTimestamp();
    }

    /// <inheritdoc/>
    protected sealed override async ValueTask<CommittedBlob> CommitCoreAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        var committed = await CommitChunksAsync(key, uploadedAt, cancellationToken);
        chunks.IsStaged = false;
        return committed;
    }

    /// <inheritdoc/>
    protected sealed override ValueTask DisposeCoreAsync()
    {
        uploads.Remove(this);
        return chunks.DisposeAsync();
    }

    /// <summary>Commits what was sent and what is in <see cref="Buffer"/>.</summary>
    protected abstract ValueTask<CommittedBlob> CommitChunksAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken);

    /// <summary>Sends the buffered chunk and begins a new one. Waits while too many chunks are in flight.</summary>
    protected ValueTask SendBufferAsync(CancellationToken cancellationToken) =>
        chunks.SendBufferAsync(cancellationToken);

    /// <summary>Waits until every chunk in flight is stored.</summary>
    protected async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        await chunks.DrainAsync(cancellationToken);
        ThrowIfLost();
    }

    private void ThrowIfLost()
    {
        if (chunks.IsLost)
            throw Discarded();
    }
}
