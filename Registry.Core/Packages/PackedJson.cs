using System.Buffers;
using System.IO.Compression;

namespace Registry.Core.Packages;

/// <summary>JSON compressed by brotli.</summary>
/// <param name="content">The compressed bytes.</param>
internal sealed class PackedJson(ReadOnlyMemory<byte> content)
{
    /// <summary>Tells it from every other, and holds nothing of it.</summary>
    public object Identity { get; } = new();

    /// <summary>How many bytes it takes, compressed.</summary>
    public int Length => content.Length;

    /// <summary>Unpacks it from its beginning.</summary>
    public PackedJsonReader Open() => new(content);
}

/// <summary>Unpacks JSON piece by piece, forward only.</summary>
/// <param name="content">The compressed bytes.</param>
internal sealed class PackedJsonReader(ReadOnlyMemory<byte> content) : IDisposable
{
    private const int SkippedAtOnce = 64 * 1024;

    private BrotliDecoder decoder;
    private int taken;
    private bool isDone;

    /// <summary>How many bytes have been unpacked.</summary>
    public long Position { get; private set; }

    /// <summary>Unpacks as much as there is room for.</summary>
    /// <returns>How many bytes; fewer than there is room for at the end alone.</returns>
    /// <exception cref="InvalidDataException">The content is damaged.</exception>
    public int Read(Span<byte> destination)
    {
        var total = 0;
        while (total < destination.Length && !isDone)
        {
            var status = decoder.Decompress(content.Span[taken..], destination[total..], out var read, out var written);
            if (status is OperationStatus.InvalidData or OperationStatus.NeedMoreData)
                throw new InvalidDataException("Its compressed form is damaged or cut short.");
            isDone = status == OperationStatus.Done;
            taken += read;
            total += written;
        }

        Position += total;
        return total;
    }

    /// <summary>The bytes at a place, which is not before <see cref="Position"/>.</summary>
    /// <exception cref="InvalidDataException">The content is damaged, or shorter.</exception>
    public byte[] Read(long start, int length)
    {
        var skipped = ArrayPool<byte>.Shared.Rent(SkippedAtOnce);
        try
        {
            while (Position < start)
                Demand(skipped.AsSpan(0, (int)Math.Min(skipped.Length, start - Position)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(skipped);
        }

        var bytes = new byte[length];
        Demand(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose() => decoder.Dispose();

    private void Demand(Span<byte> destination)
    {
        if (Read(destination) < destination.Length)
            throw new InvalidDataException("The index is shorter than it was.");
    }
}
