using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>What came of reading a whole blob.</summary>
/// <param name="Wrong">Why it is not what its name says; null when it is.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="TarDigest">
/// The sha256 of the unpacked tar; no digest where it was not unpacked, or something is wrong.
/// </param>
internal sealed record BlobCheck(string? Wrong, long Length, Digest TarDigest)
{
    private const int MaxAttempts = 10;

    /// <summary>What was accepted once is not judged by the limits of today.</summary>
    private static readonly ContentLimits NoLimits = new()
    {
        MaxPackageBytes = long.MaxValue,
        MaxUnpackedBytes = long.MaxValue,
        MaxRatio = int.MaxValue,
        RatioFloorBytes = long.MaxValue,
        MaxTarEntries = int.MaxValue,
    };

    /// <summary>Reads a blob.</summary>
    /// <param name="blobs">Where.</param>
    /// <param name="key">Which.</param>
    /// <param name="unpack">Whether it is a package's, which must be the gzip of a tar.</param>
    /// <param name="read">Counts what was read, and the blob when it is sound.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="StorageException">The storage failed, which is no damage.</exception>
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
            catch (StorageException fault)
            {
                // Deleted or committed again under the reader: what is there now is to be judged.
                if (opened is not null
                    && attempt < MaxAttempts
                    && (await blobs.StatAsync(key, cancellationToken))?.Revision != opened)
                    continue;
                if (fault.Kind != StorageFault.Corrupt)
                    throw;
                return new BlobCheck($"cannot be read: {fault.Message}", 0, default);
            }
        }
    }

    private static async Task<BlobCheck> ReadAsync(
        BlobReader reader, Digest name, bool unpack, Tally read, CancellationToken cancellationToken)
    {
        await using var inspection = unpack ? new ContentInspection(NoLimits) : null;
        var digest = await BlobBytes.HashAsync(
            reader.Content, inspection is null ? null : inspection.WriteAsync, read.AddBytes, cancellationToken);
        if (digest != name)
            return new BlobCheck($"holds {reader.Length} bytes with the sha256 {digest}", reader.Length, default);
        var inspected = inspection is null ? default : await inspection.CompleteAsync(cancellationToken);
        if (inspected.Refusal is { } refusal)
            return new BlobCheck($"is no package: {refusal}", reader.Length, default);
        read.AddBlob();
        return new BlobCheck(null, reader.Length, inspected.TarDigest);
    }
}
