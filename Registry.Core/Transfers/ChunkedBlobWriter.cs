using Registry.Core.Storage;

namespace Registry.Core.Transfers;

/// <summary>
/// A blob writer for a backend that stores blobs in chunks. A chunk is sent while the next one fills, a few at a time.
/// The last chunk, full or not, is left to the commit, so a blob that fits one chunk is never staged.
/// </summary>
/// <param name="scope">The scope of the blob.</param>
/// <param name="uploads">The uploads of the backend.</param>
/// <param name="budget">The memory budget that chunks are reserved in.</param>
/// <param name="chunkBytes">The length of a full chunk, in bytes: a power of two.</param>
/// <param name="refreshAfter">How long a staged upload may go without a chunk before it is refreshed.</param>
public abstract class ChunkedBlobWriter(
    StoreKey scope,
    BufferedUploads uploads,
    TransferBudget budget,
    int chunkBytes,
    TimeSpan refreshAfter) : BufferedBlobWriter(uploads)
{
    /// <summary>The number of chunks that one writer sends at once.</summary>
    private const int MaxChunksInFlight = 4;

    /// <summary>
    /// How long disposal waits for the storage. Short: a writer is usually discarded because the storage has failed,
    /// and its caller has already waited for one timeout.
    /// </summary>
    private static readonly TimeSpan DiscardTimeout = TimeSpan.FromSeconds(1);

    private readonly TimeProvider time = uploads.Time;
    private readonly Queue<Task> inFlight = new(MaxChunksInFlight);
    private readonly CancellationTokenSource disposed = new();
    private bool isStaged;
    private long refreshedAt;

    /// <summary>The unique id of the upload.</summary>
    protected string Upload { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The chunk that is being filled.</summary>
    protected ChunkBuffer Buffer { get; } = new(budget, chunkBytes);

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
                await GrowAsync(bytes.Length, cancellationToken);
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

        if (inFlight.Count == MaxChunksInFlight)
            await OldestAsync(cancellationToken);
        inFlight.Enqueue(SendChunkAsync(ChunksSent++, Buffer.Take(), disposed.Token));
        refreshedAt = time.GetTimestamp();
    }

    /// <summary>Waits until every chunk in flight is stored.</summary>
    protected async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        while (inFlight.Count > 0)
            await OldestAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected sealed override async ValueTask EndAsync(bool discard)
    {
        Buffer.Take().Recycle();
        await disposed.CancelAsync();
        using var late = new CancellationTokenSource(DiscardTimeout, time);
        var ending = Task.WhenAll([.. inFlight, discard ? TryDiscardAsync(late.Token) : Task.CompletedTask]);

        // Failed chunks were reported by a write or the commit, or no longer matter.
        _ = ending.ContinueWith(
            static failed => failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted,
            TaskScheduler.Default);
        await ending.WaitAsync(late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        disposed.Dispose();
    }

    private async Task TryDiscardAsync(CancellationToken cancellationToken)
    {
        try
        {
            await DiscardUploadAsync(cancellationToken);
        }
        catch (Exception fault) when (fault is StorageException or OperationCanceledException)
        {
            // What remains is reclaimed as abandoned.
        }
    }

    /// <summary>Makes room. Without spare memory, waits for chunks in flight first, which release theirs.</summary>
    private async ValueTask GrowAsync(int more, CancellationToken cancellationToken)
    {
        while (!Buffer.TryGrow(more))
        {
            if (inFlight.Count == 0)
            {
                await Buffer.GrowAsync(more, cancellationToken);
                return;
            }

            await OldestAsync(cancellationToken);
        }
    }

    /// <summary>Waits for the oldest chunk. It stays in the queue until it is done, so that none is lost.</summary>
    private async ValueTask OldestAsync(CancellationToken cancellationToken)
    {
        await inFlight.Peek().WaitAsync(cancellationToken);
        _ = inFlight.Dequeue();
    }
}
