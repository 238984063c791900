using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <content>The rules for deleting OCI manifests, and for finding untagged ones.</content>
public sealed partial class PackageIndex
{
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
        else if (found.IsPrevious)
            next = WithoutPrevious(release, digest).WithoutDangling();
        else if (found.MediaType is { } mediaType)
            next = Without(release, mediaType);
        else
            next = WithoutManifests(release, static _ => true);

        // Two releases may have the same manifest.
        return next?.FindManifest(digest) is null ? next : next.WithoutManifest(digest);
    }

    /// <summary>
    /// Returns the artifacts that nothing keeps. Releases, tags and <paramref name="kept"/> keep manifests. A manifest
    /// that is kept keeps those that refer to it as their subject and, if it is an image index, those that it refers
    /// to.
    /// </summary>
    /// <param name="children">The manifests that each stored image index refers to.</param>
    /// <param name="kept">Artifacts to keep for another reason.</param>
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
        return OrNull(ReplaceArtifacts(Artifacts with
        {
            Artifacts = Artifacts.Artifacts.RemoveAll(artifact => removed.Contains(artifact.Digest)),
        }));
    }

    /// <summary>
    /// Returns an equal copy of the index. Writing it changes the revision, which concurrent writers notice.
    /// </summary>
    internal PackageIndex Renewed() => new(Name, CreatedAt, Manifests, Channels, Artifacts);

    private IEnumerable<Digest> ManifestsOfReleases() =>
        Manifests
            .Where(static manifest => manifest.Artifact is not null)
            .SelectMany(static manifest => manifest.Artifact!.PreviousManifests.Prepend(manifest.Artifact.Current))
            .Concat(Artifacts.Indexes.SelectMany(static index => index.PreviousManifests))
            .Concat(Artifacts.Indexes.Select(static index => index.Current).OfType<OciManifest>())
            .Select(static manifest => manifest.Digest);

    private static PackageIndex? OrNull(PackageIndex index) => index.IsEmpty ? null : index;

    private PackageIndex WithoutArtifact(Digest digest) => ReplaceArtifacts(Artifacts.Without(digest));

    private PackageArtifacts WithoutIndexesOf(Release release) => Artifacts.WithoutIndex(release);

    private PackageIndex? WithoutManifests(Release release, Predicate<Manifest> isRemoved)
    {
        var manifests = Manifests.RemoveAll(manifest => manifest.Release == release && isRemoved(manifest));
        var channels = manifests.Any(manifest => manifest.Release == release)
            ? Channels
            : [.. Channels.Select(channel => channel.Without(release)).OfType<Channel>()];
        return OrNull(Settle(CreatedAt, manifests, channels, WithoutIndexesOf(release), release));
    }

    private PackageIndex WithoutPrevious(Release release, Digest digest)
    {
        var manifests = Manifests;
        for (var i = 0; i < manifests.Length; i++)
            if (manifests[i] is { Artifact: { } artifact } manifest && manifest.Release == release)
                manifests = manifests.SetItem(i, manifest with
                {
                    Artifact = artifact with { PreviousManifests = artifact.PreviousManifests.RemoveAll(Is) },
                });
        return new PackageIndex(Name, CreatedAt, manifests, Channels, Artifacts.WithoutPreviousIndex(release, digest));

        bool Is(OciManifest previous) => previous.Digest == digest;
    }
}
