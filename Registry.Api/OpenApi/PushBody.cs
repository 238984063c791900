using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Registry.Core.Content;

namespace Registry.Api.OpenApi;

/// <summary>The fields of a push, in each of the four ways that they may come: JSON, two kinds of form, and the query.</summary>
internal static class PushBody
{
    private const string Json = "application/json";
    private const string Form = "application/x-www-form-urlencoded";
    private const string Multipart = "multipart/form-data";

    /// <summary>The body, with the sample chart for an example.</summary>
    public static OpenApiRequestBody Describe() => new()
    {
        Description =
            "JSON or a form. A body that begins with `{` is read as JSON whatever its Content-Type, so that plain `curl --data` works. "
            + "A field that the body does not have is taken from the query. A form may have a field `metadata` too: a text.",
        Required = true,
        Content = new Dictionary<string, IOpenApiMediaType>
        {
            [Json] = new OpenApiMediaType { Schema = JsonShape(), Example = Example() },
            [Form] = new OpenApiMediaType { Schema = FilledInShape(), Example = Example() },
            [Multipart] = new OpenApiMediaType
            {
                Schema = MultipartShape(),
                Encoding = new Dictionary<string, OpenApiEncoding>
                {
                    ["blob"] = new() { ContentType = "application/gzip, text/plain" },
                },
            },
        },
    };

    /// <summary>The same fields as query parameters.</summary>
    public static IEnumerable<IOpenApiParameter> Query() =>
        from field in FormShape().Properties!
        orderby field.Key == "force" descending
        select new OpenApiParameter
        {
            Name = field.Key,
            In = ParameterLocation.Query,
            Description = $"In place of the field `{field.Key}` of the body, where it has none.",
            Schema = field.Value is OpenApiSchema shape ? new OpenApiSchema { Type = shape.Type, Enum = shape.Enum } : null,
        };

    private static OpenApiSchema JsonShape() => new()
    {
        Type = JsonSchemaType.Object,
        Required = new HashSet<string> { "release", "blob" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["release"] = Release(),
            ["media_type"] = Nullable(MediaTypeName()),
            ["blob"] = Blob(),
            ["force"] = new OpenApiSchema
            {
                Description = ForceMeaning,
                OneOf = [new OpenApiSchema { Type = JsonSchemaType.Boolean }, Shapes.OneOf("true", "false")],
            },
            ["metadata"] = new OpenApiSchema { Description = $"Any JSON value that the manifest shall carry, at most {LimitInKib} KiB; `null` for none." },
        },
    };

    private static OpenApiSchema FormShape() => new()
    {
        Type = JsonSchemaType.Object,
        Required = new HashSet<string> { "release", "blob" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["release"] = Release(),
            ["media_type"] = MediaTypeName(),
            ["blob"] = Blob(),
            ["force"] = Forced(),
            ["metadata"] = Shapes.Text("A text that the manifest shall carry."),
        },
    };

    /// <summary>
    /// A form without metadata: pages that try the push out send every field, and would set the metadata to a text.
    /// </summary>
    private static OpenApiSchema FilledInShape()
    {
        var shape = FormShape();
        shape.Properties!.Remove("metadata");
        return shape;
    }

    /// <summary>The same where the blob is a file.</summary>
    private static OpenApiSchema MultipartShape()
    {
        var shape = FilledInShape();
        var blob = Shapes.Binary();
        blob.Description = "The package: the `.tar.gz` itself, or its base64.";
        shape.Properties!["blob"] = blob;
        return shape;
    }

    private const string ForceMeaning = "`true` replaces the release where it is there in this media type. Anything else does not.";

    private static int LimitInKib => new ContentLimits().MaxMetadataBytes >> 10;

    private static OpenApiSchema Forced()
    {
        // The first word and the default are what pages fill in: trying a push out must not replace a release.
        var shape = Shapes.OneOf("false", "true");
        shape.Default = "false";
        shape.Description = ForceMeaning;
        return shape;
    }

    private static OpenApiSchema Release() => new()
    {
        Type = JsonSchemaType.String,
        MaxLength = Core.Versions.Release.MaxLength,
        Description = "The release: a semantic version, prerelease and build metadata included.",
        Examples = [Sample.Release],
    };

    private static OpenApiSchema MediaTypeName() =>
        Shapes.Text("What is in the package: `helm`, `kpm`, `docker-compose`, …, short or as a long CNR media type. `kpm` when there is none.", Sample.MediaType);

    private static OpenApiSchema Blob() => new()
    {
        Type = JsonSchemaType.String,
        Format = "byte",
        Description = "The package: a `.tar.gz` in base64. White space in it is stepped over.",
        Examples = [Sample.Chart],
    };

    private static OpenApiSchema Nullable(OpenApiSchema shape)
    {
        shape.Type |= JsonSchemaType.Null;
        return shape;
    }

    private static JsonObject Example() =>
        new() { ["release"] = Sample.Release, ["media_type"] = Sample.MediaType, ["blob"] = Sample.Chart };
}
