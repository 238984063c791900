using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Net.Http.Headers;
using NJsonSchema;
using NSwag;
using Registry.Api.Cnr;
using Registry.Api.Http.Errors;

namespace Registry.Api.OpenApi;

/// <summary>The error responses of the document, created from the error table and the error writer.</summary>
internal static class ErrorParts
{
    /// <summary>The name of the schema of errors.</summary>
    public const string Plain = "Error";

    private const string Nested = "NestedError";

    /// <summary>The statuses whose response is the same for all operations, and is therefore shared.</summary>
    public static readonly int[] Shared = [403, 405, 408, 412, 413, 416, 500, 503, 507];

    /// <summary>Returns a reference to the shared response of a status. Adds the response if it is missing.</summary>
    public static OpenApiResponse Reference(int status, bool nested, OpenApiDocument document)
    {
        var error = ErrorTable.Default.OfStatus(status);
        var words = error.Code.Split('-').Select(static word => char.ToUpperInvariant(word[0]) + word[1..]);
        var name = string.Concat(words.Append(nested ? "Nested" : ""));
        if (!document.Responses.TryGetValue(name, out var shared))
        {
            shared = Response([error], nested, document);
            shared.Description += $": {error.Message}";
            document.Responses.Add(name, shared);
        }

        return new OpenApiResponse { Reference = shared };
    }

    /// <summary>Creates an error response with every error of a status as an example.</summary>
    public static OpenApiResponse Response(IReadOnlyList<ErrorResponse> errors, bool nested, OpenApiDocument document)
    {
        var content = new OpenApiMediaType { Schema = new JsonSchema { Reference = Schema(nested, document) } };
        foreach (var error in errors)
        {
            var same = content.Examples.Values
                .Count(example => example.Summary.StartsWith($"{error.Code}:", StringComparison.Ordinal));
            content.Examples.Add(
                same == 0 ? error.Code : $"{error.Code}-{same + 1}",
                new OpenApiExample
                {
                    Summary = $"{error.Code}: {error.Message}",
                    Value = ObjectSchemas.Value(Body(error, nested)),
                });
        }

        var response = new OpenApiResponse
        {
            Description = string.Join(" or ", errors.Select(static error => $"`{error.Code}`").Distinct()),
            Content = { ["application/json"] = content },
        };
        HeaderParts.AddTo(response, HeadersOf(errors[0].Status));
        return response;
    }

    private static JsonNode Body(ErrorResponse error, bool nested)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
            CnrProtocol.Of(nested ? Dialect.Appr : Dialect.Cnr).WriteError(json, error);
        return JsonNode.Parse(Encoding.UTF8.GetString(body.ToArray()))!;
    }

    private static IEnumerable<string> HeadersOf(int status)
    {
        var names = ErrorTable.Default.OfStatus(status).Headers.Select(static header => header.Name);
        return status switch
        {
            StatusCodes.Status405MethodNotAllowed => names.Append(HeaderNames.Allow),
            StatusCodes.Status416RangeNotSatisfiable => names.Append(HeaderNames.ContentRange),
            _ => names,
        };
    }

    private static JsonSchema Schema(bool nested, OpenApiDocument document)
    {
        if (document.Definitions.TryGetValue(nested ? Nested : Plain, out var schema))
            return schema;
        schema = ObjectSchemas.Object(
            nested
                ? "An error, with a copy under `error` for clients of Quay."
                : "An error.",
            new()
            {
                ["code"] = Codes(),
                ["message"] = ObjectSchemas.Text("The error message, for people."),
                ["details"] = new JsonSchemaProperty
                {
                    Type = JsonObjectType.Object,
                    Description = "The subject of the error, such as the package or the field. "
                        + "The members depend on `code`; it may be empty.",
                },
            });
        if (nested)
        {
            schema.Properties.Add("error", new JsonSchemaProperty { Reference = Schema(nested: false, document) });
            schema.RequiredProperties.Add("error");
        }

        document.Definitions.Add(nested ? Nested : Plain, schema);
        return schema;
    }

    private static JsonSchemaProperty Codes()
    {
        var words = ErrorTable.Default.Refusals.Values.Select(static entry => entry.Code)
            .Concat(ErrorTable.Default.Statuses.Values.Select(static entry => entry.Code));
        var codes = ObjectSchemas.OneOf([.. words.Distinct().Order(StringComparer.Ordinal)]);
        codes.Description = "The error code, for programs.";
        return codes;
    }
}
