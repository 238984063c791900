using Registry.Core.Storage;

namespace Registry.Core.Transfers;

/// <summary>The chunks that one writer is sending, a few at a time.</summary>
/// <param name="buffer">The chunk that is being filled.</param>
/// <param name="time">The clock.</param>
internal sealed class ChunkQueue(ChunkBuffer buffer, TimeProvider time) : IAsyncDisposable
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

    /// <summary>Cancelled when the writer is disposed.</summary>
    public CancellationToken Disposed => disposed.Token;

    /// <summary>Waits while too many chunks are in flight.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        if (inFlight.Count == MaxChunksInFlight)
            await OldestAsync(cancellationToken);
    }

    /// <summary>Adds a chunk that is being sent, after <see cref="WaitAsync"/>.</summary>
    public void Add(Task chunk) => inFlight.Enqueue(chunk);

    /// <summary>Waits until every chunk in flight is stored.</summary>
    public async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        while (inFlight.Count > 0)
            await OldestAsync(cancellationToken);
    }

    /// <summary>
    /// Makes room in the buffer. Without spare memory, waits for chunks in flight first, which release theirs.
    /// </summary>
    public async ValueTask GrowAsync(int more, CancellationToken cancellationToken)
    {
        while (!buffer.TryGrow(more))
        {
            if (inFlight.Count == 0)
            {
                await buffer.GrowAsync(more, cancellationToken);
                return;
            }

            await OldestAsync(cancellationToken);
        }
    }

    /// <summary>Drops the buffer, cancels the chunks in flight, and waits for a moment until they have ended.</summary>
    /// <param name="discard">Discards in the storage what was sent; null if there is nothing to discard.</param>
    public async ValueTask DisposeAsync(Func<CancellationToken, Task>? discard)
    {
        buffer.Take().Recycle();
        await disposed.CancelAsync();
        using var late = new CancellationTokenSource(DiscardTimeout, time);
        var ending = Task.WhenAll([.. inFlight, discard is null ? Task.CompletedTask : TryAsync(discard, late.Token)]);

        // Failed chunks were reported by a write or the end of the writer, or no longer matter.
        _ = ending.ContinueWith(
            static failed => failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted,
            TaskScheduler.Default);
        await ending.WaitAsync(late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        disposed.Dispose();
    }

    /// <summary>As with nothing to discard.</summary>
    public ValueTask DisposeAsync() => DisposeAsync(discard: null);

    private static async Task TryAsync(Func<CancellationToken, Task> discard, CancellationToken cancellationToken)
    {
        try
        {
            await discard(cancellationToken);
        }
        catch (Exception exception) when (exception is StorageException or OperationCanceledException)
        {
            // What remains is reclaimed as abandoned.
        }
    }

    /// <summary>Waits for the oldest chunk. It stays in the queue until it is done, so that none is lost.</summary>
    private async ValueTask OldestAsync(CancellationToken cancellationToken)
    {
        await inFlight.Peek().WaitAsync(cancellationToken);
        _ = inFlight.Dequeue();
    }
}
