using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>The errors of packages and channels. Clients of CNR read the details.</summary>
internal static class PackageErrors
{
    /// <param name="package">The package, as it was requested.</param>
    /// <param name="release">
    /// The resolved release, or else the query as it was requested; null for none.
    /// </param>
    /// <param name="mediaType">The media type, as it was requested; null for none.</param>
    public static RegistryException PackageNotFound(
        string package, string? release = null, string? mediaType = null) => new(
        ErrorCode.PackageNotFound,
        (release, mediaType) switch
        {
            (null, _) => $"The package {package} does not exist",
            (_, null) => $"The package {package} has no release '{release}'",
            _ => $"The package {package} has no release '{release}' in media type '{mediaType}'",
        },
        ("package", package), ("release", release), ("media_type", mediaType));

    public static RegistryException NoReleaseMatches(PackageName package, string query) => new(
        ErrorCode.ReleaseNotFound,
        $"No release of package {package} matches '{query}'",
        ("package", package.Value), ("release_query", query));

    public static RegistryException ReleaseNotFound(PackageName package, string release) => new(
        ErrorCode.ReleaseNotFound,
        $"The package {package} has no release '{release}'",
        ("package", package.Value), ("release", release));

    public static RegistryException ChannelNotFound(PackageName package, ChannelName channel) => new(
        ErrorCode.ChannelNotFound,
        $"The package {package} has no channel '{channel}'",
        ("package", package.Value), ("channel", channel.Value));

    public static RegistryException PackageExists(PackageName package, Release release, MediaType mediaType) => new(
        ErrorCode.PackageExists,
        "Package exists already",
        ("package", package.Value), ("release", release.Value), ("media_type", mediaType.Value));

    public static RegistryException VersionIsTag(PackageName package, Release release, PlainTag tag) => new(
        ErrorCode.PackageExists,
        $"The tag {tag.Name} of package {package} points to sha256:{tag.Digest}, which is not a release: delete the "
            + "tag first",
        ("package", package.Value), ("release", release.Value), ("tag", tag.Name.Value));

    public static RegistryException ResourceInUse(PackageName package) => new(
        ErrorCode.ResourceInUse,
        $"package {package} has too many concurrent writers: try again",
        ("package", package.Value));

    /// <param name="package">The package.</param>
    /// <param name="cause">The failure of the storage, for the log; null for an example.</param>
    public static RegistryException OutcomeUnknown(PackageName package, StorageException? cause = null) => new(
        ErrorCode.Unavailable,
        $"The outcome of the change of package {package} is unknown: check the package before you retry",
        cause,
        ("package", package.Value));

    /// <summary>The blobs of a push may be gone, and the index was not changed.</summary>
    public static RegistryException TooSlow(PackageName package) => new(
        ErrorCode.Unavailable,
        $"The push of package {package} took so long that its content may have been collected, so it was not "
            + "stored: push again",
        ("package", package.Value));

    /// <summary>The blobs of a push may be gone, and its change of the index was undone.</summary>
    public static RegistryException Withdrawn(PackageName package) => new(
        ErrorCode.Unavailable,
        $"The push of package {package} took so long that its content may have been collected, so it was withdrawn. "
            + "If it had replaced the content of a release, that release was removed: push again",
        ("package", package.Value));

    public static RegistryException StorageRestarted(PackageName package) => new(
        ErrorCode.Unavailable,
        $"The storage was restarted or replaced during the push of package {package}, and may have lost the content. "
            + "Nothing was stored: push again",
        ("package", package.Value));

    /// <param name="package">The package.</param>
    /// <param name="manifests">The number of manifests that the index would have.</param>
    /// <param name="bytes">The size of the stored index, in bytes.</param>
    /// <param name="limit">The maximum size of a stored index, in bytes.</param>
    public static RegistryException IndexFull(PackageName package, int manifests, long bytes, long limit) => new(
        ErrorCode.IndexFull,
        $"The index of package {package} would take {bytes} bytes, and the limit is {limit} bytes. "
            + "Delete releases, tags or manifests, or push less metadata",
        ("package", package.Value), ("manifests", manifests), ("bytes", bytes), ("limit", limit));

    /// <param name="package">The package.</param>
    /// <param name="manifests">The number of manifests that the index would have.</param>
    /// <param name="bytes">The size of the index before compression, in bytes.</param>
    /// <param name="limit">The maximum size of an index before compression, in bytes.</param>
    public static RegistryException IndexTooLong(PackageName package, int manifests, long bytes, long limit) => new(
        ErrorCode.IndexFull,
        $"The index of package {package} would have {bytes} bytes before compression, with all metadata, and the limit "
            + $"of this registry is {limit} bytes (LIMITS__INDEXBYTES). Delete releases, tags or manifests, or push "
            + "less metadata",
        ("package", package.Value), ("manifests", manifests), ("bytes", bytes), ("limit", limit));
}
