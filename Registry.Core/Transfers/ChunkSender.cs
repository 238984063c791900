using Registry.Core.Storage;

namespace Registry.Core.Transfers;

/// <summary>
/// Sends the bytes of one writer in chunks: a chunk while the next one fills, a few at a time. The last chunk, full or
/// not, is left to the end of the writer, so bytes that fit one chunk are never staged.
/// </summary>
/// <param name="store">Stores the chunks.</param>
/// <param name="buffer">The chunk that is being filled.</param>
/// <param name="refreshAfter">How long a staged write may go without a chunk before it is refreshed.</param>
/// <param name="time">The clock.</param>
internal sealed class ChunkSender(IChunkStore store, ChunkBuffer buffer, TimeSpan refreshAfter, TimeProvider time)
    : IAsyncDisposable
{
    /// <summary>The number of chunks that one writer sends at once.</summary>
    private const int MaxChunksInFlight = 4;

    /// <summary>
    /// How long disposal waits for the storage. Short: a writer is usually discarded because the storage has failed,
    /// and its caller has already waited for one timeout. What remains is reclaimed as abandoned.
    /// </summary>
    private static readonly TimeSpan DiscardTimeout = TimeSpan.FromSeconds(1);

    private readonly Queue<Task> inFlight = new(MaxChunksInFlight);
    private readonly CancellationTokenSource disposed = new();
    private long refreshedAt;
    private volatile bool isLost;

    /// <summary>The chunk that is being filled.</summary>
    public ChunkBuffer Buffer => buffer;

    /// <summary>The number of bytes written so far.</summary>
    public long Length { get; private set; }

    /// <summary>The number of chunks sent so far, which is the number of the next one.</summary>
    public int Sent { get; private set; }

    /// <summary>Whether the storage holds, or may hold, bytes that disposal discards.</summary>
    public bool IsStaged { get; set; }

    /// <summary>Whether the storage accepts no more: further bytes are dropped.</summary>
    public bool IsLost => isLost;

    /// <summary>Writes bytes, and sends every chunk that they fill but the last.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty && !isLost)
        {
            // A full chunk is sent only when more bytes follow.
            if (buffer.IsFull)
                await SendBufferAsync(cancellationToken);
            if (!buffer.HasRoom)
                await GrowAsync(bytes.Length, cancellationToken);
            var count = buffer.Write(bytes.Span);
            Length += count;
            bytes = bytes[count..];
        }

        if (IsStaged && !isLost && time.GetElapsedTime(refreshedAt) >= refreshAfter)
        {
            if (!await store.RefreshAsync(cancellationToken))
                isLost = true;
            refreshedAt = time.GetTimestamp();
        }
    }

    /// <summary>Sends the buffered chunk and begins a new one. Waits while too many chunks are in flight.</summary>
    public async ValueTask SendBufferAsync(CancellationToken cancellationToken)
    {
        if (!IsStaged)
        {
            // Set before the call: whatever its outcome, the write must be discarded.
            IsStaged = true;
            if (!await store.BeginAsync(buffer, cancellationToken))
                isLost = true;
        }

        if (inFlight.Count == MaxChunksInFlight)
            await OldestAsync(cancellationToken);
        var (number, chunk) = (Sent++, buffer.Take());

        // Empty if BeginAsync took it.
        if (isLost || chunk.Bytes.IsEmpty)
            chunk.Recycle();
        else
            inFlight.Enqueue(SendAsync(number, chunk));
        refreshedAt = time.GetTimestamp();
    }

    /// <summary>Waits until every chunk in flight is stored.</summary>
    public async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        while (inFlight.Count > 0)
            await OldestAsync(cancellationToken);
    }

    /// <summary>
    /// Drops the buffer, cancels the chunks in flight, discards what is staged, and waits for a moment until all of it
    /// has ended.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        buffer.Take().Recycle();
        await disposed.CancelAsync();
        using var late = new CancellationTokenSource(DiscardTimeout, time);
        var ending = Task.WhenAll([.. inFlight, IsStaged ? DiscardAsync(late.Token) : Task.CompletedTask]);

        // Failed chunks were reported by a write or the end of the writer, or no longer matter.
        _ = ending.ContinueWith(
            static failed => failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted,
            TaskScheduler.Default);
        await ending.WaitAsync(late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        disposed.Dispose();
    }

    private async Task SendAsync(int number, Chunk chunk)
    {
        if (!await store.SendAsync(number, chunk, disposed.Token))
            isLost = true;
    }

    private async Task DiscardAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.DiscardAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is StorageException or OperationCanceledException)
        {
            // What remains is reclaimed as abandoned.
        }
    }

    /// <summary>
    /// Makes room in the buffer. Without spare memory, waits for chunks in flight first, which release theirs. Bytes
    /// that would be dropped need no room.
    /// </summary>
    private async ValueTask GrowAsync(int more, CancellationToken cancellationToken)
    {
        while (!isLost && !buffer.TryGrow(more))
        {
            if (inFlight.Count == 0)
            {
                await buffer.GrowAsync(more, cancellationToken);
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
