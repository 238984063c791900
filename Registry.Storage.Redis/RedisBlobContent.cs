using Registry.Core.Storage;

namespace Registry.Storage.Redis;

/// <summary>
/// Exactly so many bytes of an upload, read forward: the next few pieces are asked for before they are wanted, and one that is missing or
/// short is an exception, never an early end.
/// </summary>
internal sealed class RedisBlobContent(RedisLink link, RedisKeys keys, BlobKey key, string upload, ByteRange part, byte[] first) : Stream
{
    /// <summary>Bytes asked for at once: small enough to be collected cheaply, and to let other clients of the server in between.</summary>
    private const int PieceBytes = 64 * 1024;

    /// <summary>How many pieces are under way at most: 512 KiB of memory for each reader.</summary>
    private const int PiecesAhead = 8;

    private readonly long start = part.Offset;
    private readonly long end = part.Offset + part.Length!.Value;
    private readonly Queue<(int Length, Task<byte[]> Bytes)> ahead = new();
    private ReadOnlyMemory<byte> piece;
    private long position = part.Offset;
    private long asked = part.Offset;
    private bool begun;
    private bool closed;

    public override bool CanRead => !closed;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => end - start;

    public override long Position
    {
        get => position - start;
        set => throw new NotSupportedException();
    }

    /// <summary>How long the piece is that begins at an offset of the blob, of which so many bytes are wanted: no piece reaches over two chunks.</summary>
    public static int PieceAt(long offset, long wanted) =>
        (int)Math.Min(Math.Min(PieceBytes, BlobHead.ChunkBytes - (Math.Max(0, offset) % BlobHead.ChunkBytes)), Math.Max(0, wanted));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (position == end || buffer.IsEmpty)
            return 0;
        if (piece.IsEmpty)
        {
            Ask();
            var (expected, bytes) = ahead.Peek();
            var got = await bytes.WaitAsync(cancellationToken);
            ahead.Dequeue();
            if (got.Length != expected)
                throw await ShortAsync(cancellationToken);
            piece = got;
        }

        var count = Math.Min(buffer.Length, piece.Length);
        piece.Span[..count].CopyTo(buffer.Span);
        piece = piece[count..];
        position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("What lies in Redis is read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        // What is under way ends by its own deadline, and nobody waits for it: its failure is nobody's.
        closed = true;
        while (ahead.TryDequeue(out var left))
            _ = left.Bytes.ContinueWith(late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        base.Dispose(disposing);
    }

    /// <summary>Asks for the pieces that come next. The first came with the head.</summary>
    private void Ask()
    {
        while (asked < end && ahead.Count < PiecesAhead)
        {
            var wanted = PieceAt(asked, end - asked);
            ahead.Enqueue((wanted, begun ? AskAsync(asked, wanted) : Task.FromResult(first)));
            begun = true;
            asked += wanted;
        }
    }

    private async Task<byte[]> AskAsync(long from, int count)
    {
        var chunk = keys.Chunk(upload, from / BlobHead.ChunkBytes);
        var within = from % BlobHead.ChunkBytes;
        var bytes = await link.CallAsync(database => database.StringGetRangeAsync(chunk, within, within + count - 1, RedisLink.Flags), CancellationToken.None);
        return (byte[]?)bytes ?? [];
    }

    /// <summary>Why bytes are missing: the blob was deleted or replaced while it was read, or it is damaged.</summary>
    private async ValueTask<StorageException> ShortAsync(CancellationToken ct)
    {
        var current = await link.CallAsync(database => database.HashGetAsync(keys.Blob(key), "upload", RedisLink.Flags), ct);
        return current == upload
            ? new StorageException(StorageFault.Corrupt, $"The blob '{key}' lacks bytes from {position} on.")
            : new StorageException(StorageFault.Unavailable, $"The blob '{key}' was deleted or replaced while it was read, up to byte {position}.");
    }
}
