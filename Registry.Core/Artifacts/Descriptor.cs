using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Core.Artifacts;

/// <summary>A reference of a manifest to a blob or to another manifest.</summary>
/// <param name="MediaType">The media type of the content.</param>
/// <param name="Digest">The sha256 of the content.</param>
/// <param name="Size">The length of the content in bytes, as the manifest declares it.</param>
/// <param name="ArtifactType">The artifact type; null if the descriptor has none.</param>
/// <param name="Annotations">A JSON object of strings; null if the descriptor has none.</param>
/// <param name="HasUrls">Whether the descriptor names URLs to download the content from.</param>
public sealed record Descriptor(
    string MediaType,
    Digest Digest,
    long Size,
    string? ArtifactType = null,
    RawJson? Annotations = null,
    bool HasUrls = false);
