using System.Runtime.InteropServices;

namespace Registry.Core.Storage;

/// <summary>An open blob, or a part of one. The caller disposes it.</summary>
/// <param name="info">The description of the whole blob.</param>
/// <param name="length">The number of bytes that <paramref name="content"/> returns.</param>
/// <param name="content">The bytes. The reader owns the stream.</param>
public sealed class BlobReader(BlobInfo info, long length, Stream content) : IAsyncDisposable
{
    /// <summary>The description of the whole blob.</summary>
    public BlobInfo Info { get; } = info;

    /// <summary>The number of bytes in <see cref="Content"/>: the length of the requested range.</summary>
    public long Length { get; } = length;

    /// <summary>
    /// Exactly <see cref="Length"/> bytes, forward only. A read throws <see cref="StorageException"/> when the storage
    /// fails or holds fewer bytes.
    /// </summary>
    public Stream Content { get; } = content;

    /// <summary>Opens bytes that are in memory as if they were a blob.</summary>
    /// <param name="info">The description of the blob.</param>
    /// <param name="bytes">All its bytes, an array or a part of one, which is not copied.</param>
    /// <param name="range">The requested bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range extends past the end.</exception>
    public static BlobReader Of(BlobInfo info, ReadOnlyMemory<byte> bytes, ByteRange range)
    {
        var length = range.LengthWithin(bytes.Length);
        var part = bytes.Slice((int)range.Offset, (int)length);
        if (!MemoryMarshal.TryGetArray(part, out var shared))
            throw new ArgumentException("The bytes are not in an array.", nameof(bytes));
        return new BlobReader(
            info, length, new MemoryStream(shared.Array!, shared.Offset, shared.Count, writable: false));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}
