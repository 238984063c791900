namespace Registry.Core.Storage;

/// <summary>An open blob, or a part of one. Whoever opened it disposes it.</summary>
/// <param name="info">What storage knows of the whole blob.</param>
/// <param name="length">How many bytes <paramref name="content"/> will give.</param>
/// <param name="content">The bytes; owned by this reader.</param>
public sealed class BlobReader(BlobInfo info, long length, Stream content) : IAsyncDisposable
{
    /// <summary>What storage knows of the whole blob.</summary>
    public BlobInfo Info { get; } = info;

    /// <summary>How many bytes <see cref="Content"/> gives: those of the range that was asked for.</summary>
    public long Length { get; } = length;

    /// <summary>
    /// Exactly <see cref="Length"/> bytes, read forward. A read throws <see cref="StorageException"/> where the storage
    /// fails or falls short.
    /// </summary>
    public Stream Content { get; } = content;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}
