using System.Buffers;
using System.IO.Compression;

namespace Registry.Core.Packages;

/// <summary>JSON compressed by brotli.</summary>
/// <param name="content">The compressed bytes.</param>
internal sealed class PackedJson(ReadOnlyMemory<byte> content)
{
    /// <summary>Identifies this instance without keeping it in memory.</summary>
    public object Identity { get; } = new();

    /// <summary>The compressed length in bytes.</summary>
    public int Length => content.Length;

    /// <summary>Opens a reader at the start.</summary>
    public PackedJsonReader Open() => new(content);
}

/// <summary>Decompresses JSON in pieces, forward only.</summary>
/// <param name="content">The compressed bytes.</param>
internal sealed class PackedJsonReader(ReadOnlyMemory<byte> content) : IDisposable
{
    private const int PieceBytes = 64 * 1024;

    private BrotliDecoder decoder;
    private int taken;
    private bool isDone;

    /// <summary>The number of bytes decompressed.</summary>
    public long Position { get; private set; }

    /// <summary>Decompresses as much as fits.</summary>
    /// <returns>
    /// The number of bytes, which is less than the length of <paramref name="destination"/> only at the end.
    /// </returns>
    /// <exception cref="InvalidDataException">The content is damaged.</exception>
    public int Read(Span<byte> destination)
    {
        var total = 0;
        while (total < destination.Length && !isDone)
        {
            var status = decoder.Decompress(content.Span[taken..], destination[total..], out var read, out var written);
            if (status is OperationStatus.InvalidData or OperationStatus.NeedMoreData)
                throw new InvalidDataException("The compressed form is damaged or truncated.");
            isDone = status == OperationStatus.Done;
            taken += read;
            total += written;
        }

        Position += total;
        return total;
    }

    /// <summary>Returns the bytes at an offset, which is not before <see cref="Position"/>.</summary>
    /// <exception cref="InvalidDataException">The content is damaged or too short.</exception>
    public byte[] Read(long start, int length)
    {
        SkipTo(start);
        var bytes = new byte[length];
        ReadExactly(bytes);
        return bytes;
    }

    /// <summary>
    /// Copies the bytes from an offset, which is not before <see cref="Position"/>, up to another one.
    /// </summary>
    /// <exception cref="InvalidDataException">The content is damaged or too short.</exception>
    public void CopyTo(IBufferWriter<byte> target, long start, long end)
    {
        SkipTo(start);
        while (Position < end)
        {
            var count = (int)Math.Min(PieceBytes, end - Position);
            ReadExactly(target.GetSpan(count)[..count]);
            target.Advance(count);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => decoder.Dispose();

    private void SkipTo(long start)
    {
        var skipped = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            while (Position < start)
                ReadExactly(skipped.AsSpan(0, (int)Math.Min(skipped.Length, start - Position)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(skipped);
        }
    }

    private void ReadExactly(Span<byte> destination)
    {
        if (Read(destination) < destination.Length)
            throw new InvalidDataException("The compressed index is truncated.");
    }
}
