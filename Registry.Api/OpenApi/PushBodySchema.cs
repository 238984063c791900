using System.Text.Json.Nodes;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using NJsonSchema;
using NSwag;
using Registry.Core.Content;

namespace Registry.Api.OpenApi;

/// <summary>
/// The fields of a push in its four formats: JSON, two kinds of form, and the query.
/// </summary>
internal static class PushBodySchema
{
    private const string JsonType = "application/json";
    private const string Form = "application/x-www-form-urlencoded";
    private const string Multipart = "multipart/form-data";

    private const string ForceMeaning =
        "`true` replaces the release if it exists in this media type. Any other value does not.";

    private static int LimitInKib => new ContentLimits().MaxMetadataBytes >> 10;

    /// <summary>Creates the request body, with the sample chart as its example.</summary>
    /// <param name="document">Unused: no schema is shared.</param>
    public static OpenApiRequestBody Describe(OpenApiDocument document) => new()
    {
        Description =
            "JSON or a form. A body that begins with `{` is read as JSON whatever its Content-Type, "
            + "so that plain `curl --data` works. Fields that are missing in the body are taken from the query. "
            + "A form may also have a text field `metadata`.",
        IsRequired = true,
        Content =
        {
            [JsonType] = new OpenApiMediaType { Schema = JsonBody(), Example = Example() },
            [Form] = new OpenApiMediaType { Schema = FormSchema(Blob(), ForceField()), Example = Example() },
            [Multipart] = MultipartForm(ForceField()),
        },
    };

    /// <summary>
    /// Creates the request body for generated clients: the form that streams the package, including metadata.
    /// </summary>
    public static OpenApiRequestBody DescribeForClients()
    {
        var force = new JsonSchemaProperty
        {
            Type = JsonObjectType.Boolean,
            Default = false,
            Description = ForceMeaning,
        };
        var form = MultipartForm(force);
        form.Schema.Properties.Add("metadata", ObjectSchemas.Text("Text to store in the manifest."));
        // Clients that NSwag generates reject null for an optional field of a form unless it is nullable.
        foreach (var field in form.Schema.Properties.Values.Where(static field => !field.IsRequired))
            field.IsNullableRaw = true;
        return new OpenApiRequestBody { IsRequired = true, Content = { [Multipart] = form } };
    }

    /// <summary>Creates the query parameters for the same fields.</summary>
    public static IEnumerable<OpenApiParameter> Query() =>
        from field in (string[])["force", "release", "media_type", "blob", "metadata"]
        select new OpenApiParameter
        {
            Name = field,
            Kind = OpenApiParameterKind.Query,
            Description = $"Used if the body has no field `{field}`.",
            Schema = field == "force" ? ObjectSchemas.OneOf("false", "true") : ObjectSchemas.Text(),
        };

    private static JsonSchema JsonBody()
    {
        var mediaType = MediaTypeName();
        mediaType.IsNullableRaw = true;
        return ObjectSchemas.Object(
            description: null,
            required: new() { ["release"] = Release(), ["blob"] = Blob() },
            optional: new()
            {
                ["media_type"] = mediaType,
                ["force"] = new JsonSchemaProperty
                {
                    Description = ForceMeaning,
                    OneOf = { new JsonSchema { Type = JsonObjectType.Boolean }, ObjectSchemas.OneOf("true", "false") },
                },
                ["metadata"] = new JsonSchemaProperty
                {
                    Description =
                        $"Any JSON value to store in the manifest, at most {LimitInKib} KiB; `null` for none.",
                },
            });
    }

    /// <summary>
    /// Creates a form without metadata, because Swagger UI sends every field and would set the metadata to a string.
    /// </summary>
    private static JsonSchema FormSchema(JsonSchemaProperty blob, JsonSchemaProperty force) => ObjectSchemas.Object(
        description: null,
        required: new() { ["release"] = Release(), ["blob"] = blob },
        optional: new() { ["media_type"] = MediaTypeName(), ["force"] = force });

    /// <summary>Creates the form with the blob as a file.</summary>
    private static OpenApiMediaType MultipartForm(JsonSchemaProperty force)
    {
        var blob = ObjectSchemas.Binary();
        blob.Description = "The package: the `.tar.gz` itself, or its base64.";
        return new OpenApiMediaType
        {
            Schema = FormSchema(blob, force),
            Encoding = { ["blob"] = new PartEncoding { ContentType = "application/gzip, text/plain" } },
        };
    }

    private static JsonSchemaProperty ForceField()
    {
        // Swagger UI fills in the first value and the default, which must not replace a release.
        var schema = ObjectSchemas.OneOf("false", "true");
        schema.Default = "false";
        schema.Description = ForceMeaning;
        return schema;
    }

    private static JsonSchemaProperty Release()
    {
        var schema = ObjectSchemas.Text(
            "The release: a semantic version, which may have a prerelease and build metadata.", Sample.Release);
        schema.MaxLength = Core.Versions.Release.MaxLength;
        return schema;
    }

    private static JsonSchemaProperty MediaTypeName() => ObjectSchemas.Text(
        "The media type of the package, such as `helm`, `kpm` or `docker-compose`, or a long CNR media type. "
            + "The default is `kpm`.",
        Sample.MediaType);

    private static JsonSchemaProperty Blob()
    {
        var schema =
            ObjectSchemas.Text("The package: a `.tar.gz` in base64. White space is ignored.", Sample.Chart);
        schema.Format = "byte";
        return schema;
    }

    private static JToken? Example() => ObjectSchemas.Value(
        new JsonObject { ["release"] = Sample.Release, ["media_type"] = Sample.MediaType, ["blob"] = Sample.Chart });

    /// <summary>
    /// The encoding of a part. The base class writes its type as <c>encodingType</c>, which is not OpenAPI.
    /// </summary>
    private sealed class PartEncoding : OpenApiEncoding
    {
        [JsonProperty("contentType")]
        public required string ContentType { get; init; }
    }
}
