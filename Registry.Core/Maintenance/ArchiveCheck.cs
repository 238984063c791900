using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>Verifies that app archives match their digests.</summary>
internal sealed class ArchiveCheck(IBlobStore blobs, Tally read)
{
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<IReadOnlyList<Finding>> RunAsync(BlobKey archive, CancellationToken cancellationToken)
    {
        var check = await BlobCheck.RunAsync(blobs, archive, unpack: false, read, cancellationToken);
        if (check?.Problem is { } problem)
            return [Finding.OfArchive(archive, problem)];

        // An archive that was listed but no longer exists was deleted in the meantime.
        if (check is not null)
            read.AddArchive();
        return [];
    }
}
