using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Copies packages: first all blobs that an index names, then the index. A package that cannot be copied whole stays
/// behind whole.
/// </summary>
internal sealed class PackageCopy(
    RegistryStorage source, RegistryStorage target, BlobCopy blobs, bool overwrite, Tally copied, Tally present)
{
    private const int MaxAttempts = 10;

    /// <summary>Copies one package.</summary>
    /// <returns>Why it stays behind; nothing when it is at the target now, or gone from the source.</returns>
    /// <exception cref="StorageException">One of the storages failed.</exception>
    public async Task<IReadOnlyList<Finding>> RunAsync(StoreKey key, CancellationToken cancellationToken)
    {
        if (!PackageName.TryParse(key, out var package))
            return [Finding.Of(key, "is not the key of a package")];
        for (var attempt = 1; ; attempt++)
        {
            var (document, index, damage) = await StoredPackage.ReadAsync(source, package, cancellationToken);
            if (damage is not null)
                return [Finding.Of(package, damage)];
            if (document is null || index is null)
                return [];
            var there = await target.Documents.GetAsync(key, cancellationToken);
            var equal = there is not null && there.Content.Span.SequenceEqual(document.Content.Span);
            if (there is not null && !equal && !overwrite)
                return [Finding.Of(package, "differs at the target")];

            var findings = new List<Finding>();
            foreach (var manifest in index.Manifests.DistinctBy(static manifest => manifest.Content.StoredDigest))
            {
                var (outcome, wrong) = await blobs.RunAsync(
                    new BlobKey(key, manifest.Content.StoredDigest), keepsLater: false, cancellationToken);
                if (outcome == CopyOutcome.Gone)
                    wrong = "is missing";
                if (wrong is not null)
                    findings.Add(Finding.Of(package, manifest, wrong));
            }

            if (findings.Count > 0)
            {
                // A release that was deleted or replaced meanwhile has taken its blob along.
                if (attempt < MaxAttempts
                    && await source.Documents.StatAsync(key, cancellationToken) != document.Revision)
                    continue;
                return findings;
            }

            if (!equal
                && await target.Documents.TryPutAsync(
                    key, document.Content, Precondition.Unchanged(there?.Revision), cancellationToken) is null)
                return [Finding.Of(package, "was changed at the target while it was copied")];
            (equal ? present : copied).AddPackage();
            return [];
        }
    }
}
