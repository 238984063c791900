using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>Verifies app archives: each is what its name says.</summary>
internal sealed class ArchiveCheck(IBlobStore blobs, Tally read)
{
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<IReadOnlyList<Finding>> RunAsync(BlobKey archive, CancellationToken cancellationToken)
    {
        var found = await BlobCheck.RunAsync(blobs, archive, unpack: false, read, cancellationToken);
        if (found?.Wrong is { } wrong)
            return [Finding.OfArchive(archive, wrong)];

        // One that was listed and is gone was deleted meanwhile.
        if (found is not null)
            read.AddArchive();
        return [];
    }
}
