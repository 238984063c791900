using System.Security.Cryptography;
using Registry.Core.Documents;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>
/// Opens the contents of packages, and keeps small ones: the bytes of a digest never change. Whether a package still
/// refers to them is for its index to say, which whoever asks here has read before.
/// </summary>
internal sealed class PackageContents(IBlobStore blobs, ContentCacheOptions options)
{
    /// <summary>
    /// The longest content that is kept. Larger ones cost more to send than to open, and would drive out many small
    /// ones.
    /// </summary>
    private const int MaxContentBytes = 64 * 1024;

    /// <summary>What a kept content takes beside its bytes: the objects, the key, and the cache's own.</summary>
    private const int EntryBytes = 700;

    private readonly SecondChanceCache<BlobKey, Kept> cache = new(options.MaxBytes);

    /// <summary>Opens a part of a content.</summary>
    /// <param name="key">Its blob.</param>
    /// <param name="size">How many bytes the whole has.</param>
    /// <param name="range">Which bytes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A reader, which the caller disposes; null when storage has no such blob.</returns>
    /// <exception cref="StorageException">
    /// The storage failed; <see cref="StorageFault.Corrupt"/>: a small content is not what its digest says.
    /// </exception>
    public async ValueTask<BlobReader?> OpenAsync(
        BlobKey key, long size, ByteRange range, CancellationToken cancellationToken)
    {
        if (size > MaxContentBytes || options.MaxBytes == 0)
            return await blobs.OpenAsync(key, range, cancellationToken);
        if (cache.Find(key) is { } kept)
            return kept.Open(range);
        await using var reader = await blobs.OpenAsync(key, ByteRange.All, cancellationToken);
        if (reader is null)
            return null;
        var bytes = new byte[size];
        if (reader.Length
            != size || await reader.Content.ReadAtLeastAsync(
                bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken) != size
            || Digest.FromHash(SHA256.HashData(bytes)) != key.Digest)
            throw new StorageException(
                StorageFault.Corrupt,
                $"Blob {key} is damaged: its {reader.Length} bytes are not the {size} of its digest.");
        kept = new Kept(reader.Info, bytes);
        cache.Keep(key, kept, size + EntryBytes);
        return kept.Open(range);
    }

    private sealed class Kept(BlobInfo info, byte[] bytes)
    {
        public BlobReader Open(ByteRange range)
        {
            var length = range.LengthWithin(bytes.Length);
            return new BlobReader(
                info, length, new MemoryStream(bytes, (int)range.Offset, (int)length, writable: false));
        }
    }
}
