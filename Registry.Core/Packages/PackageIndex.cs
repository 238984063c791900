using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>
/// The immutable state of one package. Each rule is a method that returns the next index or throws a
/// <see cref="Errors.RegistryException"/>. A package without releases, artifacts and tags does not exist: its index is
/// null, never empty.
/// </summary>
public sealed partial class PackageIndex
{
    /// <summary>Created on first use; concurrent callers may create it twice, with equal content.</summary>
    private volatile Dictionary<Digest, Manifest>? byContent;

    private PackageIndex(
        PackageName name,
        DateTimeOffset createdAt,
        ImmutableArray<Manifest> manifests,
        ImmutableArray<Channel> channels,
        PackageArtifacts artifacts)
    {
        (Name, CreatedAt, Manifests, Channels, Artifacts) = (name, createdAt, manifests, channels, artifacts);
        var releases = ImmutableArray.CreateBuilder<Release>(manifests.Length);
        foreach (var manifest in manifests)
            if (releases.Count == 0 || releases[^1] != manifest.Release)
                releases.Add(manifest.Release);
        Releases = releases.DrainToImmutable();
    }

    /// <summary>The package.</summary>
    public PackageName Name { get; }

    /// <summary>
    /// The time of the first push of the package, renewed by the first release after its last one was deleted.
    /// </summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>
    /// The manifests by release, highest first, then by media type. Empty when the package has artifacts or tags only.
    /// </summary>
    public ImmutableArray<Manifest> Manifests { get; }

    /// <summary>The releases, highest first, each once.</summary>
    public ImmutableArray<Release> Releases { get; }

    /// <summary>The channels, by name.</summary>
    public ImmutableArray<Channel> Channels { get; }

    /// <summary>The manifests and tags that belong to no release.</summary>
    public PackageArtifacts Artifacts { get; }

    /// <summary>
    /// The places of the manifests in the compressed stored form of this index; null when it is not compressed, or when
    /// the index was neither read nor written yet.
    /// </summary>
    internal ManifestPlaces? Places { get; set; }

    /// <summary>Creates an index from its stored parts, in any order.</summary>
    /// <exception cref="FormatException">
    /// There is nothing in it, a duplicate manifest or tag, or a channel with a missing release.
    /// </exception>
    public static PackageIndex Restore(
        PackageName name,
        DateTimeOffset createdAt,
        IEnumerable<Manifest> manifests,
        IEnumerable<Channel> channels,
        PackageArtifacts? artifacts = null)
    {
        var index = new PackageIndex(
            name,
            createdAt,
            Sorted(name, [.. manifests]),
            [.. channels.OrderBy(channel => channel.Name.Value, StringComparer.Ordinal)],
            (artifacts ?? PackageArtifacts.Empty).Sorted());
        if (index.IsEmpty || index.Channels.Any(channel =>
            channel.Releases.IsEmpty || !channel.Releases.Contains(channel.Current)
                || channel.Releases.Any(release => !index.Contains(release))))
            throw new FormatException(
                $"{name} has no release, or a channel with a release that it does not have.");
        return index;
    }

    /// <summary>Returns the index after a push.</summary>
    /// <param name="index">The current index; null when the package does not exist.</param>
    /// <param name="name">The package.</param>
    /// <param name="manifest">The pushed manifest.</param>
    /// <param name="force">Whether to replace an existing manifest. Channels keep the release.</param>
    /// <exception cref="Errors.RegistryException">
    /// <see cref="Errors.ErrorCode.PackageExists"/>: the manifest exists and <paramref name="force"/> is false, or an
    /// image holds the version as a tag.
    /// </exception>
    public static PackageIndex With(PackageIndex? index, PackageName name, Manifest manifest, bool force)
    {
        if (index is null)
            return new PackageIndex(name, manifest.CreatedAt, [manifest], [], PackageArtifacts.Empty);
        if (index.FindPlainTag(manifest.Release) is { } held)
            throw PackageErrors.VersionIsTag(name, manifest.Release, held);
        var at = index.Manifests.BinarySearch(manifest, ManifestOrder);
        if (at < 0)
            return index.Settle(
                index.Manifests.IsEmpty ? manifest.CreatedAt : index.CreatedAt,
                index.Manifests.Insert(~at, manifest),
                index.Channels,
                index.Artifacts,
                manifest.Release);
        if (!force)
            throw PackageErrors.PackageExists(name, manifest.Release, manifest.MediaType);
        var known = index.Manifests[at];
        var isSame = known.Content.StoredDigest == manifest.Content.StoredDigest && known.Artifact is not null;
        return index.Settle(
            index.CreatedAt,
            index.Manifests.SetItem(
                at, isSame ? manifest with { Artifact = known.Artifact!.WithPushed(manifest.Artifact) } : manifest),
            index.Channels,
            isSame ? index.Artifacts : index.WithoutIndexesOf(manifest.Release),
            manifest.Release);
    }

    /// <summary>
    /// Returns the index after restoring a release from a backup: as after a forced push, except that the package is
    /// then created no later than the release.
    /// </summary>
    /// <param name="index">The current index; null when the package does not exist.</param>
    /// <param name="name">The package.</param>
    /// <param name="manifest">The restored manifest, with the time of its push.</param>
    public static PackageIndex WithRestored(PackageIndex? index, PackageName name, Manifest manifest)
    {
        var next = With(index, name, manifest, force: true);
        return manifest.CreatedAt < next.CreatedAt
            ? new PackageIndex(name, manifest.CreatedAt, next.Manifests, next.Channels, next.Artifacts)
            : next;
    }

