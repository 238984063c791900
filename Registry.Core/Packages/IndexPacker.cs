using System.Buffers;
using System.IO.Compression;
using Registry.Core.Content;

namespace Registry.Core.Packages;

/// <summary>
/// A buffer for the JSON of an index, which it compresses when it is long, in constant memory.
/// </summary>
/// <param name="mark">The prefix of the compressed form.</param>
/// <param name="quality">The quality of brotli: 0 to 11.</param>
/// <param name="maxBytes">The maximum number of bytes of JSON. Further bytes are counted and dropped.</param>
internal sealed class IndexPacker(
    ReadOnlySpan<byte> mark, int quality, long maxBytes) : IBufferWriter<byte>, IDisposable
{
    /// <summary>The length above which JSON is stored compressed.</summary>
    private const int CompressAboveBytes = 64 * 1024;

    /// <summary>
    /// The size of the pieces that are compressed: at its fastest, brotli finds repetitions only within a piece.
    /// </summary>
    private const int PieceBytes = 1024 * 1024;

    /// <summary>The window, as large as a piece: 1 MiB. Decompression takes as much memory.</summary>
    private const int WindowBits = 20;

    /// <summary>Enough for the index of most packages.</summary>
    private const int FirstBytes = 8 * 1024;

    private readonly PooledBytes pending = new(FirstBytes);
    private readonly byte[] mark = mark.ToArray();
    private PooledBytes? packed;
    private BrotliEncoder encoder;

    /// <summary>The number of bytes of JSON.</summary>
    public long JsonBytes { get; private set; }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        pending.Advance(count);
        JsonBytes += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        while (pending.WrittenCount >= PieceBytes)
            Pack(PieceBytes, isLast: false);
        return pending.GetMemory(sizeHint);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Returns the stored form; empty when the JSON is too long.</summary>
    public byte[] Finish()
    {
        if (JsonBytes > maxBytes)
            return [];
        if (JsonBytes <= CompressAboveBytes)
            return pending.WrittenMemory.ToArray();
        while (pending.WrittenCount > PieceBytes)
            Pack(PieceBytes, isLast: false);
        Pack(pending.WrittenCount, isLast: true);
        return packed!.WrittenMemory.ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        pending.Dispose();
        packed?.Dispose();
        encoder.Dispose();
    }

    /// <summary>
    /// Compresses the first pending bytes. All pieces but the last have one size: equal JSON gives equal bytes, however
    /// it is written.
    /// </summary>
    private void Pack(int count, bool isLast)
    {
        if (JsonBytes <= maxBytes)
        {
            if (packed is null)
            {
                packed = new PooledBytes(CompressAboveBytes);
                packed.Write(mark);
                encoder = new BrotliEncoder(quality, WindowBits);
            }

            var rest = pending.WrittenMemory.Span[..count];
            OperationStatus status;
            do
            {
                status =
                    encoder.Compress(rest, packed.GetSpan(CompressAboveBytes), out var taken, out var written, isLast);
                rest = rest[taken..];
                packed.Advance(written);
            }
            while (status == OperationStatus.DestinationTooSmall);
            if (status != OperationStatus.Done)
                throw new InvalidOperationException($"Brotli returned {status}.");
        }

        pending.RemoveFirst(count);
    }
}
