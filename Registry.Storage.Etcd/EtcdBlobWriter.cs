using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Etcd;

/// <summary>A blob in the making: one chunk in memory, and what is more than that in etcd, a few chunks under way at once.</summary>
internal sealed class EtcdBlobWriter(UploadSpace space, StoreKey scope) : BufferedBlobWriter(space.Uploads)
{
    private const int MaxChunksUnderWay = 4;

    /// <summary>A writer that fills no chunk for so long says that it is alive.</summary>
    private static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(30);

    /// <summary>As a rule a writer is discarded because etcd has failed: who waits for the answer is not to wait for a second time-out.</summary>
    private static readonly TimeSpan DiscardPatience = TimeSpan.FromSeconds(1);

    private readonly string upload = Guid.NewGuid().ToString("N");
    private readonly Queue<Task> underWay = new(MaxChunksUnderWay);
    private readonly CancellationTokenSource ended = new();
    private readonly ChunkBuffer buffer = new(space.Budget, UploadSpace.ChunkBytes);
    private int staged;
    private long length;
    private DateTimeOffset markedAt;

    protected override bool IsStaged => staged > 0;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        Begin(ct);
        while (!bytes.IsEmpty)
        {
            // A full chunk is staged only when more follows: what fits one chunk never is.
            if (buffer.IsFull)
                await StageAsync(ct);
            if (!buffer.HasRoom)
                await GrowAsync(bytes.Length, ct);
            var count = buffer.Write(bytes.Span);
            (length, bytes) = (length + count, bytes[count..]);
        }

        if (staged > 0 && space.Now - markedAt > RefreshAfter)
        {
            await space.RefreshAsync(upload, ct);
            markedAt = space.Now;
        }

        Written();
    }

    public override async ValueTask<CommittedBlob> CommitAsync(Digest digest, DateTimeOffset? uploadedAt, CancellationToken ct)
    {
        Begin(ct);
        var commit = new BlobCommit(space, new BlobKey(scope, digest), uploadedAt);
        CommittedBlob committed;
        if (staged == 0)
        {
            committed = await CommitWholeAsync(commit, ct);
        }
        else
        {
            await StageAsync(ct);
            while (underWay.Count > 0)
                await OldestAsync(ct);
            committed = await commit.UploadAsync(upload, length, ct);
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

    private async ValueTask<CommittedBlob> CommitWholeAsync(BlobCommit commit, CancellationToken ct)
    {
        // The request is a copy.
        var copied = buffer.Length;
        await space.Budget.ReserveAsync(copied, ct);
        try
        {
            return await commit.WholeAsync(buffer.Written, ct);
        }
        finally
        {
            space.Budget.Release(copied);
        }
    }

    /// <summary>Makes room. Without spare memory the chunks that are being sent come first: they give theirs back.</summary>
    private async ValueTask GrowAsync(int more, CancellationToken ct)
    {
        while (!buffer.TryGrow(more))
        {
            if (underWay.Count == 0)
            {
                await buffer.GrowAsync(more, ct);
                return;
            }

            await OldestAsync(ct);
        }
    }

    /// <summary>Sends the buffer as the next chunk, waiting for a place among those under way, and begins a new one.</summary>
    private async ValueTask StageAsync(CancellationToken ct)
    {
        if (staged == 0)
        {
            // Counted before it is sent: whatever comes of it must be discarded.
            staged = 1;
            await space.BeginAsync(upload, buffer.Written, ct);
            buffer.Take().Recycle();
        }
        else
        {
            if (underWay.Count == MaxChunksUnderWay)
                await OldestAsync(ct);
            underWay.Enqueue(SendAsync(staged++, buffer.Take()));
        }

        markedAt = space.Now;
    }

    /// <summary>Waits for the oldest chunk, which stays in the queue until it is done: nothing under way is ever lost sight of.</summary>
    private async ValueTask OldestAsync(CancellationToken ct)
    {
        await underWay.Peek().WaitAsync(ct);
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
