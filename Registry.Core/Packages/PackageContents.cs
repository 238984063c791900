using Registry.Core.Documents;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>
/// Opens the contents of packages, and caches small ones: the bytes of a digest never change. The caller has read the
/// index of the package, which decides whether the package still has the content.
/// </summary>
/// <param name="blobs">The blobs.</param>
/// <param name="options">The memory of the cache.</param>
public sealed class PackageContents(IBlobStore blobs, ContentCacheOptions options)
{
    /// <summary>
    /// The maximum size of a cached content, in bytes. Larger ones cost more to send than to open, and would evict many
    /// small ones.
    /// </summary>
    private const int MaxContentBytes = 64 * 1024;

    /// <summary>The overhead of a cached content, in bytes: the objects, the key, and the entry in the cache.</summary>
    private const int EntryBytes = 700;

    private readonly SecondChanceCache<BlobKey, CachedContent> cache = new(options.MaxBytes);

    /// <summary>How the cache has been used. Contents that are too large for it do not count.</summary>
    public CacheUsage Usage => cache.Usage;

    /// <summary>Opens a content or a part of it.</summary>
    /// <param name="key">The blob.</param>
    /// <param name="size">The length of the whole content.</param>
    /// <param name="range">The requested bytes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A reader, which the caller disposes; null when the blob does not exist.</returns>
    /// <exception cref="StorageException">
    /// The storage failed; <see cref="StorageFault.Corrupt"/>: a small content does not match its digest, or a large
    /// one ends before the range.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The range extends past <paramref name="size"/>.</exception>
    public async ValueTask<BlobReader?> OpenAsync(
        BlobKey key, long size, ByteRange range, CancellationToken cancellationToken)
    {
        if (IsCacheable(size))
            return (await FindAsync(key, size, cancellationToken))?.Open(range);
        _ = range.LengthWithin(size);
        try
        {
            return await blobs.OpenAsync(key, range, cancellationToken);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            throw new StorageException(
                StorageFault.Corrupt, $"Blob {key} is damaged: it has fewer than {size} bytes.", exception);
        }
    }

    /// <summary>Returns a content in memory, verified.</summary>
    /// <param name="key">The blob.</param>
    /// <param name="size">The length of the content.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The bytes, which others use too; null when the blob does not exist.</returns>
    /// <exception cref="StorageException">
    /// The storage failed; <see cref="StorageFault.Corrupt"/>: the bytes do not match the digest or the length.
    /// </exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(
        BlobKey key, long size, CancellationToken cancellationToken)
    {
        if (IsCacheable(size))
            return (await FindAsync(key, size, cancellationToken))?.Bytes;
        await using var reader = await blobs.OpenAsync(key, ByteRange.All, cancellationToken);
        if (reader is null)
            return null;
        return await ReadAsync(key, size, reader, cancellationToken);
    }

    private bool IsCacheable(long size) => size <= MaxContentBytes && options.MaxBytes > 0;

    private async ValueTask<CachedContent?> FindAsync(BlobKey key, long size, CancellationToken cancellationToken)
    {
        if (cache.Find(key) is { } cached)
            return cached;
        await using var reader = await blobs.OpenAsync(key, ByteRange.All, cancellationToken);
        if (reader is null)
            return null;
        cached = new CachedContent(reader.Info, await ReadAsync(key, size, reader, cancellationToken));
        cache.Set(key, cached, size + EntryBytes);
        return cached;
    }

    private static async ValueTask<byte[]> ReadAsync(
        BlobKey key, long size, BlobReader reader, CancellationToken cancellationToken)
    {
        var bytes = new byte[size];
        return reader.Length == size
            && await reader.Content.ReadAtLeastAsync(
                bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken) == size
            && Digest.Of(bytes) == key.Digest
                ? bytes
                : throw new StorageException(
                    StorageFault.Corrupt,
                    $"Blob {key} is damaged: its {reader.Length} bytes do not match its digest and {size} bytes.");
    }

    private sealed class CachedContent(BlobInfo info, byte[] bytes)
    {
        public ReadOnlyMemory<byte> Bytes => bytes;

        public BlobReader Open(ByteRange range) => BlobReader.Of(info, bytes, range);
    }
}
