using Registry.Core.Content;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>
/// The inspected content of a manifest that is pushed as a release, or as several with the same content.
/// </summary>
/// <param name="Content">The content.</param>
/// <param name="Chart">The chart; null when Helm does not list the content.</param>
/// <param name="Unlisted">Why Helm does not list the content, as a sentence; null when it does.</param>
internal sealed record PushedContent(ContentDescriptor Content, ChartContent? Chart, string? Unlisted)
{
    /// <summary>Describes one of the releases.</summary>
    /// <param name="release">The release that a tag names.</param>
    /// <param name="pushed">The manifest as it will be stored.</param>
    /// <param name="now">The time of the push.</param>
    public Manifest Describe(Release release, OciManifest pushed, DateTimeOffset now) =>
        new(release, Content, Microseconds.Floor(now), Metadata: null, PackageRegistry.NewPushId())
        {
            Artifact = new ReleaseArtifact(WholeSeconds.Floor(now), pushed, [], Chart, Unlisted),
        };
}
