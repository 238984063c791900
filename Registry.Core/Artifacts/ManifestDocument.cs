using System.Collections.Immutable;
using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Core.Artifacts;

/// <summary>
/// The parsed form of an OCI or Docker manifest or index. It keeps the bytes alive that it was read from.
/// </summary>
public sealed record ManifestDocument
{
    /// <summary>The media type that it was pushed with, without parameters.</summary>
    public required string MediaType { get; init; }

    /// <summary>Whether it is an index: it has manifests, but neither config nor layers.</summary>
    public bool IsIndex => OciMediaTypes.IsIndex(MediaType);

    /// <summary>The config; null for an index.</summary>
    public required Descriptor? Config { get; init; }

    /// <summary>The layers in their order; empty for an index.</summary>
    public required ImmutableArray<Descriptor> Layers { get; init; }

    /// <summary>The manifests of an index in their order; empty for a manifest.</summary>
    public required ImmutableArray<Descriptor> Manifests { get; init; }

    /// <summary>The manifest that this one refers to, which need not exist; null if there is none.</summary>
    public required Descriptor? Subject { get; init; }

    /// <summary>
    /// The artifact type as the list of referrers shows it: that of the manifest, otherwise the media type of its
    /// config. Null for an index without one.
    /// </summary>
    public required string? ArtifactType { get; init; }

    /// <summary>A JSON object of strings; null if there is none.</summary>
    public required RawJson? Annotations { get; init; }

    /// <summary>
    /// Returns the descriptors of what the manifest refers to in its own repository, with their fields.
    /// </summary>
    public IEnumerable<(string Field, Descriptor Descriptor)> GetDescriptors()
    {
        if (Config is not null)
            yield return ("config", Config);
        for (var i = 0; i < Layers.Length; i++)
            yield return ($"layers[{i}]", Layers[i]);
        for (var i = 0; i < Manifests.Length; i++)
            yield return ($"manifests[{i}]", Manifests[i]);
    }

    /// <summary>
    /// Returns what the manifest refers to in its own repository, each content once: config and layers, or manifests.
    /// The subject is not among them.
    /// </summary>
    /// <remarks>
    /// An index may list any content. Entries that are not of a manifest's type are blobs, such as the layers in cache
    /// indexes of BuildKit.
    /// </remarks>
    public IReadOnlyCollection<ManifestReference> GetReferences()
    {
        var references = new Dictionary<(Digest, bool), ManifestReference>();
        if (Config is not null)
            Add(Config, isManifest: false, isRequired: true);
        foreach (var layer in Layers)
            Add(layer, isManifest: false, !layer.HasUrls && !OciMediaTypes.IsNonDistributable(layer.MediaType));
        foreach (var manifest in Manifests)
            Add(manifest, OciMediaTypes.IsManifest(manifest.MediaType), isRequired: true);
        return references.Values;

        void Add(Descriptor descriptor, bool isManifest, bool isRequired)
        {
            var key = (descriptor.Digest, isManifest);
            isRequired |= references.TryGetValue(key, out var other) && other.IsRequired;
            references[key] = new ManifestReference(descriptor.Digest, isManifest, isRequired);
        }
    }
}
