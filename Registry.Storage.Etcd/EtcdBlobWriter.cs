using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Etcd;

/// <summary>
/// A blob in the making: one chunk in memory, and what is more than that in etcd, a few chunks under way at once.
/// </summary>
internal sealed class EtcdBlobWriter(EtcdUploads space, StoreKey scope) : BufferedBlobWriter(space.Uploads)
{
    private const int MaxChunksUnderWay = 4;

    /// <summary>A writer that fills no chunk for so long says that it is alive.</summary>
    private static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(30);

    /// <summary>
    /// As a rule a writer is discarded because etcd has failed: who waits for the answer is not to wait for a second
    /// time-out.
    /// </summary>
    private static readonly TimeSpan DiscardPatience = TimeSpan.FromSeconds(1);

    private readonly string upload = Guid.NewGuid().ToString("N");
    private readonly Queue<Task> underWay = new(MaxChunksUnderWay);
    private readonly CancellationTokenSource ended = new();
    private readonly ChunkBuffer buffer = new(space.Budget, EtcdUploads.ChunkBytes);
    private int staged;
    private long length;
    private DateTimeOffset markedAt;

    protected override bool IsStaged => staged > 0;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        while (!bytes.IsEmpty)
        {
            // A full chunk is staged only when more follows: what fits one chunk never is.
            if (buffer.IsFull)
                await StageAsync(cancellationToken);
            if (!buffer.HasRoom)
                await GrowAsync(bytes.Length, cancellationToken);
            var count = buffer.Write(bytes.Span);
            (length, bytes) = (length + count, bytes[count..]);
        }

        if (staged > 0 && space.Now - markedAt > RefreshAfter)
        {
            await space.RefreshAsync(upload, cancellationToken);
            markedAt = space.Now;
        }

        Written();
    }

    public override async ValueTask<CommittedBlob> CommitAsync(
        Digest digest, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        var commit = new BlobCommit(space, new BlobKey(scope, digest), uploadedAt);
        CommittedBlob committed;
        if (staged == 0)
        {
            committed = await CommitWholeAsync(commit, cancellationToken);
        }
        else
        {
            await StageAsync(cancellationToken);
            while (underWay.Count > 0)
                await OldestAsync(cancellationToken);
            committed = await commit.UploadAsync(upload, length, cancellationToken);
        }

        Committed();
        return committed;
    }

    protected override async ValueTask EndAsync(bool discard)
    {
        await ended.CancelAsync();
        await EndChunksAsync();
        if (discard)
            await DiscardAsync();
        buffer.Take().Recycle();
        ended.Dispose();
    }

    private async ValueTask<CommittedBlob> CommitWholeAsync(BlobCommit commit, CancellationToken cancellationToken)
    {
        // The request is a copy.
        var copied = buffer.Length;
        await space.Budget.ReserveAsync(copied, cancellationToken);
        try
        {
            return await commit.WholeAsync(buffer.Written, cancellationToken);
        }
        finally
        {
            space.Budget.Release(copied);
        }
    }

    /// <summary>
    /// Makes room. Without spare memory the chunks that are being sent come first: they give theirs back.
    /// </summary>
    private async ValueTask GrowAsync(int more, CancellationToken cancellationToken)
    {
        while (!buffer.TryGrow(more))
        {
            if (underWay.Count == 0)
            {
                await buffer.GrowAsync(more, cancellationToken);
                return;
            }

            await OldestAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Sends the buffer as the next chunk, waiting for a place among those under way, and begins a new one.
    /// </summary>
    private async ValueTask StageAsync(CancellationToken cancellationToken)
    {
        if (staged == 0)
        {
            // Counted before it is sent: whatever comes of it must be discarded.
            staged = 1;
            await space.BeginAsync(upload, buffer.Written, cancellationToken);
            buffer.Take().Recycle();
        }
        else
        {
            if (underWay.Count == MaxChunksUnderWay)
                await OldestAsync(cancellationToken);
            underWay.Enqueue(SendAsync(staged++, buffer.Take()));
        }

        markedAt = space.Now;
    }

    /// <summary>
    /// Waits for the oldest chunk, which stays in the queue until it is done: nothing under way is ever lost sight of.
    /// </summary>
    private async ValueTask OldestAsync(CancellationToken cancellationToken)
    {
        await underWay.Peek().WaitAsync(cancellationToken);
        _ = underWay.Dequeue();
    }

    /// <summary>Owns the chunk from here on.</summary>
    private async Task SendAsync(int number, Chunk chunk)
    {
        try
        {
            await space.StageAsync(upload, number, chunk.Bytes, ended.Token);
        }
        finally
        {
            chunk.Recycle();
        }
    }

    private async Task EndChunksAsync()
    {
        while (underWay.TryDequeue(out var chunk))
        {
            // What became of it was told, or does not matter any more.
            await chunk.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task DiscardAsync()
    {
        using var patience = space.After(DiscardPatience);
        try
        {
            await space.DiscardAsync(upload, patience.Token);
        }
        catch (Exception fault) when (fault is StorageException or OperationCanceledException)
        {
            // As the port says: what remains is reclaimed as abandoned.
        }
    }
}
