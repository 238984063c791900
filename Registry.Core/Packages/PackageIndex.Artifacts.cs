using System.Collections.Immutable;
using Registry.Core.Artifacts;
using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <content>The rules of OCI manifests and tags.</content>
public sealed partial class PackageIndex
{
    /// <summary>Created on first use; concurrent callers may create them twice, with equal content.</summary>
    private volatile Dictionary<Digest, FoundManifest>? byDigest;
    private volatile Dictionary<Digest, Manifest>? byConfig;
    private volatile HashSet<Digest>? blobs;

    /// <summary>Whether nothing is left of the package.</summary>
    private bool IsEmpty => Manifests.IsEmpty && Artifacts.IsEmpty;

    /// <summary>
    /// Whether the index itself refers to a blob: as a content, an archive, a provenance file, or a stored manifest.
    /// What the stored manifests refer to is in their bytes.
    /// </summary>
    public bool References(Digest blob) => (blobs ??= [.. ReferencedBlobs()]).Contains(blob);

    /// <summary>The manifests whose bytes are blobs of the package.</summary>
    public IEnumerable<StoredManifest> StoredManifests =>
        Manifests
            .Where(static manifest => manifest.Artifact is not null)
            .SelectMany(static manifest => manifest.Artifact!.Formers.Prepend(manifest.Artifact.Current))
            .Concat(Artifacts.Artifacts)
            .Concat(Artifacts.Indexes.SelectMany(static index => index.Formers))
            .Where(static manifest => !manifest.IsDerived);

    /// <summary>
    /// Returns the manifests that are former ones here, and derived from the release in an earlier state of the
    /// package.
    /// </summary>
    internal IEnumerable<Digest> NewFormersOf(PackageIndex before) =>
        Manifests
            .Where(static manifest => manifest.Artifact is not null)
            .SelectMany(static manifest => manifest.Artifact!.Formers)
            .Concat(Artifacts.Indexes.SelectMany(static index => index.Formers))
            .Select(static former => former.Digest)
            .Where(former => before.FindManifest(former) is { Manifest.IsDerived: true });

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

    /// <summary>Returns the manifest that a tag gives; null when there is no such tag.</summary>
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
    /// Returns what the tag of a release gives: the chart, or else the only manifest, or else the image index over all
    /// of them. Null while the release, which an earlier version stored, is incomplete.
    /// </summary>
    public FoundManifest? GivenBy(Release release)
    {
        var manifests = Of(release);
        var main = manifests.Length == 1 ? manifests[0] : Find(release, MediaType.Helm);
        if (main is not null)
            return main.Artifact is { } artifact ? FoundManifest.Of(main, artifact.Current) : null;
        return Artifacts.FindIndex(release)?.Current is { } index ? FoundManifest.Of(release, index) : null;
    }

    /// <summary>
    /// Whether a release, which an earlier version stored, still lacks what OCI and Helm clients get.
    /// </summary>
    public bool IsIncomplete => Manifests.Any(static manifest => manifest.Artifact is null);

    /// <summary>The tags, in ordinal order.</summary>
    public IEnumerable<TagName> Tags =>
        TagsOfReleases()
            .Concat(Channels.Select(static channel => ReleaseTag.Of(channel.Name)).OfType<TagName>())
            .Concat(Artifacts.Tags.Select(static tag => tag.Name))
            .Order();

    /// <summary>
    /// Returns the index with a manifest that belongs to no release; the same instance when it is known.
    /// </summary>
    /// <param name="index">The current index; null when the package does not exist.</param>
    /// <param name="name">The package.</param>
    /// <param name="manifest">The manifest, whose bytes are a blob of the package.</param>
    /// <param name="now">The time of a package that this creates.</param>
    public static PackageIndex WithArtifact(
        PackageIndex? index, PackageName name, StoredManifest manifest, DateTimeOffset now)
    {
        index ??= new PackageIndex(name, now, [], [], PackageArtifacts.Empty);
        return index.FindManifest(manifest.Digest) is not null
            ? index
            : index.With(index.Artifacts.With(manifest));
    }

