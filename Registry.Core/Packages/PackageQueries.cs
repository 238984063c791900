using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>How a client's words become a manifest of a package.</summary>
public static class PackageQueries
{
    /// <summary>What a client writes for "the only media type that there is".</summary>
    public const string AnyMediaType = "-";

    /// <summary>The release that a query names: the highest that matches.</summary>
    /// <param name="index">The package.</param>
    /// <param name="query">A release query, as it was asked.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidRelease"/>, or <see cref="ErrorCode.ReleaseNotFound"/>.
    /// </exception>
    public static Release Resolve(this PackageIndex index, string query) =>
        // A release that is there, asked for by its text, is what every query of that text finds.
        Release.TryParse(query, out var exact, out _) && index.Contains(exact) ? exact :
        ParseQuery(query).Match(index.Releases.AsSpan()) ?? throw PackageErrors.NoReleaseMatches(index.Name, query);

    /// <summary>The manifest that a query and a media type name.</summary>
    /// <param name="index">The package.</param>
    /// <param name="query">A release query, as it was asked.</param>
    /// <param name="mediaType">A short media type, or <see cref="AnyMediaType"/>, as it was asked.</param>
    /// <exception cref="RegistryException">
    /// As <see cref="Resolve"/>; <see cref="ErrorCode.PackageNotFound"/>; <see cref="ErrorCode.InvalidUsage"/> where
    /// several media types are there to choose from.
    /// </exception>
    public static Manifest Find(this PackageIndex index, string query, string mediaType)
    {
        var release = index.Resolve(query);
        if (mediaType == AnyMediaType)
        {
            var manifests = index.Of(release);
            return manifests.Length == 1
                ? manifests[0]
                : throw new RegistryException(
                    ErrorCode.InvalidUsage,
                    "media-type non specified: "
                        + $"[{string.Join(',', manifests.ToArray().Select(manifest => manifest.MediaType.Value))}]");
        }

        return (MediaType.TryParse(mediaType, out var type) ? index.Find(release, type) : null)
            ?? throw PackageErrors.PackageNotFound(index.Name.Value, release.Value, mediaType);
    }

    /// <summary>All manifests of exactly one release.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>, for what is no release too.
    /// </exception>
    public static ReadOnlySpan<Manifest> GetExact(this PackageIndex index, string release) =>
        Release.TryParse(release, out var exact, out _) && index.Of(exact) is { IsEmpty: false } manifests
            ? manifests
            : throw PackageErrors.PackageNotFound(index.Name.Value, release);

    /// <summary>The manifest that answers for a CNR digest.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/> with the digest as the release, for what is no digest too.
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
