using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;
using Registry.Api.Http.Errors;

namespace Registry.Api.OpenApi;

/// <summary>How the document shows errors: all of it follows from the error table and is written by the writer of errors.</summary>
internal static class ErrorParts
{
    private const string Plain = "Error";
    private const string Nested = "NestedError";

    /// <summary>The statuses that say the same wherever they come from: shared, and referred to.</summary>
    public static readonly int[] Shared = [403, 405, 408, 412, 413, 416, 500, 503, 507];

    /// <summary>A reference to the shared response of a status.</summary>
    public static IOpenApiResponse Reference(int status, bool nested, OpenApiDocument document) => new OpenApiResponseReference(Name(status, nested), document);

    /// <summary>An error response of its own, with every error of that status as an example.</summary>
    public static OpenApiResponse Response(IReadOnlyList<ErrorAnswer> errors, bool nested, OpenApiDocument document)
    {
        var examples = new Dictionary<string, IOpenApiExample>();
        foreach (var error in errors)
        {
            var same = examples.Keys.Count(name => name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-') == error.Code);
            examples.Add(
                same == 0 ? error.Code : $"{error.Code}-{same + 1}",
                new OpenApiExample { Summary = $"{error.Code}: {error.Message}", Value = Body(error, nested) });
        }

        return new OpenApiResponse
        {
            Description = string.Join(" or ", errors.Select(error => $"`{error.Code}`").Distinct()),
            Headers = HeadersOf(errors[0].Status, document),
            Content = new Dictionary<string, IOpenApiMediaType>
            {
                ["application/json"] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(nested ? Nested : Plain, document), Examples = examples },
            },
        };
    }

    /// <summary>Puts the schemas and the shared responses into the document.</summary>
    public static void AddTo(OpenApiDocument document)
    {
        document.AddComponent(Plain, Schema());
        document.AddComponent(Nested, NestedSchema(document));
        foreach (var status in Shared)
            foreach (var nested in (ReadOnlySpan<bool>)[false, true])
            {
                var error = ErrorTable.OfStatus(status);
                var response = Response([error], nested, document);
                response.Description += $": {error.Message}";
                document.AddComponent(Name(status, nested), response);
            }
    }

    private static string Name(int status, bool nested) => string.Concat(
        ErrorTable.OfStatus(status).Code.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]).Append(nested ? "Nested" : ""));

    private static JsonNode Body(ErrorAnswer error, bool nested)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
            ErrorWriter.Write(json, error, nested);
        return JsonNode.Parse(Encoding.UTF8.GetString(body.ToArray()))!;
    }

    private static Dictionary<string, IOpenApiHeader>? HeadersOf(int status, OpenApiDocument document)
    {
        var names = ErrorTable.OfStatus(status).Headers.Select(header => header.Name).ToList();
        if (status == StatusCodes.Status405MethodNotAllowed)
            names.Add(HeaderNames.Allow);
        if (status == StatusCodes.Status416RangeNotSatisfiable)
            names.Add(HeaderNames.ContentRange);
        return names.Count == 0 ? null : HeaderParts.Of(document, [.. names]);
    }

    private static OpenApiSchema Schema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "What went wrong.",
        Required = new HashSet<string> { "code", "message", "details" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["code"] = Codes(),
            ["message"] = Shapes.Text("The error for people."),
            ["details"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "What the error is about: the package, the field, …; the members differ by `code`, and there may be none.",
                AdditionalPropertiesAllowed = true,
            },
        },
    };

    private static OpenApiSchema NestedSchema(OpenApiDocument document)
    {
        var schema = Schema();
        schema.Description = "What went wrong, twice: as it is and under `error`, where clients of Quay look.";
        schema.Required!.Add("error");
        schema.Properties!.Add("error", new OpenApiSchemaReference(Plain, document));
        return schema;
    }

    private static OpenApiSchema Codes()
    {
        var codes = Shapes.OneOf([.. ErrorTable.Refusals.Values.Select(entry => entry.Code)
            .Concat(ErrorTable.Statuses.Values.Select(entry => entry.Code)).Distinct().Order(StringComparer.Ordinal)]);
        codes.Description = "The error for programs.";
        return codes;
    }
}
