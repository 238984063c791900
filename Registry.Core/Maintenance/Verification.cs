using System.Collections.Concurrent;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Reads everything that a registry stores and judges it: that every index can be read, that all it names is there, and
/// that every blob is what its name, its length and its manifests say. Writes nothing, and may run beside any number of
/// replicas: what changes meanwhile is read again.
/// </summary>
/// <param name="storage">What to verify.</param>
/// <param name="parallel">How many packages or archives are read at the same time.</param>
/// <param name="tell">Told of every fault, from many threads.</param>
public sealed class Verification(RegistryStorage storage, int parallel, Action<Finding> tell)
{
    private readonly ConcurrentDictionary<StoreKey, bool> packages = [];
    private long findings;

    /// <summary>What has been read.</summary>
    public Tally Read { get; } = new();

    /// <summary>Blobs of packages that no index names: no fault, and not read.</summary>
    public Tally Garbage { get; } = new();

    /// <summary>How many faults were told.</summary>
    public long Findings => Interlocked.Read(ref findings);

    /// <summary>Verifies everything.</summary>
    /// <returns>True when nothing is wrong.</returns>
    /// <exception cref="StorageException">The storage failed, which says nothing about what it holds.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(storage.Documents.ListAsync(
            StoreKeys.Packages, after: null, cancellationToken), options, async (entry, within) =>
        {
            packages[entry.Key] = true;
            if (PackageName.TryParse(entry.Key, out var package))
                Tell(await new PackageCheck(storage, package, Read, Garbage).RunAsync(within));
            else
                Tell([Finding.Of(entry.Key, "is not the key of a package")]);
        });
        var archives = new ArchiveCheck(storage.Blobs, Read);
        await Parallel.ForEachAsync(
            storage.Blobs.ListAsync(StoreKeys.Archives, ScopeDepth.Subtree, after: null, cancellationToken),
            options,
            async (archive, within) => Tell(await archives.RunAsync(archive.Key, within)));
        await CountBlobsWithoutPackageAsync(cancellationToken);
        return Findings == 0;
    }

    /// <summary>The blobs of scopes that have no index: each package with one has counted its own.</summary>
    private async Task CountBlobsWithoutPackageAsync(CancellationToken cancellationToken)
    {
        await foreach (var blob in storage.Blobs.ListAsync(
            StoreKeys.Packages, ScopeDepth.Subtree, after: null, cancellationToken))
        {
            // A package that came since its listing is none without an index.
            if (packages.ContainsKey(blob.Key.Scope)
                || await storage.Documents.StatAsync(blob.Key.Scope, cancellationToken) is not null)
                continue;
            Garbage.AddBlob();
            Garbage.AddBytes(blob.Length);
        }
    }

    private void Tell(IEnumerable<Finding> found)
    {
        foreach (var finding in found)
        {
            Interlocked.Increment(ref findings);
            tell(finding);
        }
    }
}
