using System.Text.Json.Nodes;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace Registry.Api.OpenApi;

/// <summary>The headers of requests and answers, described once and referred to.</summary>
internal static class HeaderParts
{
    private static readonly (string Name, string Meaning, string Example)[] Answers =
    [
        (HeaderNames.ETag, "Names exactly these bytes; strong.", $"\"{Sample.Digest}\""),
        (
            HeaderNames.LastModified,
            "When it was pushed or uploaded, where the address always stands for the same bytes.",
            "Sun, 22 Nov 2026 04:12:06 GMT"),
        (HeaderNames.Vary, "The answer may be compressed.", "Accept-Encoding"),
        (HeaderNames.AcceptRanges, "Parts of the file can be asked for.", "bytes"),
        (HeaderNames.ContentRange, "Which bytes these are, and of how many; only the latter with 416.", "bytes 0-99/583"),
        (HeaderNames.ContentDisposition, "A name to save the file under.", "attachment; filename=\"hello_elasticsearch_1.0.0.tar.gz\""),
        (HeaderNames.Allow, "The methods that this address answers.", "GET, HEAD"),
        (HeaderNames.RetryAfter, "After how many seconds to try again.", "2"),
    ];

    private static readonly (string Name, string Meaning)[] Requests =
    [
        (HeaderNames.IfNoneMatch, "An `ETag` from before: 304 where it still is the answer's."),
        (HeaderNames.IfMatch, "An `ETag`: 412 where it is not the answer's."),
        (
            HeaderNames.IfModifiedSince,
            "A `Last-Modified` from before: 304 where nothing is newer. `If-None-Match` counts before it."),
        (HeaderNames.Range, "One range of bytes, such as `bytes=0-99`: 206 with that part."),
        (HeaderNames.IfRange, "An `ETag`: `Range` counts only where it is the answer's."),
    ];

    /// <summary>References to headers of an answer.</summary>
    public static Dictionary<string, IOpenApiHeader> Of(OpenApiDocument document, params ReadOnlySpan<string> names)
    {
        var headers = new Dictionary<string, IOpenApiHeader>();
        foreach (var name in names)
            headers.Add(name, new OpenApiHeaderReference(name, document));
        return headers;
    }

    /// <summary>References to headers of a request.</summary>
    public static IEnumerable<IOpenApiParameter> Parameters(OpenApiDocument document, params IEnumerable<string> names) =>
        names.Select(name => new OpenApiParameterReference(name, document));

    /// <summary>Puts what is referred to into the document.</summary>
    public static void AddTo(OpenApiDocument document)
    {
        foreach (var (name, meaning, example) in Answers)
            document.AddComponent(name, new OpenApiHeader
            {
                Description = meaning,
                Schema = new OpenApiSchema { Type = name == HeaderNames.RetryAfter ? JsonSchemaType.Integer : JsonSchemaType.String },
                Example = name == HeaderNames.RetryAfter ? JsonNode.Parse(example) : example,
            });
        foreach (var (name, meaning) in Requests)
            document.AddComponent(name, new OpenApiParameter
            {
                Name = name,
                In = ParameterLocation.Header,
                Description = meaning,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
    }
}
