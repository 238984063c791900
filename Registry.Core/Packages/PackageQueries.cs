using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>Resolves the releases, media types and digests that clients request.</summary>
public static class PackageQueries
{
    /// <summary>Returns the highest release that matches a query.</summary>
    /// <param name="index">The package.</param>
    /// <param name="query">The release query, as it was requested.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidRelease"/>, or <see cref="ErrorCode.ReleaseNotFound"/>.
    /// </exception>
    public static Release Resolve(this PackageIndex index, string query) =>
        // An existing release is the result of every query with its text.
        Release.TryParse(query, out var exact, out _) && index.Contains(exact) ? exact :
        ParseQuery(query).Match(index.Releases.AsSpan()) ?? throw PackageErrors.NoReleaseMatches(index.Name, query);

    /// <summary>Returns the manifest for a query and a media type.</summary>
    /// <param name="index">The package.</param>
    /// <param name="query">The release query, as it was requested.</param>
    /// <param name="mediaType">A short media type, as it was requested.</param>
    /// <exception cref="RegistryException">
    /// As <see cref="Resolve"/>; <see cref="ErrorCode.PackageNotFound"/>.
    /// </exception>
    public static Manifest Find(this PackageIndex index, string query, string mediaType)
    {
        var release = index.Resolve(query);
        return (MediaType.TryParse(mediaType, out var type) ? index.Find(release, type) : null)
            ?? throw PackageErrors.PackageNotFound(index.Name.Value, release.Value, mediaType);
    }

    /// <summary>Returns all manifests of exactly one release.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>, also for an invalid release.
    /// </exception>
    public static ReadOnlySpan<Manifest> GetExact(this PackageIndex index, string release) =>
        Release.TryParse(release, out var exact, out _) && index.Of(exact) is { IsEmpty: false } manifests
            ? manifests
            : throw PackageErrors.PackageNotFound(index.Name.Value, release);

    /// <summary>Returns the manifest for a CNR digest.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/> with the digest as the release, also for an invalid digest.
    /// </exception>
    public static Manifest GetContent(this PackageIndex index, string digest) =>
        (Digest.TryParse(digest, out var exact) ? index.FindContent(exact) : null)
        ?? throw PackageErrors.PackageNotFound(index.Name.Value, digest);

    /// <exception cref="RegistryException"><see cref="ErrorCode.InvalidRelease"/>.</exception>
    internal static ReleaseQuery ParseQuery(string query) =>
        ReleaseQuery.TryParse(query, out var parsed, out var reason)
            ? parsed
            : throw new RegistryException(ErrorCode.InvalidRelease, reason, ("release", query));
}
