using Registry.Core.Content;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Maintenance;

/// <summary>Verifies that a target has everything that a source has.</summary>
internal sealed class MigrationCheck(RegistryStorage source, RegistryStorage target, bool readBack, Tally verified)
{
    /// <summary>Compares the indexes of a package, and checks the blobs that they reference.</summary>
    public async Task<IReadOnlyList<Finding>> PackageAsync(StoreKey key, CancellationToken cancellationToken)
    {
        if (!PackageName.TryParse(key, out var package))
            return [Finding.Of(key, "is not the key of a package")];
        var (document, index, damage) = await StoredPackage.ReadAsync(source, package, cancellationToken);
        if (damage is not null)
            return [Finding.Of(package, damage)];
        if (document is null || index is null)
            return [];
        if (await target.Documents.GetAsync(key, cancellationToken) is not { } copy)
            return [Finding.Of(package, "was added to the source after the copy: run again")];
        if (!copy.Content.Span.SequenceEqual(document.Content.Span))
            return [Finding.Of(package, "has changed since it was copied: run again")];

        var (blobs, damaged) = await StoredPackage.BlobsAsync(source, index, cancellationToken);
        var findings = damaged.ToList();
        foreach (var blob in blobs)
        {
            var blobKey = new BlobKey(key, blob.Digest);
            if (await LengthAsync(blob, blobKey, cancellationToken) is { } length
                && await BlobAsync(blobKey, length, cancellationToken) is { } problem)
                findings.AddRange(blob.Findings(package, problem));
        }

        if (findings.Count == 0)
            verified.AddPackage();
        return findings;
    }

    /// <summary>Checks an archive and its upload time.</summary>
    public async Task<Finding?> ArchiveAsync(BlobInfo archive, CancellationToken cancellationToken)
    {
        var copy = await target.Blobs.StatAsync(archive.Key, cancellationToken);
        var problem = copy is null || copy.UploadedAt == archive.UploadedAt
            ? await BlobAsync(archive.Key, archive.Length, cancellationToken)
            : "has another upload time at the target: run again";
        if (problem is not null)
            return Finding.OfArchive(archive.Key, problem);
        verified.AddArchive();
        return null;
    }

    /// <summary>
    /// Returns the length that a blob must have; null when it need not be at the target, since the source has none.
    /// </summary>
    private async Task<long?> LengthAsync(PackageBlob blob, BlobKey key, CancellationToken cancellationToken)
    {
        if (blob.Releases is [var release, ..])
            return release.Content.Size;
        var length = (await source.Blobs.StatAsync(key, cancellationToken))?.Length;
        return length is null && blob.IsRequired ? 0 : length;
    }

    private async Task<string?> BlobAsync(BlobKey key, long length, CancellationToken cancellationToken)
    {
        if (!readBack)
        {
            var blob = await target.Blobs.StatAsync(key, cancellationToken);
            return FindProblem(blob?.Length, null);
        }

        try
        {
            await using var reader = await target.Blobs.OpenAsync(key, ByteRange.All, cancellationToken);
            return FindProblem(
                reader?.Length,
                reader is null
                    ? null
                    : await BlobBytes.HashAsync(reader.Content, take: null, verified.AddBytes, cancellationToken));
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.Corrupt)
        {
            return $"cannot be read at the target: {exception.Message}";
        }

        string? FindProblem(long? found, Digest? digest)
        {
            if (found is null)
                return "is missing at the target: run again";
            if (found != length)
                return $"has {found} bytes at the target instead of {length}";
            if (digest is { } read && read != key.Digest)
                return $"has the sha256 {read} at the target";
            verified.AddBlob();
            return null;
        }
    }
}
