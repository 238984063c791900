using Registry.Core.Storage;

namespace Registry.Core.Transfers;

/// <summary>An upload writer for a backend that stores bytes in chunks.</summary>
public abstract class ChunkedUploadWriter : StagedUploadWriter, IChunkStore
{
    private readonly ChunkSender chunks;

    /// <param name="budget">The memory budget that chunks are reserved in.</param>
    /// <param name="chunkBytes">The length of a full chunk, in bytes: a power of two.</param>
    /// <param name="refreshAfter">How long a staged append may go without a chunk before it is refreshed.</param>
    /// <param name="time">The clock.</param>
    protected ChunkedUploadWriter(
        TransferBudget budget, int chunkBytes, TimeSpan refreshAfter, TimeProvider time) =>
        chunks = new ChunkSender(this, new ChunkBuffer(budget, chunkBytes), refreshAfter, time);

    /// <summary>The unique id of the append.</summary>
    protected string Append { get; } = Guid.NewGuid().ToString("N");

    /// <inheritdoc/>
    public abstract ValueTask<bool> BeginAsync(ChunkBuffer first, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract Task<bool> SendAsync(int number, Chunk chunk, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask<bool> RefreshAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract Task DiscardAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    protected sealed override ValueTask WriteCoreAsync(
        ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => chunks.WriteAsync(bytes, cancellationToken);

    /// <inheritdoc/>
    protected sealed override async ValueTask<long?> CompleteCoreAsync(CancellationToken cancellationToken)
    {
        await chunks.DrainAsync(cancellationToken);
        if (chunks.IsLost
            || await CompleteChunksAsync(chunks.Sent, chunks.Buffer.Take(), chunks.Length, cancellationToken)
                is not { } total)
            return null;
        chunks.IsStaged = false;
        return total;
    }

    /// <inheritdoc/>
    protected sealed override ValueTask DisposeCoreAsync() => chunks.DisposeAsync();

    /// <summary>Makes the chunks part of the upload.</summary>
    /// <param name="sent">The number of chunks that were sent.</param>
    /// <param name="last">
    /// The last chunk; empty for an append without bytes. The callee recycles or abandons it.
    /// </param>
    /// <param name="bytes">The number of bytes of all chunks.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The new length of the upload; null as in <see cref="UploadWriter.CompleteAsync"/>.</returns>
    protected abstract ValueTask<long?> CompleteChunksAsync(
        int sent, Chunk last, long bytes, CancellationToken cancellationToken);
}
