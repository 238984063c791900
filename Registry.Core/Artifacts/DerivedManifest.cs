using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Core.Artifacts;

/// <summary>
/// Generates the manifests of releases that were not pushed as manifests. The bytes depend on the arguments alone, so
/// that every replica returns the same digest. A change of the bytes invalidates the digests that clients and lock
/// files have recorded.
/// </summary>
internal static class DerivedManifest
{
    /// <summary>The annotation of an index that names the CNR media type of each manifest.</summary>
    public const string MediaTypeAnnotation = "vnd.cnr.package.media-type";

    private const string TitleAnnotation = "org.opencontainers.image.title";
    private const string CreatedAnnotation = "org.opencontainers.image.created";

    /// <summary>The config of a <see cref="Package"/>: <c>{}</c>.</summary>
    public static ReadOnlyMemory<byte> EmptyConfig { get; } = "{}"u8.ToArray();

    /// <summary>The digest of <see cref="EmptyConfig"/>.</summary>
    public static Digest EmptyConfigDigest { get; } = Digest.Of(EmptyConfig.Span);

    /// <summary>Generates the manifest of a Helm chart, byte for byte as <c>helm push</c> does.</summary>
    /// <param name="configDigest">The digest of the config.</param>
    /// <param name="configSize">The length of the config in bytes.</param>
    /// <param name="layers">The chart, and its provenance file if there is one; in any order.</param>
    /// <param name="annotations">The annotations; in any order.</param>
    public static byte[] Helm(
        Digest configDigest,
        long configSize,
        IEnumerable<Descriptor> layers,
        IReadOnlyDictionary<string, string> annotations)
    {
        var json = new GoJsonWriter().BeginObject().Name("schemaVersion").Number(2).Name("config").BeginObject();
        Write(json, OciMediaTypes.HelmConfig, configDigest, configSize);
        json.EndObject().Name("layers").BeginArray();
        foreach (var layer in layers.OrderBy(static layer => layer.Digest.Value, StringComparer.Ordinal))
        {
            json.BeginObject();
            Write(json, layer.MediaType, layer.Digest, layer.Size);
            json.EndObject();
        }

        json.EndArray();
        if (annotations.Count > 0)
            json.Name("annotations").Map(annotations);
        return json.EndObject().ToUtf8();
    }

    /// <summary>
    /// Generates the manifest of a package in any CNR media type, in the form that <c>oras push</c> writes for a single
    /// file.
    /// </summary>
    /// <param name="mediaType">The CNR media type.</param>
    /// <param name="content">The digest of the content.</param>
    /// <param name="size">The length of the content in bytes.</param>
    /// <param name="fileName">The file name under which clients save the content.</param>
    /// <param name="created">The time at which the content was received; truncated to seconds.</param>
    public static byte[] Package(
        MediaType mediaType, Digest content, long size, string fileName, DateTimeOffset created)
    {
        var json = new GoJsonWriter().BeginObject().Name("schemaVersion").Number(2)
            .Name("mediaType").Text(OciMediaTypes.Manifest)
            .Name("artifactType").Text(OciMediaTypes.PackageManifest(mediaType))
            .Name("config").BeginObject();
        Write(json, OciMediaTypes.EmptyConfig, EmptyConfigDigest, EmptyConfig.Length);
        json.Name("data").Text(Convert.ToBase64String(EmptyConfig.Span)).EndObject()
            .Name("layers").BeginArray().BeginObject();
        Write(json, OciMediaTypes.Package(mediaType), content, size);
        return json.Name("annotations").Map([new(TitleAnnotation, fileName)]).EndObject().EndArray()
            .Name("annotations").Map([new(CreatedAnnotation, WholeSeconds.Format(created))]).EndObject().ToUtf8();
    }

    /// <summary>Generates the index of a release that exists in several CNR media types.</summary>
    /// <param name="manifests">
    /// The manifest of each CNR media type, in any order. Their artifact types are those of
    /// <see cref="ManifestDocument.ArtifactType"/>.
    /// </param>
    public static byte[] Index(IEnumerable<(MediaType MediaType, Descriptor Manifest)> manifests)
    {
        var json = new GoJsonWriter().BeginObject().Name("schemaVersion").Number(2)
            .Name("mediaType").Text(OciMediaTypes.Index)
            .Name("manifests").BeginArray();
        foreach (var (mediaType, manifest) in manifests.OrderBy(static entry => entry.MediaType))
        {
            json.BeginObject();
            Write(json, manifest.MediaType, manifest.Digest, manifest.Size);
            json.Name("annotations").Map([new(MediaTypeAnnotation, mediaType.Value)]);
            if (manifest.ArtifactType is not null)
                json.Name("artifactType").Text(manifest.ArtifactType);
            json.EndObject();
        }

        return json.EndArray().EndObject().ToUtf8();
    }

    private static void Write(GoJsonWriter json, string mediaType, Digest digest, long size) =>
        json.Name("mediaType").Text(mediaType).Name("digest").Text(OciDigest.Format(digest)).Name("size").Number(size);
}
