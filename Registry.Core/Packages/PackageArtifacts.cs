using System.Collections.Immutable;
using Registry.Core.Artifacts;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>The part of a package that only OCI clients see.</summary>
/// <param name="Artifacts">The pushed manifests that belong to no release, by digest.</param>
/// <param name="Tags">The tags that are neither a release nor a channel, by name.</param>
/// <param name="Indexes">
/// The image indexes over the manifests of a release, for the releases that have or had several media types; highest
/// release first.
/// </param>
public sealed record PackageArtifacts(
    ImmutableArray<OciManifest> Artifacts, ImmutableArray<PlainTag> Tags, ImmutableArray<ReleaseImageIndex> Indexes)
{
    /// <summary>No artifacts.</summary>
    public static PackageArtifacts Empty { get; } = new([], [], []);

    /// <summary>Whether there is nothing.</summary>
    public bool IsEmpty => Artifacts.IsEmpty && Tags.IsEmpty && Indexes.IsEmpty;

    /// <summary>Returns a tag; null when there is none of this name that is neither a release nor a channel.</summary>
    public PlainTag? FindTag(TagName name) => FindTag(name.Value);

    internal PlainTag? FindTag(string name) => At(FindTagIndex(name), Tags);

    internal ReleaseImageIndex? FindIndex(Release release) => Indexes.FirstOrDefault(index => index.Release == release);

    internal PackageArtifacts With(OciManifest manifest)
    {
        var at = FindArtifactIndex(manifest.Digest);
        return at >= 0 ? this : this with { Artifacts = Artifacts.Insert(~at, manifest) };
    }

    internal PackageArtifacts Without(Digest digest)
    {
        var at = FindArtifactIndex(digest);
        return at < 0 ? this : this with { Artifacts = Artifacts.RemoveAt(at) };
    }

    internal PackageArtifacts With(TagName name, Digest digest)
    {
        var at = FindTagIndex(name.Value);
        var tag = new PlainTag(name, digest);
        return this with { Tags = at >= 0 ? Tags.SetItem(at, tag) : Tags.Insert(~at, tag) };
    }

    internal PackageArtifacts WithoutTag(string name)
    {
        var at = FindTagIndex(name);
        return at < 0 ? this : this with { Tags = Tags.RemoveAt(at) };
    }

    /// <summary>Sets the image index of a release; the one before becomes a previous one.</summary>
    /// <param name="release">The release.</param>
    /// <param name="current">The image index; null when the release has one media type or none.</param>
    internal PackageArtifacts WithIndex(Release release, OciManifest? current)
    {
        var known = FindIndex(release);
        if (known?.Current?.Digest == current?.Digest)
            return this;
        ImmutableArray<OciManifest> previous =
            known is null ? []
            : known.Current is null ? known.PreviousManifests
            : [.. known.PreviousManifests, ReleaseArtifact.Stored(known.Current)];
        previous = previous.RemoveAll(manifest => manifest.Digest == current?.Digest);
        var others = known is null ? Indexes : Indexes.Remove(known);
        return this with
        {
            Indexes = current is null && previous.IsEmpty
                ? others
                : [.. others.Append(new(release, current, previous)).OrderByDescending(static index => index.Release)],
        };
    }

    internal PackageArtifacts WithoutIndex(Release release) =>
        FindIndex(release) is { } known ? this with { Indexes = Indexes.Remove(known) } : this;

    internal PackageArtifacts WithoutPreviousIndex(Release release, Digest digest)
    {
        if (FindIndex(release) is not { } known)
            return this;
        var previous = known.PreviousManifests.RemoveAll(manifest => manifest.Digest == digest);
        return this with
        {
            Indexes = known.Current is null && previous.IsEmpty
                ? Indexes.Remove(known)
                : Indexes.Replace(known, known with { PreviousManifests = previous }),
        };
    }

    /// <summary>Sorts the parts.</summary>
    /// <exception cref="FormatException">There is a duplicate.</exception>
    internal PackageArtifacts Sorted()
    {
        var sorted = new PackageArtifacts(
            [.. Artifacts.OrderBy(static artifact => artifact.Digest.Value, StringComparer.Ordinal)],
            [.. Tags.OrderBy(static tag => tag.Name.Value, StringComparer.Ordinal)],
            [.. Indexes.OrderByDescending(static index => index.Release)]);
        return sorted.Artifacts.DistinctBy(static artifact => artifact.Digest).Count() == Artifacts.Length
            && sorted.Tags.DistinctBy(static tag => tag.Name).Count() == Tags.Length
            && sorted.Indexes.DistinctBy(static index => index.Release).Count() == Indexes.Length
                ? sorted
                : throw new FormatException("A manifest or a tag occurs twice.");
    }

    private static T? At<T>(int index, ImmutableArray<T> items)
        where T : class => index >= 0 ? items[index] : null;

    private int FindTagIndex(string name) =>
        BinarySearch(Tags, name, static tag => tag.Name.Value);

    private int FindArtifactIndex(Digest digest) =>
        BinarySearch(Artifacts, digest.Value, static artifact => artifact.Digest.Value);

    /// <summary>Returns the index of an item, or the complement of the index at which to insert it.</summary>
    private static int BinarySearch<T>(ImmutableArray<T> items, string key, Func<T, string> keyOf)
    {
        var at = SortedSpan.LowerBound(
            items.AsSpan(), (key, keyOf), static (item, wanted) =>
                string.CompareOrdinal(wanted.keyOf(item), wanted.key) < 0);
        return at < items.Length && keyOf(items[at]) == key ? at : ~at;
    }
}

/// <summary>A tag that is neither a release nor a channel.</summary>
/// <param name="Name">The name.</param>
/// <param name="Digest">The manifest that it refers to.</param>
public sealed record PlainTag(TagName Name, Digest Digest);

/// <summary>The image index of a release in several media types.</summary>
/// <param name="Release">The release.</param>
/// <param name="Current">The index; null when the release has one media type now.</param>
/// <param name="PreviousManifests">The indexes that the release had earlier, oldest first. They are stored.</param>
public sealed record ReleaseImageIndex(
    Release Release, OciManifest? Current, ImmutableArray<OciManifest> PreviousManifests);
