using Registry.Core.Artifacts;
using Registry.Core.Packages;

namespace Registry.Core.Repositories;

/// <summary>The tags of a package.</summary>
/// <param name="Tags">The tags, in ordinal order.</param>
/// <param name="Fingerprint">
/// The fingerprint of the package, which changes when a tag does; 0 without manifests.
/// </param>
/// <param name="Index">The package; null without manifests.</param>
public sealed record TagList(IReadOnlyList<TagName> Tags, UInt128 Fingerprint, PackageIndex? Index);
