using Registry.Core.Storage;

namespace Registry.Core.Artifacts;

/// <summary>What a manifest refers to in its own repository.</summary>
/// <param name="Digest">The sha256 of the content.</param>
/// <param name="IsManifest">Whether it is a manifest or index; otherwise it is a blob.</param>
/// <param name="IsRequired">
/// Whether it must exist when the manifest is pushed. False for a layer that may be downloaded from elsewhere. If such
/// a layer exists, the manifest keeps it alive nevertheless.
/// </param>
public readonly record struct ManifestReference(Digest Digest, bool IsManifest, bool IsRequired);
