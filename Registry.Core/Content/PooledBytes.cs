using System.Buffers;

namespace Registry.Core.Content;

/// <summary>A growing buffer in pooled memory; disposing it returns the memory.</summary>
/// <param name="capacity">The expected length; the buffer grows beyond it.</param>
internal sealed class PooledBytes(int capacity) : IBufferWriter<byte>, IDisposable
{
    private byte[] bytes = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>The number of bytes written.</summary>
    public int WrittenCount { get; private set; }

    /// <summary>The bytes written. Valid until the next write.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => bytes.AsMemory(0, WrittenCount);

    /// <summary>Opens the bytes written. Valid until the next write.</summary>
    public Stream OpenRead() => new MemoryStream(bytes, 0, WrittenCount, writable: false);

    /// <summary>Clears the buffer.</summary>
    public void ResetWrittenCount() => WrittenCount = 0;

    /// <summary>Removes bytes from the start.</summary>
    public void RemoveFirst(int count)
    {
        bytes.AsSpan(count, WrittenCount - count).CopyTo(bytes);
        WrittenCount -= count;
    }

    /// <inheritdoc/>
    public void Advance(int count) => WrittenCount += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var room = Math.Max(sizeHint, 1);
        if (bytes.Length - WrittenCount < room)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(bytes.Length * 2, WrittenCount + room));
            WrittenMemory.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(bytes);
            bytes = larger;
        }

        return bytes.AsMemory(WrittenCount);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(bytes);
        (bytes, WrittenCount) = ([], 0);
    }
}