    /// <summary>
    /// Returns the index with a tag on a manifest of the package; the same instance when the tag gives it already. A
    /// tag on what a release gives is a channel, if its name can be one.
    /// </summary>
    /// <exception cref="Errors.RegistryException">
    /// <see cref="Errors.ErrorCode.Conflict"/>: the tag is reserved, or names a release with another manifest.
    /// </exception>
    public PackageIndex WithTag(TagName tag, Digest digest)
    {
        if (ReleaseTag.IsReserved(tag, out _, out _))
            throw ArtifactErrors.TagIsReserved(Name, tag);
        if (tag.TryGetRelease(out var release) && Contains(release))
            return GivenBy(release)?.Manifest.Digest is var current && current == digest
                ? this
                : throw ArtifactErrors.TagIsRelease(Name, release, current, digest);
        if (FindGiving(digest) is { } given && ChannelName.TryParse(tag.Value, out var channel))
            return FindChannel(channel)?.Current == given ? this : WithChannelRelease(channel, given);
        if (FindPlainTag(tag)?.Digest == digest)
            return this;
        var known = FindChannel(tag);
        return new PackageIndex(
            Name, CreatedAt, Manifests, known is null ? Channels : Channels.Remove(known), Artifacts.With(tag, digest));
    }

    /// <summary>
    /// Returns the index with a release whose manifest was pushed. Another manifest over the same content becomes the
    /// current one of an existing release, and the one before stays readable by its digest.
    /// </summary>
    /// <param name="index">The current index; null when the package does not exist.</param>
    /// <param name="name">The package.</param>
    /// <param name="manifest">The release, with the pushed manifest as the current one.</param>
    /// <param name="force">Whether to replace another content.</param>
    /// <exception cref="Errors.RegistryException">
    /// <see cref="Errors.ErrorCode.Conflict"/>: the release exists with another content and <paramref name="force"/> is
    /// false, or an image holds the version as a tag.
    /// </exception>
    public static PackageIndex WithPushedRelease(
        PackageIndex? index, PackageName name, Manifest manifest, bool force)
    {
        var pushed = manifest.Artifact!.Current;
        if (index is null)
            return With(null, name, manifest, force);
        if (index.FindPlainTag(manifest.Release) is { } held)
            throw ArtifactErrors.VersionIsTag(name, held);
        var known = index.Find(manifest.Release, manifest.MediaType);
        if (known is not null && IsSameContent(known, manifest))
        {
            var artifact = known.Artifact is { } recorded
                ? recorded.WithCurrent(pushed) with { Chart = Merge(recorded.Chart, manifest.Artifact.Chart) }
                : manifest.Artifact;
            return index.Replace(known, known with { Artifact = artifact }).WithoutArtifact(pushed.Digest);
        }

        if (known is not null && !force)
            throw ArtifactErrors.ReleaseIsImmutable(name, known, manifest.Content.StoredDigest);
        return With(index, name, manifest, force: true).WithoutArtifact(pushed.Digest);
    }

    /// <summary>
    /// Returns the index without a push of a release: with what the release was before for the same content, otherwise
    /// without the release, because the blob of a replaced content may be gone.
    /// </summary>
    /// <param name="before">The index right before the push; null when the package did not exist.</param>
    /// <param name="release">The pushed release.</param>
    /// <param name="mediaType">Its media type.</param>
    internal PackageIndex? Withdraw(PackageIndex? before, Release release, MediaType mediaType)
    {
        var pushed = Get(release, mediaType);
        if (before?.Find(release, mediaType) is not { } known || !IsSameContent(known, pushed))
            return Without(release, mediaType);
        var next = Replace(pushed, known);

        // The image index that the push gave was derived, so it cannot be a former one: it is not stored.
        return Artifacts.FindIndex(release)?.Current is { } derived
            && next.Artifacts.FindIndex(release)?.Current?.Digest != derived.Digest
                ? next.With(next.Artifacts.WithoutFormerIndex(release, derived.Digest))
                : next;
    }

    /// <summary>Returns the index without a push of a manifest.</summary>
    /// <param name="before">The index right before the push; null when the package did not exist.</param>
    /// <param name="digest">The pushed manifest.</param>
    /// <param name="releases">The releases that it was pushed as.</param>
    /// <param name="tags">The other tags that it was pushed with.</param>
    internal PackageIndex? Withdraw(
        PackageIndex? before, Digest digest, IEnumerable<Manifest> releases, IEnumerable<TagName> tags)
    {
        PackageIndex? next = this;
        foreach (var pushed in releases)
            if (next?.Find(pushed.Release, pushed.MediaType) is not null)
                next = next.Withdraw(before, pushed.Release, pushed.MediaType);
        var known = before?.FindManifest(digest);
        if (known is { Release: null })
            next = WithArtifact(next, Name, known.Manifest, CreatedAt);
        else if (known is null && next?.FindManifest(digest) is not null)
            next = next.WithoutManifest(digest);
        foreach (var tag in tags)
            if (before?.FindManifest(tag)?.Manifest.Digest is { } given && next?.FindManifest(given) is not null)
                next = tag.TryGetRelease(out var release) && next.Contains(release) ? next : next.WithTag(tag, given);
            else if (next?.FindPlainTag(tag)?.Digest == digest)
                next = next.With(next.WithoutPlainTag(tag.Value));
        return next;
    }

