using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Redis;

/// <summary>
/// Reads a range of a blob or of a staged upload in pieces, which are prefetched while spare memory is available. A
/// missing or short piece throws; the stream never ends early.
/// </summary>
/// <param name="connection">The connection to Redis.</param>
/// <param name="keys">The keys in Redis.</param>
/// <param name="extents">Where the bytes are: in order, without gaps, from offset 0.</param>
/// <param name="part">The bytes to read, with a length.</param>
/// <param name="first">The first piece, which was read with the head; null when it was not.</param>
/// <param name="missingAsync">Returns the error for bytes that are missing from an offset.</param>
/// <param name="budget">
/// The memory budget. <see cref="PieceBytes"/> are already reserved for this reader, which releases them.
/// </param>
internal sealed class RedisBlobContent(
    RedisConnection connection,
    RedisKeys keys,
    IReadOnlyList<RedisExtent> extents,
    ByteRange part,
    byte[]? first,
    Func<long, CancellationToken, ValueTask<StorageException>> missingAsync,
    TransferBudget budget) : FixedLengthStream(part.Length!.Value)
{
    /// <summary>
    /// The size of a piece in bytes: small enough for cheap garbage collection and for fairness to other clients of the
    /// server.
    /// </summary>
    public const int PieceBytes = 64 * 1024;

    /// <summary>The maximum number of pieces requested at once: 512 KiB of memory per reader.</summary>
    private const int PiecesAhead = 8;

    private readonly long start = part.Offset;
    private readonly long end = part.Offset + part.Length!.Value;
    private readonly Queue<(int Length, Task<byte[]> Bytes)> ahead = new();
    private ReadOnlyMemory<byte> piece;
    private long requested = part.Offset;
    private int reservedPieces = 1;
    private int extent;
    private bool hasStarted = first is null;
    private bool closed;

    public override bool CanRead => !closed;

    /// <summary>
    /// Returns the length of the piece at an offset, limited to the wanted bytes. A piece never crosses a chunk
    /// boundary.
    /// </summary>
    public static int PieceAt(long offset, long wanted) =>
        (int)Math.Min(
            Math.Min(PieceBytes, BlobHead.ChunkBytes - (Math.Max(0, offset) % BlobHead.ChunkBytes)),
            Math.Max(0, wanted));

    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (piece.IsEmpty)
        {
            RequestNext();
            var (expected, bytes) = ahead.Peek();
            var received = await bytes.WaitAsync(cancellationToken);
            ahead.Dequeue();
            if (received.Length != expected)
                throw await missingAsync(start + Consumed, cancellationToken);
            piece = received;
        }

        var count = Math.Min(buffer.Length, piece.Length);
        piece.Span[..count].CopyTo(buffer.Span);
        piece = piece[count..];
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (!closed)
        {
            // Pending calls end by their own deadline. Their results are not needed, but they use memory until then.
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

    private void Release(Task<byte[]> pending)
    {
        _ = pending.Exception;
        budget.Release(PieceBytes);
    }

    /// <summary>Requests the next pieces. The first one was read with the head.</summary>
    private void RequestNext()
    {
        while (reservedPieces > Math.Max(1, ahead.Count) && budget.IsScarce)
        {
            reservedPieces--;
            budget.Release(PieceBytes);
        }

        while (requested < end && ahead.Count < PiecesAhead && HasRoom())
        {
            while (requested >= extents[extent].End)
                extent++;
            var (upload, from, to) = extents[extent];
            var wanted = PieceAt(requested - from, Math.Min(end, to) - requested);
            ahead.Enqueue(
                (wanted, hasStarted ? RequestAsync(upload, requested - from, wanted) : Task.FromResult(first!)));
            hasStarted = true;
            requested += wanted;
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

    private async Task<byte[]> RequestAsync(string upload, long from, int count)
    {
        var chunk = keys.Chunk(upload, from / BlobHead.ChunkBytes);
        var within = from % BlobHead.ChunkBytes;
        var bytes = await connection.CallAsync(
            database => database.StringGetRangeAsync(chunk, within, within + count - 1, RedisConnection.Flags),
            CancellationToken.None);
        return (byte[]?)bytes ?? [];
    }
}
