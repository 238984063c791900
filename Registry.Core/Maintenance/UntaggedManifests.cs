using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Removes manifests that nothing holds any more from the index of their package. What only they refer to is then
/// garbage.
/// </summary>
/// <remarks>
/// The index is replaced only if it still is the one whose manifests were examined. Every push of a manifest touches
/// its blob, and then writes the index, even if that has the manifest already: so a push is either seen here by the
/// time of the blob, or prevents the write.
/// </remarks>
internal sealed class UntaggedManifests(
    PackageIndexes indexes, IBlobStore blobs, ManifestContents manifests, TimeProvider time)
{
    /// <summary>The number of attempts while others write. After that, the next collection tries again.</summary>
    private const int MaxAttempts = 5;

    /// <summary>Removes the manifests of a package that nothing holds.</summary>
    /// <param name="package">The package.</param>
    /// <param name="age">How long ago a manifest must have been pushed.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The number of removed manifests.</returns>
    /// <exception cref="RegistryException">The outcome is unknown, or others write all the time.</exception>
    /// <exception cref="StorageException">The storage failed, or a manifest is damaged.</exception>
    public async Task<int> RemoveAsync(PackageName package, TimeSpan age, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await indexes.FindAsync(package, cancellationToken)
                is not { State.Artifacts.Artifacts.IsEmpty: false } snapshot)
                return 0;
            var index = snapshot.State;
            var untagged = await FindAsync(index, age, cancellationToken);
            if (untagged.Count == 0)
                return 0;
            var isCurrent = false;
            await indexes.UpdateAsync(
                package,
                new DocumentChange<PackageIndex>(
                    current =>
                    {
                        isCurrent = ReferenceEquals(current, index);
                        return isCurrent ? index.WithoutUntagged(untagged) : current;
                    })
                {
                    Recent = new RecentRead<PackageIndex>(snapshot),
                },
                cancellationToken);
            if (isCurrent)
                return untagged.Count;
        }

        return 0;
    }

    private async Task<IReadOnlyList<Digest>> FindAsync(
        PackageIndex index, TimeSpan age, CancellationToken cancellationToken)
    {
        var children = await manifests.ChildrenAsync(index, cancellationToken);
        var young = new HashSet<Digest>();
        foreach (var digest in index.FindUntagged(children, young))
            if (await blobs.StatAsync(new BlobKey(index.Name.Key, digest), cancellationToken) is not { } blob
                || time.GetUtcNow() - blob.UploadedAt < age)
                young.Add(digest);
        return index.FindUntagged(children, young);
    }
}
