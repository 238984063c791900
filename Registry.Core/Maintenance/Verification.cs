using System.Collections.Concurrent;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Reads everything that a registry stores and verifies it: every index can be read, all blobs that it references
/// exist, every blob matches its digest, its length and its manifests, and every token can be read. Writes nothing, and
/// may run next to any number of replicas: it reads again what changes during the run.
/// </summary>
/// <param name="storage">The storage to verify.</param>
/// <param name="parallel">The number of packages or archives that are read concurrently.</param>
/// <param name="report">Called for every finding, from several threads.</param>
public sealed class Verification(RegistryStorage storage, int parallel, Action<Finding> report)
{
    private readonly ConcurrentDictionary<StoreKey, bool> packages = [];
    private readonly RegistryEntries entries = new(storage);
    private long findings;

    /// <summary>How far the run has come.</summary>
    public RunProgress Progress => entries.Progress;

    /// <summary>Counts what has been read.</summary>
    public Tally Read { get; } = new();

    /// <summary>Counts the blobs of packages that no index references. They are not findings, and not read.</summary>
    public Tally Garbage { get; } = new();

    /// <summary>The number of reported findings.</summary>
    public long Findings => Interlocked.Read(ref findings);

    /// <summary>Verifies everything.</summary>
    /// <returns>True when there are no findings.</returns>
    /// <exception cref="StorageException">The storage failed, which says nothing about its content.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellationToken };
        await entries.CountAsync(cancellationToken);
        var archives = new ArchiveCheck(storage.Blobs, Read);
        await entries.ForEachAsync(
            "verified",
            options,
            async (entry, within) =>
            {
                packages[entry.Key] = true;
                if (PackageName.TryParse(entry.Key, out var package))
                    Report(await new PackageCheck(storage, package, Read, Garbage).RunAsync(within));
                else
                    Report([Finding.Of(entry.Key, "is not the key of a package")]);
            },
            async (archive, within) => Report(await archives.RunAsync(archive.Key, within)),
            async (entry, within) => Report(await CheckTokenAsync(entry.Key, within)));
        await CountBlobsWithoutPackageAsync(cancellationToken);
        return Findings == 0;
    }

    private async Task<IReadOnlyList<Finding>> CheckTokenAsync(StoreKey key, CancellationToken cancellationToken)
    {
        var (_, token, damage) = await StoredTokens.ReadAsync(storage.Documents, key, cancellationToken);
        if (damage is not null)
            return [damage];

        // A token that was listed but no longer exists was revoked in the meantime.
        if (token is not null)
            Read.AddToken();
        return [];
    }

    /// <summary>
    /// Counts the blobs of scopes without an index. <see cref="PackageCheck"/> counts those with one.
    /// </summary>
    private async Task CountBlobsWithoutPackageAsync(CancellationToken cancellationToken)
    {
        await foreach (var blob in storage.Blobs.ListAsync(
            StoreKeys.Packages, ScopeDepth.Subtree, after: null, cancellationToken))
        {
            // A package that was created after the listing has an index now.
            if (packages.ContainsKey(blob.Key.Scope)
                || await storage.Documents.StatAsync(blob.Key.Scope, cancellationToken) is not null)
                continue;
            Garbage.AddBlob();
            Garbage.AddBytes(blob.Length);
        }
    }

    private void Report(IEnumerable<Finding> found)
    {
        foreach (var finding in found)
        {
            Interlocked.Increment(ref findings);
            report(finding);
        }
    }
}
