using Registry.Core.Storage;

namespace Registry.Core.Transfers;

/// <summary>
/// A blob writer for a backend that stores blobs in chunks. A chunk is sent while the next one fills, a few at a time.
/// The last chunk, full or not, is left to the commit, so a blob that fits one chunk is never staged.
/// </summary>
public abstract class ChunkedBlobWriter : BufferedBlobWriter
{
    private readonly TransferBudget budget;
    private readonly StoreKey scope;
    private readonly ChunkQueue chunks;
    private readonly TimeSpan refreshAfter;
    private readonly TimeProvider time;
    private bool isStaged;
    private long refreshedAt;

    /// <param name="scope">The scope of the blob.</param>
    /// <param name="uploads">The uploads of the backend.</param>
    /// <param name="budget">The memory budget that chunks are reserved in.</param>
    /// <param name="chunkBytes">The length of a full chunk, in bytes: a power of two.</param>
    /// <param name="refreshAfter">How long a staged upload may go without a chunk before it is refreshed.</param>
    protected ChunkedBlobWriter(
        StoreKey scope,
        BufferedUploads uploads,
        TransferBudget budget,
        int chunkBytes,
        TimeSpan refreshAfter)
        : base(uploads)
    {
        (this.scope, this.budget, this.refreshAfter, time) = (scope, budget, refreshAfter, uploads.Time);
        Buffer = new ChunkBuffer(budget, chunkBytes);
        chunks = new ChunkQueue(Buffer, time);
    }

    /// <summary>The unique id of the upload.</summary>
    protected string Upload { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The chunk that is being filled.</summary>
    protected ChunkBuffer Buffer { get; }

    /// <summary>The memory budget that chunks are reserved in.</summary>
    protected TransferBudget Budget => budget;

    /// <summary>The number of chunks sent so far, which is the number of the next one.</summary>
    protected int ChunksSent { get; private set; }

    /// <summary>The number of bytes written so far.</summary>
    protected long Length { get; private set; }

    /// <inheritdoc/>
    protected sealed override bool IsStaged => isStaged;

    /// <inheritdoc/>
    public sealed override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        while (!bytes.IsEmpty)
        {
            // A full chunk is sent only when more bytes follow.
            if (Buffer.IsFull)
                await SendAsync(cancellationToken);
            if (!Buffer.HasRoom)
                await chunks.GrowAsync(bytes.Length, cancellationToken);
            var count = Buffer.Write(bytes.Span);
            Length += count;
            bytes = bytes[count..];
        }

        if (isStaged && time.GetElapsedTime(refreshedAt) >= refreshAfter)
        {
            await RefreshUploadAsync(cancellationToken);
            refreshedAt = time.GetTimestamp();
        }

        Written();
    }

    /// <inheritdoc/>
    public sealed override async ValueTask<CommittedBlob> CommitAsync(
        Digest digest, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        var committed = await CommitCoreAsync(new BlobKey(scope, digest), uploadedAt, cancellationToken);
        Committed();
        return committed;
    }

    /// <summary>
    /// Registers the upload in the storage. The storage refuses a chunk of an upload that is not registered.
    /// </summary>
    /// <param name="firstChunk">The first chunk. Not valid after the call.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>True when the call also stored <paramref name="firstChunk"/>.</returns>
    protected abstract ValueTask<bool> BeginUploadAsync(
        ReadOnlyMemory<byte> firstChunk, CancellationToken cancellationToken);

    /// <summary>Stores a chunk, and records that the upload is active.</summary>
    /// <param name="number">The number of the chunk, from 0.</param>
    /// <param name="chunk">The chunk. The callee recycles or abandons it.</param>
    /// <param name="cancellationToken">Cancelled when the writer is disposed.</param>
    protected abstract Task SendChunkAsync(int number, Chunk chunk, CancellationToken cancellationToken);

    /// <summary>Records that the upload is active, although no chunk has been sent for a while.</summary>
    protected abstract ValueTask RefreshUploadAsync(CancellationToken cancellationToken);

    /// <summary>Commits what was sent and what is in <see cref="Buffer"/>.</summary>
    protected abstract ValueTask<CommittedBlob> CommitCoreAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken);

    /// <summary>Discards the upload. Later, the storage refuses every chunk of it.</summary>
    protected abstract Task DiscardUploadAsync(CancellationToken cancellationToken);

    /// <summary>Sends the buffered chunk and begins a new one. Waits while too many chunks are in flight.</summary>
    protected async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        if (!isStaged)
        {
            // Set before the call: whatever its outcome, the upload must be discarded.
            isStaged = true;
            if (await BeginUploadAsync(Buffer.Written, cancellationToken))
            {
                Buffer.Take().Recycle();
                ChunksSent++;
                refreshedAt = time.GetTimestamp();
                return;
            }
        }

        await chunks.WaitAsync(cancellationToken);
        chunks.Add(SendChunkAsync(ChunksSent++, Buffer.Take(), chunks.Disposed));
        refreshedAt = time.GetTimestamp();
    }

    /// <summary>Waits until every chunk in flight is stored.</summary>
    protected ValueTask DrainAsync(CancellationToken cancellationToken) => chunks.DrainAsync(cancellationToken);

    /// <inheritdoc/>
    protected sealed override ValueTask EndAsync(bool discard) =>
        chunks.DisposeAsync(discard ? DiscardUploadAsync : null);
}
