using Registry.Core.Storage;

namespace Registry.Core.Transfers;

/// <summary>
/// An upload writer for a backend that stores bytes in chunks. A chunk is sent while the next one fills, a few at a
/// time. The last chunk, full or not, is left to the completion, so an append that fits one chunk is never staged.
/// </summary>
public abstract class ChunkedUploadWriter : UploadWriter
{
    private readonly ChunkBuffer buffer;
    private readonly ChunkQueue chunks;
    private readonly TimeSpan refreshAfter;
    private readonly TimeProvider time;
    private long refreshedAt;
    private long length;
    private int chunksSent;
    private bool isStaged;

    /// <summary>
    /// True when the upload was discarded, or the append as abandoned: bytes are dropped, and the completion is null.
    /// </summary>
    private volatile bool isLost;
    private State state;

    /// <param name="budget">The memory budget that chunks are reserved in.</param>
    /// <param name="chunkBytes">The length of a full chunk, in bytes: a power of two.</param>
    /// <param name="refreshAfter">How long a staged append may go without a chunk before it is refreshed.</param>
    /// <param name="time">The clock.</param>
    protected ChunkedUploadWriter(
        TransferBudget budget, int chunkBytes, TimeSpan refreshAfter, TimeProvider time)
    {
        (this.refreshAfter, this.time) = (refreshAfter, time);
        buffer = new ChunkBuffer(budget, chunkBytes);
        chunks = new ChunkQueue(buffer, time);
    }

    private enum State
    {
        Writing,
        Ended,
        Disposed,
    }

    /// <summary>The unique id of the append.</summary>
    protected string Append { get; } = Guid.NewGuid().ToString("N");

    /// <inheritdoc/>
    public sealed override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        while (!bytes.IsEmpty && !isLost)
        {
            // A full chunk is sent only when more bytes follow.
            if (buffer.IsFull)
                await SendAsync(cancellationToken);
            if (!buffer.HasRoom)
                await chunks.GrowAsync(bytes.Length, cancellationToken);
            var count = buffer.Write(bytes.Span);
            length += count;
            bytes = bytes[count..];
        }

        if (isStaged && !isLost && time.GetElapsedTime(refreshedAt) >= refreshAfter)
        {
            if (!await RefreshAsync(cancellationToken))
                isLost = true;
            refreshedAt = time.GetTimestamp();
        }

        state = State.Writing;
    }

    /// <inheritdoc/>
    public sealed override async ValueTask<long?> CompleteAsync(CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        await chunks.DrainAsync(cancellationToken);
        if (isLost || await CompleteCoreAsync(chunksSent, buffer.Take(), length, cancellationToken) is not { } total)
            return null;
        isStaged = false;
        return total;
    }

    /// <inheritdoc/>
    public sealed override async ValueTask DisposeAsync()
    {
        if (state == State.Disposed)
            return;
        state = State.Disposed;
        await chunks.DisposeAsync(isStaged ? DiscardAppendAsync : null);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Registers the append in the storage. The storage refuses a chunk of an append that is not registered.
    /// </summary>
    /// <returns>False when the upload does not exist.</returns>
    protected abstract ValueTask<bool> StageAsync(CancellationToken cancellationToken);

    /// <summary>Stores a chunk, and records that the append and its upload are active.</summary>
    /// <param name="number">The number of the chunk, from 0.</param>
    /// <param name="chunk">The chunk. The callee recycles or abandons it.</param>
    /// <param name="cancellationToken">Cancelled when the writer is disposed.</param>
    /// <returns>False when the upload or the append does not exist.</returns>
    protected abstract Task<bool> SendChunkAsync(int number, Chunk chunk, CancellationToken cancellationToken);

    /// <summary>
    /// Records that the append and its upload are active, although no chunk has been sent for a while.
    /// </summary>
    /// <returns>False when the upload or the append does not exist.</returns>
    protected abstract ValueTask<bool> RefreshAsync(CancellationToken cancellationToken);

    /// <summary>Makes the chunks part of the upload.</summary>
    /// <param name="sent">The number of chunks that were sent.</param>
    /// <param name="last">
    /// The last chunk; empty for an append without bytes. The callee recycles or abandons it.
    /// </param>
    /// <param name="bytes">The number of bytes of all chunks.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The new length of the upload; null as in <see cref="UploadWriter.CompleteAsync"/>.</returns>
    protected abstract ValueTask<long?> CompleteCoreAsync(
        int sent, Chunk last, long bytes, CancellationToken cancellationToken);

    /// <summary>
    /// Discards the append unless it was completed. Later, the storage refuses every chunk of it.
    /// </summary>
    protected abstract Task DiscardAppendAsync(CancellationToken cancellationToken);

    /// <summary>Begins a write or the completion. The writer counts as failed until the write has succeeded.</summary>
    private void Begin(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(state == State.Disposed, this);
        if (state != State.Writing)
            throw new InvalidOperationException(
                "This writer has been completed or has failed: it can only be disposed.");
        cancellationToken.ThrowIfCancellationRequested();
        state = State.Ended;
    }

    /// <summary>Sends the buffered chunk and begins a new one. Waits while too many chunks are in flight.</summary>
    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        if (!isStaged)
        {
            // Set before the call: whatever its outcome, the append must be discarded.
            isStaged = true;
            if (!await StageAsync(cancellationToken))
                isLost = true;
        }

        await chunks.WaitAsync(cancellationToken);
        var chunk = buffer.Take();
        if (isLost)
            chunk.Recycle();
        else
            chunks.Add(SendAsync(chunksSent++, chunk));
        refreshedAt = time.GetTimestamp();
    }

    private async Task SendAsync(int number, Chunk chunk)
    {
        if (!await SendChunkAsync(number, chunk, chunks.Disposed))
            isLost = true;
    }
}
