using Registry.Core.Artifacts;
using Registry.Core.Errors;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>The errors of OCI manifests, tags and blobs.</summary>
internal static class ArtifactErrors
{
    public static RegistryException ManifestNotFound(PackageName package, Digest digest) =>
        ManifestNotFound(package, $"sha256:{digest}");

    /// <param name="package">The package.</param>
    /// <param name="reference">The tag or the digest, as it was requested.</param>
    public static RegistryException ManifestNotFound(PackageName package, string reference) => new(
        ErrorCode.ManifestNotFound,
        $"{package} has no manifest {reference}",
        ("name", package.Value), ("reference", reference));

    public static RegistryException RepositoryNotFound(PackageName package) => new(
        ErrorCode.PackageNotFound,
        $"Repository {package} does not exist",
        ("name", package.Value));

    public static RegistryException UnknownReference(PackageName package, Digest digest) => new(
        ErrorCode.UnknownReference,
        $"The manifest refers to sha256:{digest}, which {package} does not have: push it first",
        ("name", package.Value), ("digest", $"sha256:{digest}"));

    public static RegistryException Incomplete(PackageName package) => new(
        ErrorCode.Unavailable,
        $"The releases of {package} are being completed after an upgrade of the registry: try again",
        ("name", package.Value));

    /// <param name="field">The field of the manifest.</param>
    /// <param name="digest">The content that it describes.</param>
    /// <param name="claimed">The size in the manifest, in bytes.</param>
    /// <param name="size">The size of the content, in bytes.</param>
    public static RegistryException OtherSize(string field, Digest digest, long claimed, long size) => new(
        ErrorCode.InvalidManifest,
        $"{field} is {claimed}, and sha256:{digest} has {size} bytes",
        ("field", field), ("digest", $"sha256:{digest}"), ("claimed", claimed), ("size", size));

    public static RegistryException InvalidManifest(string reason) => new(ErrorCode.InvalidManifest, reason);

    /// <param name="package">The package.</param>
    /// <param name="digest">The layer with the content of a release.</param>
    /// <param name="reason">Why it is not the content of a release, as a sentence.</param>
    public static RegistryException InvalidLayer(PackageName package, Digest digest, string reason) => new(
        ErrorCode.InvalidManifest,
        $"The layer sha256:{digest} is invalid: {reason}",
        ("name", package.Value), ("digest", $"sha256:{digest}"));

    public static RegistryException TagIsReserved(PackageName package, TagName tag) => new(
        ErrorCode.Conflict,
        $"The tag {tag} of {package} is reserved: the registry sets it for a release in several media types",
        ("name", package.Value), ("tag", tag.Value));

    public static RegistryException VersionIsTag(PackageName package, PlainTag tag) => new(
        ErrorCode.Conflict,
        $"The tag {tag.Name} of {package} points to sha256:{tag.Digest}, which is not a release: delete the tag first",
        ("name", package.Value), ("tag", tag.Name.Value), ("digest", $"sha256:{tag.Digest}"));

    /// <param name="package">The package.</param>
    /// <param name="release">The existing release.</param>
    /// <param name="given">The manifest that its tag refers to; null while the release is incomplete.</param>
    /// <param name="digest">The manifest that was pushed, which is not that of a release.</param>
    public static RegistryException TagIsRelease(
        PackageName package, Release release, Digest? given, Digest digest) => new(
        ErrorCode.Conflict,
        $"{release} is a release of {package}, and sha256:{digest} is not its manifest: push it with another tag, or "
            + "delete the release first",
        ("name", package.Value),
        ("release", release.Value),
        ("stored", given is { } stored ? $"sha256:{stored}" : null),
        ("pushed", $"sha256:{digest}"));

    /// <param name="package">The package.</param>
    /// <param name="known">The existing release.</param>
    /// <param name="digest">The content that was pushed.</param>
    public static RegistryException ReleaseIsImmutable(PackageName package, Manifest known, Digest digest) => new(
        ErrorCode.Conflict,
        $"Release {known.Release} of {package} exists with the content sha256:{known.Content.StoredDigest}, and "
            + "releases are immutable. Push another version, or set RELEASES__MUTABLE for this package",
        ("name", package.Value),
        ("release", known.Release.Value),
        ("stored", $"sha256:{known.Content.StoredDigest}"),
        ("pushed", $"sha256:{digest}"));
}
