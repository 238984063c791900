using System.Collections.Concurrent;
using Registry.Core.Artifacts;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Packages;

/// <summary>
/// The bytes of the manifests of packages, and what they refer to. Stored manifests are read from their blobs, derived
/// ones are made again from the index.
/// </summary>
/// <param name="contents">Opens the blobs of packages.</param>
/// <param name="releases">Makes the manifests of releases.</param>
/// <param name="options">The memory for parsed manifests; null for the default.</param>
public sealed class ManifestContents(
    PackageContents contents, DerivedReleases releases, ContentCacheOptions? options = null)
{
    /// <summary>
    /// The memory of a parsed manifest, in multiples of its length: text takes two bytes a character.
    /// </summary>
    private const int ParsedFactor = 3;

    /// <summary>The overhead of a parsed manifest, in bytes.</summary>
    private const int ParsedBytes = 1000;

    /// <summary>
    /// The overhead of the references of a manifest, in bytes: the array, the digest, and the entry in the cache.
    /// </summary>
    private const int ReferencesBytes = 500;

    /// <summary>The memory of a reference, in bytes: its digest of 64 characters.</summary>
    private const int ReferenceBytes = 160;

    /// <summary>How many manifests are read at a time.</summary>
    private const int MaxConcurrentReads = 16;

    /// <summary>
    /// How many bytes of manifests are read at a time, besides the last one. Parsing takes several times as much
    /// memory.
    /// </summary>
    private const long MaxConcurrentBytes = 1L << 20;

    /// <summary>
    /// What stored manifests refer to. Each takes little memory, since a push may need those of all manifests of a
    /// package.
    /// </summary>
    private readonly SecondChanceCache<Digest, ManifestReference[]> references =
        new((options ?? new ContentCacheOptions()).MaxManifestBytes);

    /// <summary>The manifests whose references are being read.</summary>
    private readonly ConcurrentDictionary<BlobKey, Lazy<Task<ManifestReference[]>>> reading = [];

    /// <summary>Parsed manifests: the bytes of a digest never change.</summary>
    private readonly SecondChanceCache<Digest, ManifestDocument> parsed =
        new((options ?? new ContentCacheOptions()).MaxManifestBytes);

    /// <summary>How the cache of parsed manifests has been used.</summary>
    public CacheUsage ParsedUsage => parsed.Usage;

    /// <summary>How the cache of what manifests refer to has been used.</summary>
    public CacheUsage ReferencesUsage => references.Usage;

    /// <summary>Returns the bytes of a manifest.</summary>
    /// <param name="index">The package.</param>
    /// <param name="found">The manifest, from this index.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.ManifestNotFound"/>: it was deleted after the index was read.
    /// </exception>
    /// <exception cref="StorageException">
    /// The storage failed; <see cref="StorageFault.Corrupt"/>: the bytes do not have the recorded digest.
    /// </exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(
        PackageIndex index, FoundManifest found, CancellationToken cancellationToken)
    {
        var manifest = found.Manifest;
        if (!manifest.IsDerived)
            return await contents.ReadAsync(KeyOf(index.Name, manifest), manifest.Size, cancellationToken)
                ?? throw ArtifactErrors.ManifestNotFound(index.Name, manifest.Digest);
        if (found.MediaType is { } mediaType)
            return (await releases.MakeAsync(
                index.Name, index.Get(found.Release!.Value, mediaType), cancellationToken)).Manifest;
        ReadOnlyMemory<byte> bytes = DerivedImageIndex.Make(index.Of(found.Release!.Value));
        DerivedReleases.Verify(index.Name, manifest.Digest, bytes);
        return bytes;
    }

    /// <summary>
    /// Returns the bytes of a config that is derived with a manifest; null when no release has this config.
    /// </summary>
    /// <exception cref="StorageException">As <see cref="ReadAsync(PackageIndex, FoundManifest, CancellationToken)"/>.
    /// </exception>
    public async ValueTask<ReadOnlyMemory<byte>?> FindDerivedConfigAsync(
        PackageIndex index, Digest digest, CancellationToken cancellationToken)
    {
        if (index.FindDerivedConfig(digest) is not { } manifest)
            return null;
        return digest == DerivedManifest.EmptyConfigDigest
            ? DerivedManifest.EmptyConfig
            : (await releases.MakeAsync(index.Name, manifest, cancellationToken)).Config;
    }

    /// <summary>Parses a stored manifest.</summary>
    /// <exception cref="StorageException">
    /// The storage failed; <see cref="StorageFault.Corrupt"/>: the manifest is missing or damaged.
    /// </exception>
    public async ValueTask<ManifestDocument> ParseAsync(
        PackageName package, OciManifest manifest, CancellationToken cancellationToken)
    {
        if (parsed.Find(manifest.Digest) is { } known && known.MediaType == manifest.MediaType)
            return known;
        var bytes = await contents.ReadAsync(KeyOf(package, manifest), manifest.Size, cancellationToken)
            ?? throw Damaged(package, manifest.Digest, "is missing");
        try
        {
            var document = ManifestReader.Read(bytes, manifest.MediaType);
            parsed.Set(manifest.Digest, document, (ParsedFactor * manifest.Size) + ParsedBytes);
            return document;
        }
        catch (ManifestFormatException exception)
        {
            throw Damaged(package, manifest.Digest, $"cannot be read: {exception.Message}");
        }
    }

    /// <summary>Whether anything in a package refers to a blob: the index, or a stored manifest.</summary>
    /// <exception cref="StorageException">The storage failed, or a manifest is damaged.</exception>
    public async ValueTask<bool> RefersAsync(PackageIndex index, Digest blob, CancellationToken cancellationToken)
    {
        if (index.References(blob))
            return true;
        var isFound = false;
        await ForEachStoredAsync(
            index,
            (_, found) =>
            {
                if (Array.Exists(found, reference => reference.Digest == blob))
                    isFound = true;
                return !isFound;
            },
            damaged: null,
            cancellationToken);
        return isFound;
    }

    /// <summary>
    /// Returns every blob that something in a package refers to, and whether the package is damaged without it: layers
    /// that clients may download from elsewhere need not be there.
    /// </summary>
    /// <param name="index">The package.</param>
    /// <param name="among">
    /// The blobs of interest: others are left out, so that memory does not grow with the package. Null for all.
    /// </param>
    /// <param name="damaged">
    /// Called for each stored manifest that is missing or damaged, one call at a time: what it refers to is then
    /// unknown. Null to throw instead.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">The storage failed, or a manifest is damaged.</exception>
    public async ValueTask<Dictionary<Digest, bool>> ReferencesAsync(
        PackageIndex index,
        IReadOnlySet<Digest>? among,
        Action<OciManifest, StorageException>? damaged,
        CancellationToken cancellationToken)
    {
        var blobs = new Dictionary<Digest, bool>();
        foreach (var blob in index.ReferencedBlobs())
            if (among?.Contains(blob) != false)
                blobs[blob] = true;
        await ForEachStoredAsync(
            index,
            (_, found) =>
            {
                // A manifest may be deleted although an image index refers to it, so it is not required.
                foreach (var (digest, isManifest, isRequired) in found)
                    if (among?.Contains(digest) != false)
                        blobs[digest] = (isRequired && !isManifest) || blobs.GetValueOrDefault(digest);
                return true;
            },
            damaged,
            cancellationToken);
        return blobs;
    }

    /// <summary>Returns the manifests that the stored image indexes of a package refer to, by image index.</summary>
    /// <exception cref="StorageException">The storage failed, or a manifest is damaged.</exception>
    internal async ValueTask<ILookup<Digest, Digest>> ChildrenAsync(
        PackageIndex index, CancellationToken cancellationToken)
    {
        var children = new List<(Digest Parent, Digest Child)>();
        await ForEachStoredAsync(
            index,
            (manifest, found) =>
            {
                foreach (var reference in found)
                    if (reference.IsManifest)
                        children.Add((manifest.Digest, reference.Digest));
                return true;
            },
            damaged: null,
            cancellationToken);
        return children.ToLookup(static pair => pair.Parent, static pair => pair.Child);
    }

    /// <summary>Makes every derived manifest of a package again.</summary>
    /// <returns>Why manifests can no longer be served; empty when all can.</returns>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<IReadOnlyList<string>> VerifyDerivedAsync(
        PackageIndex index, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        foreach (var manifest in index.Manifests)
            if (manifest.Artifact is { Current: { IsDerived: true } current })
                await VerifyAsync(FoundManifest.Of(manifest, current));
        foreach (var releaseIndex in index.Artifacts.Indexes)
            if (releaseIndex.Current is { } current)
                await VerifyAsync(FoundManifest.Of(releaseIndex.Release, current));
        return problems;

        async Task VerifyAsync(FoundManifest found)
        {
            try
            {
                await ReadAsync(index, found, cancellationToken);
            }
            catch (StorageException exception) when (exception.Kind == StorageFault.Corrupt)
            {
                problems.Add(exception.Message);
            }
        }
    }

    /// <summary>
    /// Passes what each stored manifest of a package refers to, one call at a time, until a call returns false. Damaged
    /// manifests are passed to <paramref name="damaged"/>; if that is null, the fault is thrown.
    /// </summary>
    private async ValueTask ForEachStoredAsync(
        PackageIndex index,
        Func<OciManifest, ManifestReference[], bool> take,
        Action<OciManifest, StorageException>? damaged,
        CancellationToken cancellationToken)
    {
        var unread = new List<OciManifest>();
        foreach (var manifest in index.StoredManifests)
            if (references.Find(manifest.Digest) is not { } known)
                unread.Add(manifest);
            else if (!take(manifest, known))
                return;
        foreach (var batch in Batches(unread))
            foreach (var (manifest, read, damage) in await Task.WhenAll(batch.Select(ReadAsync)))
                if (damage is not null)
                    damaged!(manifest, damage);
                else if (!take(manifest, read))
                    return;

        async Task<(OciManifest Manifest, ManifestReference[] Read, StorageException? Damage)> ReadAsync(
            OciManifest manifest)
        {
            try
            {
                return (manifest, await ReadReferencesAsync(index.Name, manifest, cancellationToken), null);
            }
            catch (StorageException exception) when (damaged is not null && exception.Kind == StorageFault.Corrupt)
            {
                return (manifest, [], exception);
            }
        }
    }

    /// <summary>Divides manifests into batches that are read at a time.</summary>
    private static IEnumerable<IReadOnlyList<OciManifest>> Batches(List<OciManifest> manifests)
    {
        var (batch, bytes) = (new List<OciManifest>(), 0L);
        foreach (var manifest in manifests)
        {
            batch.Add(manifest);
            bytes += manifest.Size;
            if (batch.Count < MaxConcurrentReads && bytes < MaxConcurrentBytes)
                continue;
            yield return batch;
            (batch, bytes) = ([], 0);
        }

        if (batch.Count > 0)
            yield return batch;
    }

    /// <summary>Reads what a manifest refers to. Concurrent readers share one read.</summary>
    private async Task<ManifestReference[]> ReadReferencesAsync(
        PackageName package, OciManifest manifest, CancellationToken cancellationToken)
    {
        var key = KeyOf(package, manifest);
        var own = new Lazy<Task<ManifestReference[]>>(() => ReadAsync());
        var shared = reading.GetOrAdd(key, own);
        try
        {
            return await shared.Value.WaitAsync(cancellationToken);
        }
        finally
        {
            if (shared == own)
                reading.TryRemove(key, out _);
        }

        async Task<ManifestReference[]> ReadAsync()
        {
            // Another reader may have finished a moment ago. Several callers share the read, so none of them can cancel
            // it.
            if (references.Find(manifest.Digest) is { } known)
                return known;
            ManifestReference[] read = [
                .. (await ParseAsync(package, manifest, CancellationToken.None)).GetReferences()
            ];
            references.Set(manifest.Digest, read, ReferencesBytes + (ReferenceBytes * (long)read.Length));
            return read;
        }
    }

    private static BlobKey KeyOf(PackageName package, OciManifest manifest) => new(package.Key, manifest.Digest);

    private static StorageException Damaged(PackageName package, Digest digest, string what) =>
        new(StorageFault.Corrupt, $"The manifest sha256:{digest} of {package} {what}.");
}