    /// <summary>Whether a pushed release would replace one with another content.</summary>
    /// <param name="index">The current index; null when the package does not exist.</param>
    /// <param name="manifest">The release.</param>
    public static bool Replaces(PackageIndex? index, Manifest manifest) =>
        index?.Find(manifest.Release, manifest.MediaType) is { } known && !IsSameContent(known, manifest);

    /// <summary>Returns the index with other facts for OCI and Helm clients, for the same content.</summary>
    public PackageIndex Replace(Manifest known, Manifest manifest) =>
        known == manifest
            ? this
            : Settle(
                CreatedAt,
                Manifests.SetItem(Manifests.BinarySearch(known, ManifestOrder), manifest),
                Channels,
                Artifacts,
                manifest.Release);

    /// <summary>
    /// Returns the index without a tag; null when that was the last thing in it. The tag of a release deletes the
    /// release in all media types, that of a channel the channel.
    /// </summary>
    /// <exception cref="Errors.RegistryException">
    /// <see cref="Errors.ErrorCode.ManifestNotFound"/>; <see cref="Errors.ErrorCode.Conflict"/> for a reserved tag.
    /// </exception>
    public PackageIndex? WithoutTag(TagName tag)
    {
        if (tag.TryGetRelease(out var release) && Contains(release))
            return WithoutManifests(release, static _ => true);
        if (ReleaseTag.IsReserved(tag, out release, out var suffix))
            return ReleaseTag.IsIndex(suffix) && FindReserved(release, suffix) is not null
                ? WithoutManifests(release, static _ => true)
                : throw ArtifactErrors.TagIsReserved(Name, tag);
        if (FindChannel(tag) is { } channel)
            return WithoutChannel(channel.Name);
        return FindPlainTag(tag) is not null
            ? OrNull(With(WithoutPlainTag(tag.Value)))
            : throw ArtifactErrors.ManifestNotFound(Name, tag.Value);
    }

    /// <summary>
    /// Returns the index without a manifest and the tags on it; null when that was the last thing in it. The current
    /// manifest of a release deletes the release in its media type, and its image index the whole release.
    /// </summary>
    /// <exception cref="Errors.RegistryException"><see cref="Errors.ErrorCode.ManifestNotFound"/>.</exception>
    public PackageIndex? WithoutManifest(Digest digest)
    {
        var found = FindManifest(digest) ?? throw ArtifactErrors.ManifestNotFound(Name, digest);
        PackageIndex? next;
        if (found.Release is not { } release)
            next = OrNull(WithoutArtifact(digest).WithoutDangling());
        else if (found.IsFormer)
            next = WithoutFormer(release, digest).WithoutDangling();
        else if (found.MediaType is { } mediaType)
            next = Without(release, mediaType);
        else
            next = WithoutManifests(release, static _ => true);

        // Two releases may have the same manifest.
        return next?.FindManifest(digest) is null ? next : next.WithoutManifest(digest);
    }

    /// <summary>
    /// Returns the artifacts that nothing holds: they have no tag, no image index refers to them that is held itself,
    /// and neither is their subject.
    /// </summary>
    /// <param name="children">The manifests that each stored image index refers to.</param>
    /// <param name="kept">Artifacts that are held for another reason.</param>
    internal IReadOnlyList<Digest> FindUntagged(ILookup<Digest, Digest> children, IReadOnlySet<Digest> kept)
    {
        var referrers = Artifacts.Artifacts
            .Where(static artifact => artifact.Subject is not null)
            .ToLookup(static artifact => artifact.Subject!.Value, static artifact => artifact.Digest);
        var held = new HashSet<Digest>();
        var found = new Stack<Digest>(
            ManifestsOfReleases().Concat(Artifacts.Tags.Select(static tag => tag.Digest)).Concat(kept));
        while (found.TryPop(out var digest))
            if (held.Add(digest))
                foreach (var next in children[digest].Concat(referrers[digest]))
                    found.Push(next);
        return [.. Artifacts.Artifacts.Select(static artifact => artifact.Digest).Where(each => !held.Contains(each))];
    }

