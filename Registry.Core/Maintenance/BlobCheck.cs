using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>The result of reading a whole blob.</summary>
/// <param name="Problem">Why the blob does not match its key; null when it does.</param>
/// <param name="Length">The length in bytes.</param>
/// <param name="TarDigest">
/// The sha256 of the unpacked tar; the default value when the blob was not unpacked or has a problem.
/// </param>
internal sealed record BlobCheck(string? Problem, long Length, Digest TarDigest)
{
    private const int MaxAttempts = 10;

    /// <summary>Reads and checks a blob.</summary>
    /// <param name="blobs">The storage of the blob.</param>
    /// <param name="key">The key of the blob.</param>
    /// <param name="unpack">Whether it is the blob of a package, which must be a gzipped tar.</param>
    /// <param name="read">Counts the bytes read, and the blob when it has no problem.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    /// <returns>The result; null when the blob does not exist.</returns>
    /// <exception cref="StorageException">The storage failed, which says nothing about the blob.</exception>
    public static async Task<BlobCheck?> RunAsync(
        IBlobStore blobs, BlobKey key, bool unpack, Tally read, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            Revision? opened = null;
            try
            {
                await using var reader = await blobs.OpenAsync(key, ByteRange.All, cancellationToken);
                if (reader is null)
                    return null;
                opened = reader.Info.Revision;
                return await ReadAsync(reader, key.Digest, unpack, read, cancellationToken);
            }
            catch (StorageException exception)
            {
                // The blob was deleted or committed again while it was read: check the current one.
                if (opened is not null
                    && attempt < MaxAttempts
                    && (await blobs.StatAsync(key, cancellationToken))?.Revision != opened)
                    continue;
                if (exception.Kind != StorageFault.Corrupt)
                    throw;
                return new BlobCheck($"cannot be read: {exception.Message}", 0, default);
            }
        }
    }

    private static async Task<BlobCheck> ReadAsync(
        BlobReader reader, Digest name, bool unpack, Tally read, CancellationToken cancellationToken)
    {
        // Content that was accepted once is not checked against the current limits.
        await using var inspection = unpack ? new ContentInspection(ContentLimits.None) : null;
        var digest = await BlobBytes.HashAsync(
            reader.Content, inspection is null ? null : inspection.WriteAsync, read.AddBytes, cancellationToken);
        if (digest != name)
            return new BlobCheck($"holds {reader.Length} bytes with the sha256 {digest}", reader.Length, default);
        var inspected = inspection is null ? default : await inspection.CompleteAsync(cancellationToken);
        if (inspected.Refusal is { } refusal)
            return new BlobCheck($"is not a package: {refusal}", reader.Length, default);
        read.AddBlob();
        return new BlobCheck(null, reader.Length, inspected.TarDigest);
    }
}
