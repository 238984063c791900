using Registry.Core.Content;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>One release of a package in one media type.</summary>
/// <param name="Release">The release.</param>
/// <param name="Content">The content that was pushed.</param>
/// <param name="CreatedAt">The time of the push, in whole microseconds; a forced push renews it.</param>
/// <param name="Metadata">The JSON value that was pushed with the release, verbatim; null for none.</param>
/// <param name="PushId">
/// A random id, never sent to clients, by which a push recognizes its own write after a lost response.
/// </param>
public sealed record Manifest(
    Release Release, ContentDescriptor Content, DateTimeOffset CreatedAt, Metadata? Metadata, string PushId)
{
    /// <summary>The media type.</summary>
    public MediaType MediaType => Content.MediaType;

    /// <summary>
    /// The data for OCI and Helm clients. Null for a release that an earlier version stored, until it is completed.
    /// </summary>
    public ReleaseArtifact? Artifact { get; init; }
}
