using Registry.Core.Artifacts;
using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <content>Lookups of tags and digests, and of what the package refers to.</content>
public sealed partial class PackageIndex
{
    /// <summary>Created on first use; concurrent callers may create them twice, with equal content.</summary>
    private volatile Dictionary<Digest, FoundManifest>? byDigest;
    private volatile Dictionary<Digest, Manifest>? byConfig;
    private volatile HashSet<Digest>? blobs;

    /// <summary>
    /// Whether the index itself refers to a blob: as content, as an archive, a provenance file, or a stored manifest.
    /// What the stored manifests refer to is in their bytes.
    /// </summary>
    public bool References(Digest blob) => (blobs ??= [.. ReferencedBlobs()]).Contains(blob);

    /// <summary>The manifests whose bytes are blobs of the package.</summary>
    public IEnumerable<OciManifest> StoredManifests =>
        Manifests
            .Where(static manifest => manifest.Artifact is not null)
            .SelectMany(static manifest => manifest.Artifact!.PreviousManifests.Prepend(manifest.Artifact.Current))
            .Concat(Artifacts.Artifacts)
            .Concat(Artifacts.Indexes.SelectMany(static index => index.PreviousManifests))
            .Where(static manifest => !manifest.IsDerived);

    /// <summary>
    /// Returns the previous manifests of this index that were derived in an earlier state of the package.
    /// </summary>
    internal IEnumerable<Digest> NewPreviousManifestsOf(PackageIndex before) =>
        Manifests
            .Where(static manifest => manifest.Artifact is not null)
            .SelectMany(static manifest => manifest.Artifact!.PreviousManifests)
            .Concat(Artifacts.Indexes.SelectMany(static index => index.PreviousManifests))
            .Select(static previous => previous.Digest)
            .Where(previous => before.FindManifest(previous) is { Manifest.IsDerived: true });

    /// <summary>The blobs that <see cref="References"/> names; some of them several times.</summary>
    public IEnumerable<Digest> ReferencedBlobs()
    {
        foreach (var manifest in Manifests)
        {
            yield return manifest.Content.StoredDigest;
            if (manifest.Artifact?.Chart is not { } chart)
                continue;
            foreach (var blob in (BlobDescriptor?[])[chart.Wrapped, chart.Provenance, chart.MetadataBlob])
                if (blob is not null)
                    yield return blob.Digest;
        }

        foreach (var stored in StoredManifests)
            yield return stored.Digest;
    }

    /// <summary>
    /// Returns the release whose manifest is derived with this config; null when there is none, or its manifest was
    /// pushed.
    /// </summary>
    public Manifest? FindDerivedConfig(Digest config) =>
        (byConfig ??= ByConfig()).GetValueOrDefault(config);

    /// <summary>Returns a manifest by the digest of its bytes; null when there is none.</summary>
    public FoundManifest? FindManifest(Digest digest) => (byDigest ??= ByDigest()).GetValueOrDefault(digest);

    /// <summary>
    /// Returns the manifest that a tag refers to; null when there is no such tag, or its release is incomplete.
    /// </summary>
    public FoundManifest? FindManifest(TagName tag)
    {
        if (tag.TryGetRelease(out var release) && Contains(release))
            return GivenBy(release);
        if (ReleaseTag.IsReserved(tag, out release, out var suffix))
            return FindReserved(release, suffix);
        if (FindChannel(tag) is { } channel)
            return GivenBy(channel.Current);
        return FindPlainTag(tag) is { } plain ? FindManifest(plain.Digest) : null;
    }

    /// <summary>
    /// Returns the manifest that the tag of a release refers to: that of the chart, otherwise the only manifest,
    /// otherwise the image index over all of them. Null while a release that an earlier version stored is incomplete.
    /// </summary>
    public FoundManifest? GivenBy(Release release) => GivenBy(release, Of(release));

    /// <summary>
    /// Whether a release that an earlier version of the registry stored still lacks its data for OCI and Helm clients.
    /// </summary>
    public bool IsIncomplete => Manifests.Any(static manifest => manifest.Artifact is null);

    /// <summary>Returns the manifests that refer to a manifest, which need not exist, by digest.</summary>
    public IEnumerable<OciManifest> ReferrersOf(Digest subject) =>
        StoredManifests
            .Where(manifest => manifest.Subject == subject)
            .DistinctBy(static manifest => manifest.Digest)
            .OrderBy(static manifest => manifest.Digest.Value, StringComparer.Ordinal);

    /// <param name="release">The release.</param>
    /// <param name="manifests">All its manifests.</param>
    private FoundManifest? GivenBy(Release release, ReadOnlySpan<Manifest> manifests)
    {
        var main = manifests.Length == 1 ? manifests[0] : Find(manifests, MediaType.Helm);
        if (main is not null)
            return main.Artifact is { } artifact ? FoundManifest.Of(main, artifact.Current) : null;
        return Artifacts.FindIndex(release)?.Current is { } index ? FoundManifest.Of(release, index) : null;
    }

    private FoundManifest? FindReserved(Release release, string suffix)
    {
        if (Of(release).Length < 2)
            return null;
        if (ReleaseTag.IsIndex(suffix))
            return Artifacts.FindIndex(release)?.Current is { } index ? FoundManifest.Of(release, index) : null;
        return MediaType.TryParse(suffix, out var mediaType) && mediaType.Value == suffix
            && Find(release, mediaType) is { Artifact: { } artifact } manifest
                ? FoundManifest.Of(manifest, artifact.Current)
                : null;
    }

    /// <summary>The highest release whose tag refers to a manifest; null for none.</summary>
    private Release? FindGiving(Digest digest)
    {
        if (FindManifest(digest)?.Release is null)
            return null;
        foreach (var release in Releases)
            if (GivenBy(release)?.Manifest.Digest == digest)
                return release;
        return null;
    }

    private Dictionary<Digest, Manifest> ByConfig()
    {
        var found = new Dictionary<Digest, Manifest>();
        foreach (var manifest in Manifests)
            if (manifest.Artifact?.Current.DerivedConfig is { } config)
                found.TryAdd(config.Digest, manifest);
        return found;
    }

    private Dictionary<Digest, FoundManifest> ByDigest()
    {
        var found = new Dictionary<Digest, FoundManifest>();
        foreach (var manifest in Manifests)
            if (manifest.Artifact is { } artifact)
                found[artifact.Current.Digest] = FoundManifest.Of(manifest, artifact.Current);
        foreach (var index in Artifacts.Indexes)
            if (index.Current is { } current)
                found.TryAdd(current.Digest, FoundManifest.Of(index.Release, current));
        foreach (var artifact in Artifacts.Artifacts)
            found.TryAdd(artifact.Digest, new FoundManifest(artifact, null, null, IsPrevious: false));
        foreach (var manifest in Manifests)
            foreach (var previous in manifest.Artifact?.PreviousManifests ?? [])
                found.TryAdd(previous.Digest, FoundManifest.Of(manifest, previous) with { IsPrevious = true });
        foreach (var index in Artifacts.Indexes)
            foreach (var previous in index.PreviousManifests)
                found.TryAdd(previous.Digest, FoundManifest.Of(index.Release, previous) with { IsPrevious = true });
        return found;
    }
}
