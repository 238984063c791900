using Registry.Core.Content;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>Verifies one package: its index, and every blob that the index references.</summary>
internal sealed class PackageCheck(RegistryStorage storage, PackageName package, Tally read, Tally garbage)
{
    private const int MaxAttempts = 10;

    private readonly StoreKey key = package.Key;

    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (document, index, damage) = await StoredPackage.ReadAsync(storage, package, cancellationToken);
            if (damage is not null)
                return [Finding.Of(package, damage)];
            if (document is null || index is null)
                return [];

            var (blobs, damaged) = await StoredPackage.BlobsAsync(storage, index, cancellationToken);
            var findings = damaged.ToList();
            foreach (var problem in await storage.Manifests.VerifyDerivedAsync(index, cancellationToken))
                findings.Add(Finding.Of(package, problem));
            foreach (var blob in blobs)
                findings.AddRange(await BlobAsync(blob, cancellationToken));

            // A release that was deleted or replaced in the meantime may have lost its blob: check again.
            if (findings.Count > 0
                && attempt < MaxAttempts
                && await storage.Documents.StatAsync(key, cancellationToken) != document.Revision)
                continue;
            if (findings.Count == 0)
                read.AddPackage();
            if (damaged.Count == 0)
                await CountGarbageAsync([.. blobs.Select(static blob => blob.Digest)], cancellationToken);
            return findings;
        }
    }

    private async Task<IEnumerable<Finding>> BlobAsync(PackageBlob blob, CancellationToken cancellationToken)
    {
        var isTar = blob.Releases.Any(static manifest => manifest.Content.TarDigest is not null);
        var check = await BlobCheck.RunAsync(
            storage.Blobs, new BlobKey(key, blob.Digest), unpack: isTar, read, cancellationToken);
        if (blob.Releases.Count == 0)
            return check is null
                ? blob.IsRequired ? blob.Findings(package, "is missing") : []
                : check.Problem is null ? [] : blob.Findings(package, check.Problem);
        var findings = new List<Finding>();
        foreach (var manifest in blob.Releases)
            if (FindProblem(check, manifest.Content) is { } problem)
                findings.Add(Finding.Of(package, manifest, problem));
        return findings;
    }

    private static string? FindProblem(BlobCheck? check, ContentDescriptor content) =>
        check is null ? "is missing"
        : check.Problem is not null ? check.Problem
        : check.Length != content.Size ? $"has {check.Length} bytes, but its manifest says {content.Size}"
        : content.TarDigest is { } digest && check.TarDigest != digest
            ? $"unpacks to the digest {check.TarDigest}, but its manifest says {digest}"
        : null;

    private async Task CountGarbageAsync(HashSet<Digest> referenced, CancellationToken cancellationToken)
    {
        await foreach (var blob in storage.Blobs.ListAsync(key, ScopeDepth.Exact, after: null, cancellationToken))
        {
            if (referenced.Contains(blob.Key.Digest))
                continue;
            garbage.AddBlob();
            garbage.AddBytes(blob.Length);
        }
    }
}
