using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Reads the index of a package where damage is an answer, and only a storage that does not work an exception.
/// </summary>
internal static class StoredPackage
{
    /// <summary>Reads a package.</summary>
    /// <returns>
    /// Neither document nor damage where there is no such package; damage, in words, where its document is none or
    /// cannot be understood.
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
