using Registry.Core.Artifacts;
using Registry.Core.Storage;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Artifacts;

/// <summary>Small manifests.</summary>
internal static class SampleManifests
{
    public static Digest ConfigDigest { get; } = Samples.Sha256("{}");

    /// <summary>Returns an image manifest with layers.</summary>
    public static ManifestDocument Image(params Descriptor[] layers) =>
        WithConfig("application/vnd.oci.image.config.v1+json", layers);

    /// <summary>Returns a manifest with a config of a type, and layers.</summary>
    public static ManifestDocument WithConfig(string configType, params Descriptor[] layers) => new()
    {
        MediaType = OciMediaTypes.Manifest,
        Config = new Descriptor(configType, ConfigDigest, 2),
        Layers = [.. layers],
        Manifests = [],
        Subject = null,
        ArtifactType = configType,
        Annotations = null,
    };

    /// <summary>Returns an index over manifests.</summary>
    public static ManifestDocument Index(params Descriptor[] manifests) => new()
    {
        MediaType = OciMediaTypes.Index,
        Config = null,
        Layers = [],
        Manifests = [.. manifests],
        Subject = null,
        ArtifactType = null,
        Annotations = null,
    };
}