    /// <summary>
    /// Returns the index without artifacts that have no tags; null when they were the last things in it.
    /// </summary>
    internal PackageIndex? WithoutUntagged(IEnumerable<Digest> artifacts)
    {
        var removed = artifacts.ToHashSet();
        return OrNull(With(Artifacts with
        {
            Artifacts = Artifacts.Artifacts.RemoveAll(artifact => removed.Contains(artifact.Digest)),
        }));
    }

    /// <summary>Returns an equal index, whose write tells every other writer that it was written.</summary>
    internal PackageIndex Renewed() => new(Name, CreatedAt, Manifests, Channels, Artifacts);

    /// <summary>Returns the manifests that refer to a manifest, which need not exist, by digest.</summary>
    public IEnumerable<StoredManifest> ReferrersOf(Digest subject) =>
        StoredManifests
            .Where(manifest => manifest.Subject == subject)
            .DistinctBy(static manifest => manifest.Digest)
            .OrderBy(static manifest => manifest.Digest.Value, StringComparer.Ordinal);

    private IEnumerable<Digest> ManifestsOfReleases() =>
        Manifests
            .Where(static manifest => manifest.Artifact is not null)
            .SelectMany(static manifest => manifest.Artifact!.Formers.Prepend(manifest.Artifact.Current))
            .Concat(Artifacts.Indexes.SelectMany(static index => index.Formers))
            .Concat(Artifacts.Indexes.Select(static index => index.Current).OfType<StoredManifest>())
            .Select(static manifest => manifest.Digest);

    private static bool IsSameContent(Manifest known, Manifest pushed) =>
        pushed.Content.StoredDigest == known.Content.StoredDigest
        || pushed.Content.StoredDigest == known.Artifact?.Chart?.Wrapped?.Digest;

    /// <summary>What a manifest over the same archive adds is its provenance.</summary>
    private static ChartContent? Merge(ChartContent? recorded, ChartContent? pushed) =>
        recorded is null ? pushed : recorded with { Provenance = pushed?.Provenance ?? recorded.Provenance };

    private static PackageIndex? OrNull(PackageIndex index) => index.IsEmpty ? null : index;

    private PackageIndex With(PackageArtifacts artifacts) =>
        ReferenceEquals(artifacts, Artifacts) ? this : new(Name, CreatedAt, Manifests, Channels, artifacts);

    private PackageIndex WithChannels(ImmutableArray<Channel> channels) =>
        new(Name, CreatedAt, Manifests, channels, Artifacts);

    private PackageIndex WithoutArtifact(Digest digest) => With(Artifacts.Without(digest));

    private PackageArtifacts WithoutPlainTag(string tag) => Artifacts.WithoutTag(tag);

    private PackageArtifacts WithoutIndexesOf(Release release) => Artifacts.WithoutIndex(release);

    private PlainTag? FindPlainTag(TagName tag) => Artifacts.FindTag(tag.Value);

    private PlainTag? FindPlainTag(Release release) =>
        Artifacts.Tags.IsEmpty ? null : FindPlainTag(TagName.Of(release));

    private Channel? FindChannel(TagName tag) =>
        ChannelName.TryParse(tag.Value, out var name) && ReleaseTag.Of(name) is not null ? FindChannel(name) : null;

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

    /// <summary>The highest release whose tag gives a manifest; null for none.</summary>
    private Release? FindGiving(Digest digest)
    {
        if (FindManifest(digest)?.Release is null)
            return null;
        foreach (var release in Releases)
            if (GivenBy(release)?.Manifest.Digest == digest)
                return release;
        return null;
    }

