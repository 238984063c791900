using System.Text.Json.Nodes;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using NJsonSchema;
using NSwag;
using Registry.Core.Content;

namespace Registry.Api.OpenApi;

/// <summary>
/// The fields of a push, in each of the four ways that they may come: JSON, two kinds of form, and the query.
/// </summary>
internal static class PushBodySchema
{
    private const string JsonType = "application/json";
    private const string Form = "application/x-www-form-urlencoded";
    private const string Multipart = "multipart/form-data";

    private const string ForceMeaning =
        "`true` replaces the release where it is there in this media type. Anything else does not.";

    private static int LimitInKib => new ContentLimits().MaxMetadataBytes >> 10;

    /// <summary>The body, with the sample chart for an example.</summary>
    public static OpenApiRequestBody Describe() => new()
    {
        Description =
            "JSON or a form. A body that begins with `{` is read as JSON whatever its Content-Type, "
            + "so that plain `curl --data` works. A field that the body does not have is taken from the query. "
            + "A form may have a field `metadata` too: a text.",
        IsRequired = true,
        Content =
        {
            [JsonType] = new OpenApiMediaType { Schema = JsonShape(), Example = Example() },
            [Form] = new OpenApiMediaType { Schema = FormShape(Blob(), Forced()), Example = Example() },
            [Multipart] = MultipartForm(Forced()),
        },
    };

    /// <summary>The body for generated clients: the form that streams the package. It has the metadata, too.</summary>
    public static OpenApiRequestBody ClientDocumentProcessor()
    {
        var force = new JsonSchemaProperty
        {
            Type = JsonObjectType.Boolean,
            Default = false,
            Description = ForceMeaning,
        };
        var form = MultipartForm(force);
        form.Schema.Properties.Add("metadata", ObjectSchemas.Text("Text to store in the manifest."));
        // Clients that NSwag generates refuse a null in an optional field of a form unless it is nullable.
        foreach (var field in form.Schema.Properties.Values.Where(static field => !field.IsRequired))
            field.IsNullableRaw = true;
        return new OpenApiRequestBody { IsRequired = true, Content = { [Multipart] = form } };
    }

    /// <summary>The same fields as query parameters.</summary>
    public static IEnumerable<OpenApiParameter> Query() =>
        from field in (string[])["force", "release", "media_type", "blob", "metadata"]
        select new OpenApiParameter
        {
            Name = field,
            Kind = OpenApiParameterKind.Query,
            Description = $"In place of the field `{field}` of the body, where it has none.",
            Schema = field == "force" ? ObjectSchemas.OneOf("false", "true") : ObjectSchemas.Text(),
        };

    private static JsonSchema JsonShape()
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
    /// A form without metadata: pages that try the push out send every field, and would set the metadata to a text.
    /// </summary>
    private static JsonSchema FormShape(JsonSchemaProperty blob, JsonSchemaProperty force) => ObjectSchemas.Object(
        description: null,
        required: new() { ["release"] = Release(), ["blob"] = blob },
        optional: new() { ["media_type"] = MediaTypeName(), ["force"] = force });

    /// <summary>The same where the blob is a file.</summary>
    private static OpenApiMediaType MultipartForm(JsonSchemaProperty force)
    {
        var blob = ObjectSchemas.Binary();
        blob.Description = "The package: the `.tar.gz` itself, or its base64.";
        return new OpenApiMediaType
        {
            Schema = FormShape(blob, force),
            Encoding = { ["blob"] = new PartEncoding { ContentType = "application/gzip, text/plain" } },
        };
    }

    private static JsonSchemaProperty Forced()
    {
        // The first word and the default are what pages fill in: trying a push out must not replace a release.
        var shape = ObjectSchemas.OneOf("false", "true");
        shape.Default = "false";
        shape.Description = ForceMeaning;
        return shape;
    }

    private static JsonSchemaProperty Release()
    {
        var shape = ObjectSchemas.Text(
            "The release: a semantic version, prerelease and build metadata included.", Sample.Release);
        shape.MaxLength = Core.Versions.Release.MaxLength;
        return shape;
    }

    private static JsonSchemaProperty MediaTypeName() => ObjectSchemas.Text(
        "What is in the package: `helm`, `kpm`, `docker-compose`, …, short or as a long CNR media type. "
            + "`kpm` when there is none.",
        Sample.MediaType);

    private static JsonSchemaProperty Blob()
    {
        var shape =
            ObjectSchemas.Text("The package: a `.tar.gz` in base64. White space in it is stepped over.", Sample.Chart);
        shape.Format = "byte";
        return shape;
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
