using Registry.Core.Artifacts;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <content>The rules of tags.</content>
public sealed partial class PackageIndex
{
    /// <summary>Created on first use; concurrent callers may create it twice, with equal content.</summary>
    private volatile TagName[]? tags;

    /// <summary>The tags, in ordinal order.</summary>
    public IReadOnlyList<TagName> Tags => tags ??= SortedTags();

    /// <summary>
    /// Returns the index with a tag on a manifest of the package; the same instance when the tag refers to it already.
    /// A tag on the manifest of a release becomes a channel if a channel of this name has a tag.
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
        if (FindGiving(digest) is { } given
            && ChannelName.TryParse(tag.Value, out var channel)
            && ReleaseTag.Of(channel) is not null)
            return FindChannel(channel)?.Current == given ? this : WithChannelRelease(channel, given);
        if (FindPlainTag(tag)?.Digest == digest)
            return this;
        var known = FindChannel(tag);
        return new PackageIndex(
            Name, CreatedAt, Manifests, known is null ? Channels : Channels.Remove(known), Artifacts.With(tag, digest));
    }

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
            ? OrNull(ReplaceArtifacts(WithoutPlainTag(tag.Value)))
            : throw ArtifactErrors.ManifestNotFound(Name, tag.Value);
    }

    private PackageArtifacts WithoutPlainTag(string tag) => Artifacts.WithoutTag(tag);

    private PlainTag? FindPlainTag(TagName tag) => Artifacts.FindTag(tag.Value);

    private PlainTag? FindPlainTag(Release release) =>
        Artifacts.Tags.IsEmpty ? null : FindPlainTag(TagName.Of(release));

    private TagName[] SortedTags()
    {
        var found = new List<TagName>(Releases.Length + Channels.Length + Artifacts.Tags.Length);

        // The manifests of a release are neighbors, so one pass finds all of them.
        for (var rest = Manifests.AsSpan(); !rest.IsEmpty;)
        {
            var manifests = Leading(rest[0].Release, rest);
            AddTags(found, manifests);
            rest = rest[manifests.Length..];
        }

        found.AddRange(Channels.Select(static channel => ReleaseTag.Of(channel.Name)).OfType<TagName>());
        found.AddRange(Artifacts.Tags.Select(static tag => tag.Name));
        found.Sort();
        return [.. found];
    }

    /// <summary>Adds the tags of a release.</summary>
    private void AddTags(List<TagName> found, ReadOnlySpan<Manifest> manifests)
    {
        var release = manifests[0].Release;
        if (GivenBy(release, manifests) is null)
            return;
        found.Add(TagName.Of(release));
        if (manifests.Length == 1)
            return;
        if (ReleaseTag.OfIndex(release) is { } index)
            found.Add(index);
        foreach (var manifest in manifests)
            if (ReleaseTag.Of(release, manifest.MediaType) is { } tag)
                found.Add(tag);
    }

    private PackageIndex WithoutDangling()
    {
        var tags = Artifacts.Tags.RemoveAll(tag => FindManifest(tag.Digest) is null);
        return tags.Length == Artifacts.Tags.Length ? this : ReplaceArtifacts(Artifacts with { Tags = tags });
    }
}
