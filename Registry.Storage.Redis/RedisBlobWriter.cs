using Registry.Core.Storage;
using Registry.Core.Transfers;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>
/// An upload: full chunks are sent while the next fills, a few at a time; the last goes with the commit, so that a
/// small blob takes one call in all: the server, which flushes each write before it serves anybody else, flushes once.
/// </summary>
/// <param name="link">The way to the server.</param>
/// <param name="keys">The names of what lies there.</param>
/// <param name="scope">What the blob will belong to.</param>
/// <param name="time">The clock of patience.</param>
/// <param name="uploads">The uploads under way.</param>
/// <param name="budget">The memory of chunks.</param>
internal sealed class RedisBlobWriter(
    RedisConnection link,
    RedisKeys keys,
    StoreKey scope,
    TimeProvider time,
    BufferedUploads uploads,
    TransferBudget budget) : BufferedBlobWriter(uploads)
{
    /// <summary>Chunks under way at most: with the one that fills, 5 MiB of memory for each writer.</summary>
    private const int MaxInFlight = 4;

    /// <summary>A writer that fills its chunk for longer than this says that it is still there.</summary>
    private static readonly TimeSpan TouchAfter = TimeSpan.FromSeconds(20);

    /// <summary>A server that does not answer has cost its caller a deadline already.</summary>
    private static readonly TimeSpan DiscardPatience = TimeSpan.FromSeconds(1);

    private readonly string upload = Guid.NewGuid().ToString("N");
    private readonly Queue<Task> inFlight = new();
    private readonly ChunkBuffer buffer = new(budget, BlobHead.ChunkBytes);
    private long sent;
    private bool staged;
    private long touched;

    protected override bool IsStaged => staged;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        while (!bytes.IsEmpty)
        {
            // A full chunk waits for the byte after it: the last one, full or not, is the commit's.
            if (buffer.IsFull)
                await SendAsync(cancellationToken);
            if (!buffer.HasRoom)
                await GrowAsync(bytes.Length, cancellationToken);
            bytes = bytes[buffer.Write(bytes.Span)..];
        }

        if (staged && time.GetElapsedTime(touched) >= TouchAfter)
        {
            Demand(await link.EvaluateAsync(BlobScripts.Touch, [keys.Staged], [upload], cancellationToken));
            touched = time.GetTimestamp();
        }

        Written();
    }

    public override async ValueTask<CommittedBlob> CommitAsync(
        Digest digest, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        Begin(cancellationToken);
        while (inFlight.Count > 0)
            await OldestAsync(cancellationToken);
        var key = new BlobKey(scope, digest);
        var length = (sent * BlobHead.ChunkBytes) + buffer.Length;
        var last = buffer.Take();
        var answer = await SendAsync(
            last,
            BlobScripts.Commit,
            [keys.Blob(key), keys.Blobs, keys.Staged, keys.Dropped, keys.Chunks, keys.Revision],
            [
                upload, key.Value, length, sent + (last.Bytes.IsEmpty ? 0 : 1), last.Bytes,
                uploadedAt is { } given ? BlobHead.MicrosecondsOf(given) : "", keys.ChunkPrefix,
            ],
            cancellationToken);
        if (answer.IsNull)
            throw Discarded();
        var head = (RedisValue[])answer!;
        Committed();
        return new CommittedBlob(
            BlobHead.TryRead(key, [length, .. head.AsSpan(2)])!, IsNew: (long)head[0]
                == 1, new StorageEpoch(head[1].ToString()));
    }

    protected override async ValueTask EndAsync(bool discard)
    {
        buffer.Take().Recycle();

        // A chunk that arrives after the discard is refused by the server; whether it arrived at all concerns nobody
        // any more.
        while (inFlight.TryDequeue(out var chunk))
            _ = chunk.ContinueWith(
                late => late.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default);
        if (!discard)
            return;
        try
        {
            await link.EvaluateAsync(
                BlobScripts.Discard, [keys.Staged, keys.Chunks], [upload, keys.ChunkPrefix], CancellationToken.None)
                .AsTask().WaitAsync(DiscardPatience, time);
        }
        catch (Exception late) when (late is StorageException or TimeoutException)
        {
            // What remains is reclaimed as abandoned.
        }
    }

    private static void Demand(RedisResult staged)
    {
        if ((long)staged != 1)
            throw Discarded();
    }

    /// <summary>
    /// Makes room. Without spare memory the chunks that are being sent come first: they give theirs back.
    /// </summary>
    private async ValueTask GrowAsync(int more, CancellationToken cancellationToken)
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

    /// <summary>
    /// Runs a script that takes a chunk. Its memory is given back once that is answered: a call that was given up may
    /// still be sending it.
    /// </summary>
    private async Task<RedisResult> SendAsync(
        Chunk chunk, RedisScript script, RedisKey[] at, RedisValue[] values, CancellationToken cancellationToken)
    {
        var answered = false;
        try
        {
            var answer = await link.EvaluateAsync(script, at, values, cancellationToken);
            answered = true;
            return answer;
        }
        finally
        {
            if (answered)
                chunk.Recycle();
            else
                chunk.Abandon();
        }
    }

    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        if (!staged)
        {
            // Said before it is asked for: whatever comes of it must be discarded.
            staged = true;
            await link.EvaluateAsync(BlobScripts.Stage, [keys.Staged], [upload], cancellationToken);
        }

        if (inFlight.Count == MaxInFlight)
            await OldestAsync(cancellationToken);
        inFlight.Enqueue(AppendAsync(sent++, buffer.Take()));
        touched = time.GetTimestamp();
    }

    private async Task AppendAsync(long number, Chunk chunk)
    {
        RedisKey[] at = [keys.Staged, keys.Chunks, keys.Chunk(upload, number)];
        Demand(await SendAsync(chunk, BlobScripts.Append, at, [upload, number, chunk.Bytes], CancellationToken.None));
    }

    private async ValueTask OldestAsync(CancellationToken cancellationToken)
    {
        await inFlight.Peek().WaitAsync(cancellationToken);
        _ = inFlight.Dequeue();
    }
}