    /// <summary>
    /// Returns the index without a release in one media type; null when that was the last thing in it. A release
    /// without media types is removed from its channels: their highest remaining release becomes current, and empty
    /// channels are deleted.
    /// </summary>
    /// <exception cref="Errors.RegistryException"><see cref="Errors.ErrorCode.PackageNotFound"/>.</exception>
    public PackageIndex? Without(Release release, MediaType mediaType)
    {
        var removed = Get(release, mediaType);
        return WithoutManifests(release, manifest => ReferenceEquals(manifest, removed));
    }

    /// <summary>Whether the package has a release in any media type.</summary>
    public bool Contains(Release release) => Releases.BinarySearch(release, HighestFirst) >= 0;

    /// <summary>Returns the manifests of a release, by media type; empty when the release does not exist.</summary>
    public ReadOnlySpan<Manifest> Of(Release release) => Leading(release, Manifests.AsSpan()[FirstOf(release)..]);

    /// <summary>Returns a release in one media type; null when it does not exist.</summary>
    public Manifest? Find(Release release, MediaType mediaType) => Find(Of(release), mediaType);

    /// <summary>Returns a release in one media type.</summary>
    /// <exception cref="Errors.RegistryException"><see cref="Errors.ErrorCode.PackageNotFound"/>.</exception>
    public Manifest Get(Release release, MediaType mediaType) =>
        Find(release, mediaType) ?? throw PackageErrors.PackageNotFound(Name.Value, release.Value, mediaType.Value);

    /// <summary>
    /// Returns the manifest for a CNR digest; null when there is none. Of several gzip streams of one tar, it is the
    /// one that was pushed first.
    /// </summary>
    public Manifest? FindContent(Digest digest) => (byContent ??= ByContent()).GetValueOrDefault(digest);

    /// <summary>Whether an index has one manifest before the other.</summary>
    internal static bool IsBefore(Manifest manifest, Manifest other) => ManifestOrder.Compare(manifest, other) < 0;

    /// <summary>Whether nothing is left of the package.</summary>
    private bool IsEmpty => Manifests.IsEmpty && Artifacts.IsEmpty;

    private static Comparer<Release> HighestFirst { get; } =
        Comparer<Release>.Create((left, right) => right.CompareTo(left));

    private static Comparer<Manifest> ManifestOrder { get; } = Comparer<Manifest>.Create((left, right) =>
        right.Release.CompareTo(left.Release) is var byRelease and not 0
            ? byRelease
            : left.MediaType.CompareTo(right.MediaType));

    /// <summary>Sorts manifests. Stored manifests are sorted already.</summary>
    private static ImmutableArray<Manifest> Sorted(PackageName name, ImmutableArray<Manifest> manifests)
    {
        if (!IsSorted(manifests, out _))
            manifests = manifests.Sort(ManifestOrder);
        return IsSorted(manifests, out var twice)
            ? manifests
            : throw new FormatException($"{name} has {twice.Release} twice as {twice.MediaType}.");
    }

    /// <summary>Whether the manifests are in order; otherwise returns the first that is not.</summary>
    private static bool IsSorted(ImmutableArray<Manifest> manifests, [NotNullWhen(false)] out Manifest? stray)
    {
        stray = null;
        for (var i = 1; i < manifests.Length && stray is null; i++)
            if (ManifestOrder.Compare(manifests[i - 1], manifests[i]) >= 0)
                stray = manifests[i];
        return stray is null;
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
        next = next.ReplaceArtifacts(artifacts.WithIndex(release, DerivedImageIndex.Of(next.Of(release))))
            .WithoutDangling();
        foreach (var tag in next.Artifacts.Tags)
            if (ChannelName.TryParse(tag.Name.Value, out var name)
                && ReleaseTag.Of(name) is not null
                && next.FindGiving(tag.Digest) is { } given)
                next = next.WithChannelRelease(name, given);
        return next;
    }

    private PackageIndex ReplaceArtifacts(PackageArtifacts artifacts) =>
        ReferenceEquals(artifacts, Artifacts) ? this : new(Name, CreatedAt, Manifests, Channels, artifacts);

    private Dictionary<Digest, Manifest> ByContent()
    {
        var first = new Dictionary<Digest, Manifest>(Manifests.Length);
        foreach (var manifest in Manifests)
            if (manifest.Content.TarDigest is { } digest
                && (!first.TryGetValue(digest, out var earlier) || manifest.CreatedAt < earlier.CreatedAt))
                first[digest] = manifest;
        return first;
    }

    private static Manifest? Find(ReadOnlySpan<Manifest> manifests, MediaType mediaType)
    {
        foreach (var manifest in manifests)
            if (manifest.MediaType == mediaType)
                return manifest;
        return null;
    }

    /// <summary>Returns the manifests of a release at the start of sorted manifests.</summary>
    private static ReadOnlySpan<Manifest> Leading(Release release, ReadOnlySpan<Manifest> manifests)
    {
        var count = 0;
        while (count < manifests.Length && manifests[count].Release == release)
            count++;
        return manifests[..count];
    }

    private int FirstOf(Release release) => SortedSpan.LowerBound(
        Manifests.AsSpan(), release, static (manifest, release) => manifest.Release.CompareTo(release) > 0);
}
