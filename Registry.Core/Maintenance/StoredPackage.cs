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
        catch (StorageException fault) when (fault.Kind == StorageFault.Corrupt)
        {
            return (null, null, fault.Message);
        }
    }
}
