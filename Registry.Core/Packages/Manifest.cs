using Registry.Core.Content;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>One release of a package in one media type.</summary>
/// <param name="Release">Which release.</param>
/// <param name="Content">What was pushed.</param>
/// <param name="CreatedAt">When, in whole microseconds; new after a forced push.</param>
/// <param name="Metadata">The JSON value that was pushed with it, verbatim; null when there was none.</param>
/// <param name="PushId">Random, never sent to anyone: after a lost answer a push knows its own write by it.</param>
public sealed record Manifest(
    Release Release, ContentDescriptor Content, DateTimeOffset CreatedAt, Metadata? Metadata, string PushId)
{
    /// <summary>In which media type.</summary>
    public MediaType MediaType => Content.MediaType;
}
