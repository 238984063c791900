using System.Buffers;
using System.IO.Compression;
using Registry.Core.Content;

namespace Registry.Core.Packages;

/// <summary>
/// Takes the JSON of an index while it is written, and compresses it where it is long.
/// Memory does not grow with the JSON.
/// </summary>
/// <param name="mark">Stands before the compressed form.</param>
/// <param name="quality">That of brotli: 0 to 11.</param>
/// <param name="maxBytes">The most bytes of JSON. More are counted, and nothing else is done with them.</param>
internal sealed class IndexPacker(
    ReadOnlySpan<byte> mark, int quality, long maxBytes) : IBufferWriter<byte>, IDisposable
{
    /// <summary>Longer JSON, which repeats itself, is stored compressed.</summary>
    private const int CompressAboveBytes = 64 * 1024;

    /// <summary>
    /// How much is compressed at once: at its fastest, brotli finds repetitions only within such a piece.
    /// </summary>
    private const int PieceBytes = 1024 * 1024;

    /// <summary>1 MiB, as the pieces. Unpacking takes as much memory.</summary>
    private const int WindowBits = 20;

    /// <summary>Room for the index of most packages.</summary>
    private const int FirstBytes = 8 * 1024;

    private readonly PooledBytes pending = new(FirstBytes);
    private readonly byte[] mark = mark.ToArray();
    private PooledBytes? packed;
    private BrotliEncoder encoder;

    /// <summary>How many bytes of JSON there were.</summary>
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
        if (pending.WrittenCount + Math.Max(sizeHint, 1) > PieceBytes)
            Pack(isLast: false);
        return pending.GetMemory(sizeHint);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>The stored form, once all has been written; empty where the JSON is too long.</summary>
    public byte[] Finish()
    {
        if (JsonBytes > maxBytes)
            return [];
        if (JsonBytes <= CompressAboveBytes)
            return pending.WrittenMemory.ToArray();
        Pack(isLast: true);
        return packed!.WrittenMemory.ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        pending.Dispose();
        packed?.Dispose();
        encoder.Dispose();
    }

    private void Pack(bool isLast)
    {
        if (JsonBytes <= maxBytes)
        {
            if (packed is null)
            {
                packed = new PooledBytes(CompressAboveBytes);
                packed.Write(mark);
                encoder = new BrotliEncoder(quality, WindowBits);
            }

            var rest = pending.WrittenMemory.Span;
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
                throw new InvalidOperationException($"Brotli answers {status}.");
        }

        pending.ResetWrittenCount();
    }
}
