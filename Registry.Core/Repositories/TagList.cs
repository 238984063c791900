using Registry.Core.Artifacts;

namespace Registry.Core.Repositories;

/// <summary>The tags of a package.</summary>
/// <param name="Tags">The tags, in ordinal order.</param>
/// <param name="Fingerprint">
/// The fingerprint of the package, which changes when a tag does; 0 without manifests.
/// </param>
public sealed record TagList(IReadOnlyList<TagName> Tags, UInt128 Fingerprint);
