using Registry.Core.Content;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>A manifest of a package, and what it belongs to.</summary>
/// <param name="Manifest">The manifest.</param>
/// <param name="Release">The release; null for a manifest that belongs to none.</param>
/// <param name="MediaType">The media type of the release; null for the image index over several.</param>
/// <param name="IsPrevious">Whether the release has another manifest now.</param>
public sealed record FoundManifest(OciManifest Manifest, Release? Release, MediaType? MediaType, bool IsPrevious)
{
    internal static FoundManifest Of(Manifest owner, OciManifest manifest) =>
        new(manifest, owner.Release, owner.MediaType, IsPrevious: false);

    internal static FoundManifest Of(Release release, OciManifest index) =>
        new(index, release, null, IsPrevious: false);
}
