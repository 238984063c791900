using Registry.Core.Access;
using Registry.Core.Artifacts;
using Registry.Core.Errors;
using Registry.Core.Events;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Core.Repositories;

/// <summary>
/// One push of a manifest, whose blobs are there: decides what it changes in the index of the package, which another
/// push may have changed in the meantime.
/// </summary>
/// <param name="package">The package; its first push creates it.</param>
/// <param name="manifest">The manifest.</param>
/// <param name="document">Its content.</param>
/// <param name="releases">The releases that the push creates, with the tags that name them.</param>
/// <param name="plainTags">The other tags that it sets.</param>
/// <param name="replacesReleases">Whether the releases of the package are mutable.</param>
/// <param name="renewsUntagged">Whether manifests without tags are removed some time after their last push.</param>
/// <param name="pushedAt">The time of the push.</param>
/// <param name="caller">Who pushes.</param>
internal sealed class ManifestPush(
    PackageName package,
    OciManifest manifest,
    ManifestDocument document,
    IReadOnlyList<(TagName Tag, Manifest Release)> releases,
    IReadOnlyList<TagName> plainTags,
    bool replacesReleases,
    bool renewsUntagged,
    DateTimeOffset pushedAt,
    Caller caller)
{
    private readonly AccessResource resource = AccessResource.Package(package.Value);

    private readonly List<Digest> children =
    [
        .. document.GetReferences()
            .Where(static reference => reference.IsManifest)
            .Select(static reference => reference.Digest),
    ];

    /// <summary>The tags of the releases that the last call of <see cref="Apply"/> replaced.</summary>
    private readonly HashSet<TagName> replaced = [];

    /// <summary>Whether the last call of <see cref="Apply"/> changed the index.</summary>
    private bool isChanged;

    /// <summary>Applies the push to an index.</summary>
    /// <param name="before">The index; null when the package does not exist.</param>
    /// <exception cref="RegistryException">The push is rejected.</exception>
    public PackageIndex Apply(PackageIndex? before)
    {
        foreach (var child in children)
            if (before?.FindManifest(child) is null)
                throw ArtifactErrors.UnknownReference(package, child);
        var current = before;
        replaced.Clear();
        foreach (var (tag, release) in releases)
        {
            // A provenance file says who vouches for the chart, so another one is a replacement even where the content
            // stays.
            if ((replacesReleases && PackageIndex.Replaces(current, release))
                || PackageIndex.ReplacesProvenance(current, release))
            {
                caller.Demand(PackageRegistry.RightToPush(force: true), resource);
                replaced.Add(tag);
            }

            current = PackageIndex.WithPushedRelease(current, package, release, replacesReleases);
        }

        if (releases.Count == 0)
            current = PackageIndex.WithArtifact(current, package, manifest, pushedAt);
        var next = plainTags.Aggregate(current!, (index, tag) => index.WithTag(tag, manifest.Digest));
        isChanged = !ReferenceEquals(next, before);

        // A collector may be about to remove the manifest because it has no tag.
        return !isChanged && renewsUntagged && next.FindManifest(manifest.Digest) is { Release: null }
            ? next.Renewed()
            : next;
    }

    /// <summary>Whether an index contains the push.</summary>
    public bool IsAppliedTo(PackageIndex index) =>
        index.FindManifest(manifest.Digest) is not null
        && releases.All(pushed => IsCurrent(index, pushed.Release))
        && plainTags.All(tag => index.FindManifest(tag)?.Manifest.Digest == manifest.Digest);

    /// <summary>Undoes the push.</summary>
    /// <param name="current">The index, which contains the push.</param>
    /// <param name="before">The index right before the push; null when the package did not exist.</param>
    /// <returns>The index without it; null when the package no longer exists.</returns>
    public PackageIndex? Withdraw(PackageIndex current, PackageIndex? before) => isChanged
        ? current.Withdraw(before, manifest.Digest, releases.Select(static pushed => pushed.Release), plainTags)
        : current;

    /// <summary>Raises the events of the push, which is stored; none if it changed nothing.</summary>
    public void Raise(RegistryEvents events)
    {
        if (!isChanged)
            return;
        foreach (var (tag, release) in releases)
            events.Raise(new RegistryEvent(events.Now, caller, RegistryAction.ReleasePushed, package.Value)
            {
                Release = release.Release.Value,
                MediaType = release.MediaType.Value,
                Tag = tag.Value,
                StoredDigest = release.Content.StoredDigest,
                TarDigest = release.Content.TarDigest,
                Size = release.Content.Size,
                Forced = replaced.Contains(tag),
            });
        if (releases.Count == 0 || plainTags.Count > 0)
            events.Raise(new RegistryEvent(events.Now, caller, RegistryAction.ManifestPushed, package.Value)
            {
                Tag = plainTags.Count == 0 ? null : string.Join(", ", plainTags.Select(static tag => tag.Value)),
                StoredDigest = manifest.Digest,
                Size = manifest.Size,
            });
    }

    /// <summary>
    /// Whether a release has the manifest now. Its tag may give another one: that of the chart, or the image index.
    /// </summary>
    private bool IsCurrent(PackageIndex index, Manifest release) =>
        index.Find(release.Release, release.MediaType)?.Artifact?.Current.Digest == manifest.Digest;
}
