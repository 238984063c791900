using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>A release in a backup.</summary>
/// <param name="Package">The package.</param>
/// <param name="Release">The release.</param>
/// <param name="MediaType">The media type.</param>
/// <param name="CreatedAt">The time of the push, in whole microseconds; null for now.</param>
/// <param name="Metadata">The JSON value that was pushed with the release; null for none.</param>
/// <param name="TarDigest">The sha256 of the gunzipped tar, which the content must match.</param>
public sealed record RestoredRelease(
    PackageName Package,
    Release Release,
    MediaType MediaType,
    DateTimeOffset? CreatedAt,
    string? Metadata,
    Digest TarDigest);

/// <summary>The outcome of restoring a release.</summary>
public enum RestoreOutcome
{
    /// <summary>The release did not exist.</summary>
    Added,

    /// <summary>The release existed with the same content: nothing was changed.</summary>
    Unchanged,

    /// <summary>The release existed with different content, or its content was missing.</summary>
    Replaced,
}