    /// <summary>
    /// Returns the tags of all releases in one pass, because the manifests of a release are neighbours.
    /// </summary>
    private IEnumerable<TagName> TagsOfReleases()
    {
        for (var (first, end) = (0, 0); first < Manifests.Length; first = end)
        {
            var release = Manifests[first].Release;
            while (end < Manifests.Length && Manifests[end].Release == release)
                end++;
            if (end - first == 1 ? Manifests[first].Artifact is null : GivenBy(release) is null)
                continue;
            yield return TagName.Of(release);
            if (end - first == 1)
                continue;
            if (ReleaseTag.OfIndex(release) is { } index)
                yield return index;
            for (var i = first; i < end; i++)
                if (ReleaseTag.Of(release, Manifests[i].MediaType) is { } tag)
                    yield return tag;
        }
    }

    private PackageIndex? WithoutManifests(Release release, Predicate<Manifest> isRemoved)
    {
        var manifests = Manifests.RemoveAll(manifest => manifest.Release == release && isRemoved(manifest));
        var channels = manifests.Any(manifest => manifest.Release == release)
            ? Channels
            : [.. Channels.Select(channel => channel.Without(release)).OfType<Channel>()];
        return OrNull(Settle(CreatedAt, manifests, channels, WithoutIndexesOf(release), release));
    }

    private PackageIndex WithoutFormer(Release release, Digest digest)
    {
        var manifests = Manifests;
        for (var i = 0; i < manifests.Length; i++)
            if (manifests[i] is { Artifact: { } artifact } manifest && manifest.Release == release)
                manifests = manifests.SetItem(i, manifest with
                {
                    Artifact = artifact with { Formers = artifact.Formers.RemoveAll(Is) },
                });
        return new PackageIndex(Name, CreatedAt, manifests, Channels, Artifacts.WithoutFormerIndex(release, digest));

        bool Is(StoredManifest former) => former.Digest == digest;
    }

    /// <summary>
    /// Returns the index after a change of one release: with the image index over its manifests, without tags on
    /// manifests that are gone, and with the plain tags that have become channels.
    /// </summary>
    private PackageIndex Settle(
        DateTimeOffset createdAt,
        ImmutableArray<Manifest> manifests,
        ImmutableArray<Channel> channels,
        PackageArtifacts artifacts,
        Release release)
    {
        var next = new PackageIndex(Name, createdAt, manifests, channels, artifacts);
        next = next.With(artifacts.WithIndex(release, DerivedIndex.Of(next.Of(release)))).WithoutDangling();
        foreach (var tag in next.Artifacts.Tags)
            if (ChannelName.TryParse(tag.Name.Value, out var name)
                && ReleaseTag.Of(name) is not null
                && next.FindGiving(tag.Digest) is { } given)
                next = next.WithChannelRelease(name, given);
        return next;
    }

    private PackageIndex WithoutDangling()
    {
        var tags = Artifacts.Tags.RemoveAll(tag => FindManifest(tag.Digest) is null);
        return tags.Length == Artifacts.Tags.Length ? this : With(Artifacts with { Tags = tags });
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
        foreach (var artifact in Artifacts.Artifacts)
            found.TryAdd(artifact.Digest, new FoundManifest(artifact, null, null, IsFormer: false));
        foreach (var manifest in Manifests)
            if (manifest.Artifact is { } artifact)
                found[artifact.Current.Digest] = FoundManifest.Of(manifest, artifact.Current);
        foreach (var index in Artifacts.Indexes)
            if (index.Current is { } current)
                found.TryAdd(current.Digest, FoundManifest.Of(index.Release, current));
        foreach (var manifest in Manifests)
            foreach (var former in manifest.Artifact?.Formers ?? [])
                found.TryAdd(former.Digest, FoundManifest.Of(manifest, former) with { IsFormer = true });
        foreach (var index in Artifacts.Indexes)
            foreach (var former in index.Formers)
                found.TryAdd(former.Digest, FoundManifest.Of(index.Release, former) with { IsFormer = true });
        return found;
    }
}

/// <summary>A manifest of a package, and what it belongs to.</summary>
/// <param name="Manifest">The manifest.</param>
/// <param name="Release">The release; null for a manifest that belongs to none.</param>
/// <param name="MediaType">The media type of the release; null for the image index over several.</param>
/// <param name="IsFormer">Whether the release gives another manifest now.</param>
public sealed record FoundManifest(StoredManifest Manifest, Release? Release, MediaType? MediaType, bool IsFormer)
{
    internal static FoundManifest Of(Manifest owner, StoredManifest manifest) =>
        new(manifest, owner.Release, owner.MediaType, IsFormer: false);

    internal static FoundManifest Of(Release release, StoredManifest index) =>
        new(index, release, null, IsFormer: false);
}
