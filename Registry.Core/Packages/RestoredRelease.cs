using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>A release as a backup tells it.</summary>
/// <param name="Package">The package.</param>
/// <param name="Release">The release.</param>
/// <param name="MediaType">In which media type.</param>
/// <param name="CreatedAt">When it was pushed, in whole microseconds; null for now.</param>
/// <param name="Metadata">The JSON value that was pushed with it; null for none.</param>
/// <param name="TarDigest">CNR's digest, the sha256 of the gunzipped tar, which the content must have.</param>
public sealed record RestoredRelease(
    PackageName Package,
    Release Release,
    MediaType MediaType,
    DateTimeOffset? CreatedAt,
    string? Metadata,
    Digest TarDigest);

/// <summary>What became of a release that was restored.</summary>
public enum RestoreOutcome
{
    /// <summary>It was not there.</summary>
    Added,

    /// <summary>It was there with the same content: nothing was changed.</summary>
    Unchanged,

    /// <summary>It was there with another content, or its content was gone.</summary>
    Replaced,
}
