using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>
/// Copies packages: first all blobs that the index references, then the index. A package is copied completely or not at
/// all.
/// </summary>
internal sealed class PackageCopy(
    RegistryStorage source, RegistryStorage target, BlobCopy blobs, bool overwrite, Tally copied, Tally present)
{
    /// <summary>Copies a package.</summary>
    /// <returns>
    /// Why the package was not copied; empty when the target has it now, or the source no longer has it.
    /// </returns>
    /// <exception cref="StorageException">One of the two storage backends failed.</exception>
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
            var existing = await target.Documents.GetAsync(key, cancellationToken);
            var equal = existing is not null && existing.Content.Span.SequenceEqual(document.Content.Span);
            if (existing is not null && !equal && !overwrite)
                return [Finding.Of(package, "differs at the target")];

            var (needed, damaged) = await StoredPackage.BlobsAsync(source, index, cancellationToken);
            var findings = damaged.ToList();
            foreach (var blob in needed)
            {
                var (outcome, problem) = await blobs.RunAsync(
                    new BlobKey(key, blob.Digest), keepNewer: false, cancellationToken);
                if (outcome == CopyOutcome.Missing && blob.IsRequired)
                    problem = "is missing";
                if (problem is not null)
                    findings.AddRange(blob.Findings(package, problem));
            }

            if (findings.Count > 0)
            {
                // A release that was deleted or replaced in the meantime may have lost its blob: copy again.
                if (attempt < TargetWrite.MaxAttempts
                    && await source.Documents.StatAsync(key, cancellationToken) != document.Revision)
                    continue;
                return findings;
            }

            if (!equal)
            {
                var written =
                    await TargetWrite.TryAsync(target, key, document, existing?.Revision, attempt, cancellationToken);
                if (written is null)
                    continue;
                if (written is false)
                    return [Finding.Of(package, "was changed at the target while it was copied")];
            }

            (equal ? present : copied).AddPackage();
            return [];
        }
    }
}
