using System.Collections.Immutable;
using Registry.Core.Artifacts;
using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <content>The rules of pushed OCI manifests.</content>
public sealed partial class PackageIndex
{
    /// <summary>
    /// Returns the index with a manifest that belongs to no release; the same instance when it is known.
    /// </summary>
    /// <param name="index">The current index; null when the package does not exist.</param>
    /// <param name="name">The package.</param>
    /// <param name="manifest">The manifest, whose bytes are a blob of the package.</param>
    /// <param name="now">The time of a package that this creates.</param>
    public static PackageIndex WithArtifact(
        PackageIndex? index, PackageName name, OciManifest manifest, DateTimeOffset now)
    {
        index ??= new PackageIndex(name, now, [], [], PackageArtifacts.Empty);
        return index.FindManifest(manifest.Digest) is not null
            ? index
            : index.ReplaceArtifacts(index.Artifacts.With(manifest));
    }

    /// <summary>
    /// Returns the index with a release whose manifest was pushed. Another manifest over the same content becomes the
    /// current one of an existing release, and the one before stays readable by its digest.
    /// </summary>
    /// <param name="index">The current index; null when the package does not exist.</param>
    /// <param name="name">The package.</param>
    /// <param name="manifest">The release, with the pushed manifest as the current one.</param>
    /// <param name="force">Whether to replace different content.</param>
    /// <exception cref="Errors.RegistryException">
    /// <see cref="Errors.ErrorCode.Conflict"/>: the release exists with different content and <paramref name="force"/>
    /// is false, or an image holds the version as a tag.
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
            var artifact = known.Artifact?.WithPushed(manifest.Artifact) is { } recorded
                ? recorded.WithCurrent(pushed) with { Chart = Merge(recorded.Chart, manifest.Artifact.Chart) }
                : manifest.Artifact;
            return index.Replace(known, known with { Artifact = artifact }).WithoutArtifact(pushed.Digest);
        }

        if (known is not null && !force)
            throw ArtifactErrors.ReleaseIsImmutable(name, known, manifest.Content.StoredDigest);
        return With(index, name, manifest, force: true).WithoutArtifact(pushed.Digest);
    }

    /// <summary>
    /// Returns the index without a push of a release. If the release had the same content before, its earlier state is
    /// restored. Otherwise the release is removed, because the blob of a replaced content may be gone.
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

        // The image index that the push caused was derived and is not stored, so it cannot become a previous one.
        return Artifacts.FindIndex(release)?.Current is { } derived
            && next.Artifacts.FindIndex(release)?.Current?.Digest != derived.Digest
                ? next.ReplaceArtifacts(next.Artifacts.WithoutPreviousIndex(release, derived.Digest))
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
                next = next.ReplaceArtifacts(next.WithoutPlainTag(tag.Value));
        return next;
    }

    /// <summary>Whether a pushed release would replace one with different content.</summary>
    /// <param name="index">The current index; null when the package does not exist.</param>
    /// <param name="manifest">The release.</param>
    public static bool Replaces(PackageIndex? index, Manifest manifest) =>
        index?.Find(manifest.Release, manifest.MediaType) is { } known && !IsSameContent(known, manifest);

    /// <summary>
    /// Whether a pushed release would replace the provenance file of one with the same content. A push without one
    /// keeps it.
    /// </summary>
    /// <param name="index">The current index; null when the package does not exist.</param>
    /// <param name="manifest">The release.</param>
    public static bool ReplacesProvenance(PackageIndex? index, Manifest manifest) =>
        index?.Find(manifest.Release, manifest.MediaType) is { Artifact.Chart.Provenance.Digest: var recorded } known
            && manifest.Artifact?.Chart?.Provenance?.Digest is { } pushed
            && pushed != recorded
            && IsSameContent(known, manifest);

    /// <summary>
    /// Returns the index with changed data of a release for OCI and Helm clients. The content stays the same.
    /// </summary>
    public PackageIndex Replace(Manifest known, Manifest manifest) =>
        known == manifest
            ? this
            : Settle(
                CreatedAt,
                Manifests.SetItem(Manifests.BinarySearch(known, ManifestOrder), manifest),
                Channels,
                Artifacts,
                manifest.Release);

    private static bool IsSameContent(Manifest known, Manifest pushed) =>
        pushed.Content.StoredDigest == known.Content.StoredDigest
        || pushed.Content.StoredDigest == known.Artifact?.Chart?.Wrapped?.Digest;

    /// <summary>A manifest for the same archive can only change its provenance file.</summary>
    private static ChartContent? Merge(ChartContent? recorded, ChartContent? pushed) =>
        recorded is null ? pushed : recorded with { Provenance = pushed?.Provenance ?? recorded.Provenance };
}
