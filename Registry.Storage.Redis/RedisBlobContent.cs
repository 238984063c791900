using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Redis;

/// <summary>
/// Exactly so many bytes of an upload, read forward: the next few pieces are asked for before they are wanted, and one
/// that is missing or short is an exception, never an early end. It asks for more pieces ahead as long as there is
/// spare memory.
/// </summary>
/// <param name="link">The way to the server.</param>
/// <param name="keys">The names of what lies there.</param>
/// <param name="key">The blob.</param>
/// <param name="upload">The upload whose chunks are read.</param>
/// <param name="part">Which bytes; the length is known.</param>
/// <param name="first">The first piece.</param>
/// <param name="budget">
/// The memory of pieces; <see cref="PieceBytes"/> of it have been reserved for this reader, which releases them.
/// </param>
internal sealed class RedisBlobContent(
    RedisConnection link,
    RedisKeys keys,
    BlobKey key,
    string upload,
    ByteRange part,
    byte[] first,
    TransferBudget budget) : ForwardOnlyStream(part.Length)
{
    /// <summary>
    /// Bytes asked for at once: small enough to be collected cheaply, and to let other clients of the server in
    /// between.
    /// </summary>
    public const int PieceBytes = 64 * 1024;

    /// <summary>How many pieces are asked for at most: 512 KiB of memory for each reader.</summary>
    private const int PiecesAhead = 8;

    private readonly long start = part.Offset;
    private readonly long end = part.Offset + part.Length!.Value;
    private readonly Queue<(int Length, Task<byte[]> Bytes)> ahead = new();
    private ReadOnlyMemory<byte> piece;
    private long position = part.Offset;
    private long asked = part.Offset;
    private int reservedPieces = 1;
    private bool begun;
    private bool closed;

    public override bool CanRead => !closed;

    /// <summary>
    /// How long the piece is that begins at an offset of the blob, of which so many bytes are wanted: no piece reaches
    /// over two chunks.
    /// </summary>
    public static int PieceAt(long offset, long wanted) =>
        (int)Math.Min(
            Math.Min(PieceBytes, BlobHead.ChunkBytes - (Math.Max(0, offset) % BlobHead.ChunkBytes)),
            Math.Max(0, wanted));

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
        Consumed += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (!closed)
        {
            // Pending calls end by their own deadline. Nobody waits for them or needs their failure, but until then
            // they take memory.
            closed = true;
            budget.Release((long)(reservedPieces - ahead.Count) * PieceBytes);
            while (ahead.TryDequeue(out var left))
                _ = left.Bytes.ContinueWith(
                    Release,
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
        }

        base.Dispose(disposing);
    }

    private void Release(Task<byte[]> late)
    {
        _ = late.Exception;
        budget.Release(PieceBytes);
    }

    /// <summary>Asks for the pieces that come next. The first came with the head.</summary>
    private void Ask()
    {
        while (reservedPieces > Math.Max(1, ahead.Count) && budget.IsScarce)
        {
            reservedPieces--;
            budget.Release(PieceBytes);
        }

        while (asked < end && ahead.Count < PiecesAhead && HasRoom())
        {
            var wanted = PieceAt(asked, end - asked);
            ahead.Enqueue((wanted, begun ? AskAsync(asked, wanted) : Task.FromResult(first)));
            begun = true;
            asked += wanted;
        }
    }

    private bool HasRoom()
    {
        if (ahead.Count < reservedPieces)
            return true;
        if (!budget.TryReserve(PieceBytes))
            return false;
        reservedPieces++;
        return true;
    }

    private async Task<byte[]> AskAsync(long from, int count)
    {
        var chunk = keys.Chunk(upload, from / BlobHead.ChunkBytes);
        var within = from % BlobHead.ChunkBytes;
        var bytes = await link.CallAsync(
            database => database.StringGetRangeAsync(chunk, within, within + count - 1, RedisConnection.Flags),
            CancellationToken.None);
        return (byte[]?)bytes ?? [];
    }

    /// <summary>Why bytes are missing: the blob was deleted or replaced while it was read, or it is damaged.</summary>
    private async ValueTask<StorageException> ShortAsync(CancellationToken cancellationToken)
    {
        var current = await link.CallAsync(
            database => database.HashGetAsync(keys.Blob(key), "upload", RedisConnection.Flags), cancellationToken);
        return current == upload
            ? new StorageException(StorageFault.Corrupt, $"The blob '{key}' lacks bytes from {position} on.")
            : new StorageException(
                StorageFault.Unavailable,
                $"The blob '{key}' was deleted or replaced while it was read, up to byte {position}.");
    }
}
