using System.Collections.Immutable;

namespace Registry.Core.Packages;

/// <summary>What OCI and Helm clients get for a release in one media type.</summary>
/// <param name="ContentAt">
/// The time at which this content was received, in whole seconds. A forced push of equal bytes does not renew it.
/// </param>
/// <param name="Current">The manifest that its tag refers to.</param>
/// <param name="PreviousManifests">
/// The manifests that the tag referred to earlier for this content, oldest first. They stay readable by digest.
/// </param>
/// <param name="Chart">The chart; null when Helm does not list the content.</param>
/// <param name="Unlisted">Why Helm does not list the content, as a sentence; null when it does.</param>
public sealed record ReleaseArtifact(
    DateTimeOffset ContentAt,
    OciManifest Current,
    ImmutableArray<OciManifest> PreviousManifests,
    ChartContent? Chart,
    string? Unlisted)
{
    /// <summary>The reason for content that could not be read when an upgrade completed the release.</summary>
    internal const string Unreadable = "Its content cannot be read.";

    /// <summary>
    /// Returns what to record for another push of the same content: this, unless its content could not be read before.
    /// </summary>
    internal ReleaseArtifact WithPushed(ReleaseArtifact? pushed) =>
        Unlisted == Unreadable && pushed is not null
            ? pushed with { PreviousManifests = WithCurrent(pushed.Current).PreviousManifests }
            : this;

    /// <summary>Returns this with another current manifest; the previous one stays readable.</summary>
    public ReleaseArtifact WithCurrent(OciManifest manifest) =>
        Current.Digest == manifest.Digest
            ? this
            : this with
            {
                Current = manifest,
                PreviousManifests =
                    [.. PreviousManifests.Where(previous => previous.Digest != manifest.Digest), Stored(Current)],
            };

    /// <summary>
    /// A previous manifest is always stored, because the values that a derived one is generated from may change.
    /// </summary>
    internal static OciManifest Stored(OciManifest manifest) =>
        manifest with { IsDerived = false, DerivedConfig = null };
}

/// <summary>A chart that Helm lists.</summary>
/// <param name="Metadata">
/// The metadata of its Chart.yaml, as canonical JSON; null when it is longer than
/// <see cref="MaxMetadataBytes"/> and stored as a blob.
/// </param>
/// <param name="MetadataBlob">The blob of the metadata; null when it is in <paramref name="Metadata"/>.</param>
/// <param name="Wrapped">
/// The archive that Helm loads, when it is not the content itself: the same entries below a folder with the name of the
/// chart.
/// </param>
/// <param name="Provenance">The provenance file of the archive; null for none.</param>
public sealed record ChartContent(
    Metadata? Metadata, BlobDescriptor? MetadataBlob, BlobDescriptor? Wrapped, BlobDescriptor? Provenance)
{
    /// <summary>The maximum size of metadata that an index holds, in bytes of JSON.</summary>
    public const int MaxMetadataBytes = 16 * 1024;
}
