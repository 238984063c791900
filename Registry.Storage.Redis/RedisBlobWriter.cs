using System.Buffers;
using Registry.Core.Content;
using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>
/// An upload: full chunks are sent while the next fills, a few at a time; the last goes with the commit, so that a small blob takes one
/// call in all: the server, which flushes each write before it serves anybody else, flushes once.
/// </summary>
/// <param name="link">The way to the server.</param>
/// <param name="keys">The names of what lies there.</param>
/// <param name="scope">What the blob will belong to.</param>
/// <param name="time">The clock of patience.</param>
/// <param name="uploads">The uploads under way.</param>
internal sealed class RedisBlobWriter(RedisLink link, RedisKeys keys, StoreKey scope, TimeProvider time, BufferedUploads uploads) : BufferedBlobWriter(uploads)
{
    /// <summary>Chunks under way at most: with the one that fills, 5 MiB of memory for each writer.</summary>
    private const int MaxInFlight = 4;

    private const int SmallestBuffer = 16 * 1024;

    /// <summary>A writer that fills its chunk for longer than this says that it is still there.</summary>
    private static readonly TimeSpan TouchAfter = TimeSpan.FromSeconds(20);

    /// <summary>A server that does not answer has cost its caller a deadline already.</summary>
    private static readonly TimeSpan DiscardPatience = TimeSpan.FromSeconds(1);

    private readonly string upload = Guid.NewGuid().ToString("N");
    private readonly Queue<Task> inFlight = new();
    private byte[] buffer = [];
    private int filled;
    private long sent;
    private bool staged;
    private long touched;

    protected override bool IsStaged => staged;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        Begin(ct);
        while (!bytes.IsEmpty)
        {
            // A full chunk waits for the byte after it: the last one, full or not, is the commit's.
            if (filled == BlobHead.ChunkBytes)
                await SendAsync(ct);
            EnsureRoom(bytes.Length);
            var count = Math.Min(bytes.Length, buffer.Length - filled);
            bytes.Span[..count].CopyTo(buffer.AsSpan(filled));
            filled += count;
            bytes = bytes[count..];
        }

        if (staged && time.GetElapsedTime(touched) >= TouchAfter)
        {
            Demand(await link.EvaluateAsync(BlobScripts.Touch, [keys.Staged], [upload], ct));
            touched = time.GetTimestamp();
        }

        Written();
    }

    public override async ValueTask<CommittedBlob> CommitAsync(Digest digest, DateTimeOffset? uploadedAt, CancellationToken ct)
    {
        Begin(ct);
        while (inFlight.Count > 0)
            await OldestAsync(ct);
        var key = new BlobKey(scope, digest);
        var length = (sent * BlobHead.ChunkBytes) + filled;
        var answer = await link.EvaluateAsync(
            BlobScripts.Commit,
            [keys.Blob(key), keys.Blobs, keys.Staged, keys.Dropped, keys.Chunks, keys.Revision],
            [
                upload, key.Value, length, sent + (filled > 0 ? 1 : 0), buffer.AsSpan(0, filled).ToArray(),
                uploadedAt is { } given ? BlobHead.MicrosecondsOf(given) : "", keys.ChunkPrefix,
            ],
            ct);
        if (answer.IsNull)
            throw Discarded();
        var head = (RedisValue[])answer!;
        Committed();
        return new CommittedBlob(
            BlobHead.TryRead(key, [length, .. head.AsSpan(2)])!, IsNew: (long)head[0] == 1, new StorageEpoch(head[1].ToString()));
    }

    protected override async ValueTask EndAsync(bool discard)
    {
        Recycle(buffer);
        buffer = [];

        // A chunk that arrives after the discard is refused by the server; whether it arrived at all concerns nobody any more.
        while (inFlight.TryDequeue(out var chunk))
            _ = chunk.ContinueWith(late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        if (!discard)
            return;
        try
        {
            await link.EvaluateAsync(BlobScripts.Discard, [keys.Staged, keys.Chunks], [upload, keys.ChunkPrefix], CancellationToken.None)
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

    private static void Recycle(byte[] buffer)
    {
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private void EnsureRoom(int more)
    {
        if (filled < buffer.Length)
            return;
        var wanted = Math.Clamp(filled + (long)more, Math.Max(SmallestBuffer, 2L * filled), BlobHead.ChunkBytes);
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(wanted, BlobHead.ChunkBytes));
        if (larger.Length > BlobHead.ChunkBytes)
            throw new InvalidOperationException($"A pooled buffer of {larger.Length} bytes.");
        buffer.AsSpan(0, filled).CopyTo(larger);
        Recycle(buffer);
        buffer = larger;
    }

    private async ValueTask SendAsync(CancellationToken ct)
    {
        if (!staged)
        {
            // Said before it is asked for: whatever comes of it must be discarded.
            staged = true;
            await link.EvaluateAsync(BlobScripts.Stage, [keys.Staged], [upload], ct);
        }

        if (inFlight.Count == MaxInFlight)
            await OldestAsync(ct);
        inFlight.Enqueue(AppendAsync(sent++, buffer));
        (buffer, filled) = ([], 0);
        touched = time.GetTimestamp();
    }

    private async Task AppendAsync(long number, byte[] chunk)
    {
        RedisKey[] at = [keys.Staged, keys.Chunks, keys.Chunk(upload, number)];
        Demand(await link.EvaluateAsync(BlobScripts.Append, at, [upload, number, chunk], CancellationToken.None));

        // Only what was answered: a call that was given up may still be sending its buffer.
        Recycle(chunk);
    }

    private async ValueTask OldestAsync(CancellationToken ct)
    {
        await inFlight.Peek().WaitAsync(ct);
        _ = inFlight.Dequeue();
    }
}
