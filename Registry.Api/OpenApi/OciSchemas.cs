using System.Text.Json.Nodes;
using NJsonSchema;
using NSwag;
using Registry.Core.Artifacts;

namespace Registry.Api.OpenApi;

/// <summary>The schemas of the OCI distribution API, with examples that match <see cref="Sample"/>.</summary>
internal static class OciSchemas
{
    /// <summary>The media types of manifests.</summary>
    private static readonly string[] ManifestTypes =
        [OciMediaTypes.Manifest, OciMediaTypes.Index, OciMediaTypes.DockerManifest, OciMediaTypes.DockerManifestList];

    /// <summary>Returns the manifest of the sample.</summary>
    public static JsonObject Manifest() => new()
    {
        ["schemaVersion"] = 2,
        ["config"] = Descriptor(
            OciMediaTypes.HelmConfig,
            "sha256:cb58a013d2a3dc70541a7708dfa2d22c13cfeeac069f34a6ba7f69fc21e35d1d",
            114),
        ["layers"] = new JsonArray(
            Descriptor(OciMediaTypes.HelmChart, $"sha256:{Sample.ChartDigest}", Sample.Size)),
        ["annotations"] = new JsonObject
        {
            ["org.opencontainers.image.created"] = "2026-11-22T04:12:06Z",
            ["org.opencontainers.image.description"] = "A search engine",
            ["org.opencontainers.image.title"] = Sample.Name,
            ["org.opencontainers.image.version"] = Sample.Release,
        },
    };

    /// <summary>Returns an image index without entries.</summary>
    public static JsonObject EmptyIndex() => new()
    {
        ["schemaVersion"] = 2,
        ["mediaType"] = OciMediaTypes.Index,
        ["manifests"] = new JsonArray(),
    };

    /// <summary>Returns the body of the push of a manifest.</summary>
    public static OpenApiRequestBody ManifestBody(OpenApiDocument document)
    {
        var body = new OpenApiRequestBody
        {
            Description = $"The manifest, of at most {ManifestReader.MaxBytes >> 20} MiB. "
                + "Its exact bytes are stored; their sha256 is its digest.",
            IsRequired = true,
        };
        foreach (var type in ManifestTypes)
            body.Content.Add(type, new OpenApiMediaType
            {
                Schema = ManifestSchema(document),
                Example = type == OciMediaTypes.Manifest ? ObjectSchemas.Value(Manifest()) : null,
            });
        return body;
    }

    /// <summary>Returns the body of the push of a blob, or of a part of one.</summary>
    /// <param name="description">What the bytes are.</param>
    public static OpenApiRequestBody BlobBody(string description) => new()
    {
        Description = description,
        Content = { ["application/octet-stream"] = new OpenApiMediaType { Schema = ObjectSchemas.Binary() } },
    };

    /// <summary>Returns the schema of the response to a check of the API.</summary>
    public static JsonSchema EmptySchema(OpenApiDocument document) => ObjectSchemas.Define(
        document, "OciVersion", static () => ObjectSchemas.Object("An empty object.", []));

    /// <summary>Returns the schema of a list of repositories.</summary>
    public static JsonSchema RepositoriesSchema(OpenApiDocument document) => ObjectSchemas.Define(
        document,
        "RepositoryList",
        static () => ObjectSchemas.Object(
            "Repositories.",
            new() { ["repositories"] = ObjectSchemas.ArrayOf(ObjectSchemas.Text(), "The names, sorted.") }));

    /// <summary>Returns the schema of a list of tags.</summary>
    public static JsonSchema TagsSchema(OpenApiDocument document) => ObjectSchemas.Define(
        document,
        "TagList",
        static () => ObjectSchemas.Object(
            "Tags of a repository.",
            new()
            {
                ["name"] = ObjectSchemas.Text("The repository."),
                ["tags"] = ObjectSchemas.ArrayOf(ObjectSchemas.Text(), "The tags, sorted."),
            }));

    /// <summary>Returns the schema of a manifest: clients may add any members.</summary>
    public static JsonSchema ManifestSchema(OpenApiDocument document) => ObjectSchemas.Define(
        document,
        "OciManifest",
        () => ObjectSchemas.Open(ObjectSchemas.Object(
            "An image manifest, which describes artifacts of every kind, or an image index.",
            new() { ["schemaVersion"] = Integer("The version of the schema: 2.") },
            new()
            {
                ["mediaType"] = ObjectSchemas.Text("The media type; it must equal the Content-Type."),
                ["artifactType"] = ObjectSchemas.Text("The type of the artifact."),
                ["config"] = new JsonSchemaProperty { Reference = DescriptorSchema(document).Reference },
                ["layers"] = ObjectSchemas.ArrayOf(DescriptorSchema(document), "The blobs of an image manifest."),
                ["manifests"] = ObjectSchemas.ArrayOf(DescriptorSchema(document), "The manifests of an image index."),
                ["subject"] = new JsonSchemaProperty { Reference = DescriptorSchema(document).Reference },
                ["annotations"] = Annotations(),
            })));

    private static JsonSchema DescriptorSchema(OpenApiDocument document) => ObjectSchemas.Define(
        document,
        "OciDescriptor",
        static () => ObjectSchemas.Open(ObjectSchemas.Object(
            "The type, digest and size of a blob or a manifest.",
            new()
            {
                ["mediaType"] = ObjectSchemas.Text("The media type."),
                ["digest"] = ObjectSchemas.Text("The digest."),
                ["size"] = Integer("The length in bytes."),
            },
            new()
            {
                ["artifactType"] = ObjectSchemas.Text("The type of the artifact."),
                ["annotations"] = Annotations(),
            })));

    private static JsonObject Descriptor(string mediaType, string digest, int size) =>
        new() { ["mediaType"] = mediaType, ["digest"] = digest, ["size"] = size };

    private static JsonSchemaProperty Integer(string description) =>
        new() { Type = JsonObjectType.Integer, Format = "int64", Description = description };

    private static JsonSchemaProperty Annotations() => new()
    {
        Type = JsonObjectType.Object,
        Description = "Annotations by name.",
        AdditionalPropertiesSchema = ObjectSchemas.Text(),
    };
}
