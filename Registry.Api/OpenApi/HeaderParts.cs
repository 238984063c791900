using Microsoft.Net.Http.Headers;
using NJsonSchema;
using NSwag;

namespace Registry.Api.OpenApi;

/// <summary>
/// The headers of requests and answers. They are written out wherever they are used: NSwag writes references to shared
/// ones that cannot be resolved.
/// </summary>
internal static class HeaderParts
{
    private static readonly Dictionary<string, (string Meaning, object Example)> Answers = new()
    {
        [HeaderNames.ETag] = ("Names exactly these bytes; strong.", $"\"{Sample.Digest}\""),
        [HeaderNames.LastModified] = (
            "When it was pushed or uploaded, where the address always stands for the same bytes.",
            "Sun, 22 Nov 2026 04:12:06 GMT"),
        [HeaderNames.Vary] = ("The answer may be compressed.", "Accept-Encoding"),
        [HeaderNames.AcceptRanges] = ("Parts of the file can be asked for.", "bytes"),
        [HeaderNames.ContentRange] =
            ("Which bytes these are, and of how many; only the latter with 416.", "bytes 0-99/583"),
        [HeaderNames.ContentDisposition] =
            ("A name to save the file under.", "attachment; filename=\"hello_elasticsearch_1.0.0.tar.gz\""),
        [HeaderNames.Allow] = ("The methods that this address answers.", "GET, HEAD"),
        [HeaderNames.RetryAfter] = ("After how many seconds to try again.", 2),
    };

    private static readonly Dictionary<string, string> Requests = new()
    {
        [HeaderNames.IfNoneMatch] = "An `ETag` from before: 304 where it still is the answer's.",
        [HeaderNames.IfMatch] = "An `ETag`: 412 where it is not the answer's.",
        [HeaderNames.IfModifiedSince] =
            "A `Last-Modified` from before: 304 where nothing is newer. `If-None-Match` counts before it.",
        [HeaderNames.Range] = "One range of bytes, such as `bytes=0-99`: 206 with that part.",
        [HeaderNames.IfRange] = "An `ETag`: `Range` counts only where it is the answer's.",
    };

    /// <summary>Adds headers to an answer.</summary>
    public static void AddTo(OpenApiResponse response, params IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            var (meaning, example) = Answers[name];
            response.Headers.Add(name, new OpenApiHeader
            {
                Description = meaning,
                Schema = new JsonSchema { Type = example is int ? JsonObjectType.Integer : JsonObjectType.String },
                Example = example,
            });
        }
    }

    /// <summary>Headers of a request.</summary>
    public static IEnumerable<OpenApiParameter> Parameters(params IEnumerable<string> names) =>
        from name in names
        select new OpenApiParameter
        {
            Name = name,
            Kind = OpenApiParameterKind.Header,
            Description = Requests[name],
            Schema = ObjectSchemas.Text(),
        };
}
