using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Removes untagged manifests that no other manifest keeps from the index of their package. Blobs that only they refer
/// to become garbage.
/// </summary>
/// <remarks>
/// The index is replaced only if it is still the one whose manifests were examined. Every push of a manifest touches
/// its blob and then writes the index, even if the index already has the manifest. So a concurrent push either shows
/// here in the upload time of the blob, or prevents the write.
/// </remarks>
internal sealed class UntaggedManifests(
    PackageIndexes indexes, IBlobStore blobs, ManifestContents manifests, TimeProvider time)
{
    /// <summary>The number of attempts while others write. After that, the next collection tries again.</summary>
    private const int MaxAttempts = 5;

    /// <summary>Removes the untagged manifests of a package that no other manifest keeps.</summary>
    /// <param name="package">The package.</param>
    /// <param name="age">The minimum time since the last push of a manifest that is removed.</param>
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
