using Registry.Core.Content;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>Verifies one package: its index, and every blob that it names.</summary>
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

            var findings = new List<Finding>();
            foreach (var manifests in index.Manifests.GroupBy(static manifest => manifest.Content.StoredDigest))
                findings.AddRange(await BlobAsync(new BlobKey(key, manifests.Key), [.. manifests], cancellationToken));

            // A release that was deleted or replaced meanwhile may have taken its blob along: that is no fault.
            if (findings.Count > 0
                && attempt < MaxAttempts
                && await storage.Documents.StatAsync(key, cancellationToken) != document.Revision)
                continue;
            if (findings.Count == 0)
                read.AddPackage();
            await CountGarbageAsync(index, cancellationToken);
            return findings;
        }
    }

    private async Task<IEnumerable<Finding>> BlobAsync(
        BlobKey blob, Manifest[] manifests, CancellationToken cancellationToken)
    {
        var isTar = Array.Exists(manifests, static manifest => manifest.Content.TarDigest is not null);
        var found = await BlobCheck.RunAsync(storage.Blobs, blob, unpack: isTar, read, cancellationToken);
        return manifests
            .Select(
                manifest =>
                    (manifest, Wrong: found is null ? "is missing" : found.Wrong ?? WrongWith(manifest.Content, found)))
            .Where(static judged => judged.Wrong is not null)
            .Select(judged => Finding.Of(package, judged.manifest, judged.Wrong!));
    }

    private static string? WrongWith(ContentDescriptor content, BlobCheck found) =>
        found.Length != content.Size ? $"has {found.Length} bytes, and its manifest says {content.Size}"
        : content.TarDigest is { } digest && found.TarDigest != digest
            ? $"unpacks to the digest {found.TarDigest}, and its manifest says {digest}"
        : null;

    private async Task CountGarbageAsync(PackageIndex index, CancellationToken cancellationToken)
    {
        var named = index.Manifests.Select(static manifest => manifest.Content.StoredDigest).ToHashSet();
        await foreach (var blob in storage.Blobs.ListAsync(key, ScopeDepth.Exact, after: null, cancellationToken))
        {
            if (named.Contains(blob.Key.Digest))
                continue;
            garbage.AddBlob();
            garbage.AddBytes(blob.Length);
        }
    }
}
