using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Reads the index of a package and returns damage as a result. Only a failure of the storage is an exception.
/// </summary>
internal static class StoredPackage
{
    /// <summary>Reads the index of a package.</summary>
    /// <returns>
    /// The document and its index; only a description of the damage when they cannot be read; all null when the package
    /// does not exist.
    /// </returns>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static async Task<(Document? Document, PackageIndex? Index, string? Damage)> ReadAsync(
        RegistryStorage storage, PackageName package, CancellationToken cancellationToken)
    {
        try
        {
            return await storage.Documents.GetAsync(package.Key, cancellationToken) is { } document
                ? (document, StoredIndex.Read(package, document.Content, storage.IndexLimits.MaxBytes), null)
                : (null, null, null);
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.Corrupt)
        {
            return (null, null, exception.Message);
        }
    }

    /// <summary>Returns the blobs that a package refers to, and the release of each.</summary>
    /// <param name="storage">The storage.</param>
    /// <param name="index">The package.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>
    /// The blobs, and a finding for each stored manifest that cannot be read: that blob, and what only it refers to,
    /// are not among the blobs.
    /// </returns>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static async Task<(IReadOnlyList<PackageBlob> Blobs, IReadOnlyList<Finding> Damaged)> BlobsAsync(
        RegistryStorage storage, PackageIndex index, CancellationToken cancellationToken)
    {
        var damaged = new Dictionary<Digest, Finding>();
        var references = await storage.Manifests.ReferencesAsync(
            index,
            among: null,
            (manifest, fault) => damaged[manifest.Digest] = Finding.Of(index.Name, fault.Message),
            cancellationToken);
        var releases = index.Manifests.ToLookup(static manifest => manifest.Content.StoredDigest);
        return (
            [
                .. references
                    .Where(reference => !damaged.ContainsKey(reference.Key))
                    .Select(reference =>
                        new PackageBlob(reference.Key, reference.Value, [.. releases[reference.Key]])),
            ],
            [.. damaged.Values]);
    }
}

/// <summary>A blob that a package refers to.</summary>
/// <param name="Digest">The sha256 of its bytes.</param>
/// <param name="IsRequired">Whether the package is damaged without it.</param>
/// <param name="Releases">The releases whose content it is; empty for other blobs.</param>
internal sealed record PackageBlob(Digest Digest, bool IsRequired, IReadOnlyList<Manifest> Releases)
{
    /// <summary>Creates the findings about the blob: one for each of its releases.</summary>
    public IEnumerable<Finding> Findings(PackageName package, string problem) =>
        Releases.Count == 0
            ? [Finding.Of(package, $"blob {Digest} {problem}")]
            : Releases.Select(release => Finding.Of(package, release, problem));
}
