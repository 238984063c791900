using Microsoft.Net.Http.Headers;
using NJsonSchema;
using NSwag;
using Registry.Api.Oci;

namespace Registry.Api.OpenApi;

/// <summary>
/// The headers of requests and responses. They are repeated wherever they are used, because NSwag writes references to
/// shared headers that cannot be resolved.
/// </summary>
internal static class HeaderParts
{
    private static readonly Dictionary<string, (string Meaning, object Example)> ResponseHeaders = new()
    {
        [HeaderNames.ETag] = ("The strong entity tag of the response.", $"\"{Sample.Digest}\""),
        [HeaderNames.LastModified] = (
            "The time of the push or upload, if the URL always identifies the same bytes.",
            "Sun, 22 Nov 2026 04:12:06 GMT"),
        [HeaderNames.Vary] = ("The response may be compressed.", "Accept-Encoding"),
        [HeaderNames.AcceptRanges] = ("`Range` is supported.", "bytes"),
        [HeaderNames.ContentRange] =
            ("The range of the response and the total length; with 416 only the length.", "bytes 0-99/583"),
        [HeaderNames.ContentDisposition] =
            ("The suggested file name.", "attachment; filename=\"hello_elasticsearch_1.0.0.tar.gz\""),
        [HeaderNames.Link] = (
            "The URL of the next page, without the host. The last page has no such header.",
            "</v2/_catalog?last=hello%2Felasticsearch&n=1>; rel=\"next\""),
        [HeaderNames.Location] = (
            "The URL of the blob, the manifest or the upload session, without the host.",
            $"/v2/{Sample.FullName}/blobs/sha256:{Sample.ChartDigest}"),
        [HeaderNames.Range] = ("The range of the bytes that the upload has; `0-0` also for none.", "0-0"),
        [OciHeaders.ContentDigest] =
            ("The digest of the blob or the manifest.", $"sha256:{Sample.ChartDigest}"),
        [OciHeaders.Version] = ("The version of the API.", "registry/2.0"),
        [OciHeaders.UploadId] = ("The id of the upload session.", Sample.UploadId),
        [OciHeaders.Subject] = (
            "The digest of the `subject` of the manifest, if it has one.", $"sha256:{Sample.ChartDigest}"),
        [OciHeaders.Tag] = ("The tags of `tag`, if there are any.", "latest"),
        [OciHeaders.FiltersApplied] = ("The filters of the request, if there are any.", "artifactType"),
        [HeaderNames.Allow] = ("The supported methods.", "GET, HEAD"),
        [HeaderNames.WWWAuthenticate] = ("How a client logs in.", "Basic realm=\"Registry\""),
        [HeaderNames.RetryAfter] = ("The number of seconds to wait before a retry.", 2),
    };

    private static readonly Dictionary<string, string> RequestHeaders = new()
    {
        [HeaderNames.IfNoneMatch] = "An `ETag`: returns 304 if it still matches.",
        [HeaderNames.IfMatch] = "An `ETag`: returns 412 if it does not match.",
        [HeaderNames.IfModifiedSince] =
            "A `Last-Modified`: returns 304 if nothing is newer. `If-None-Match` takes precedence.",
        [HeaderNames.Range] = "One range of bytes, such as `bytes=0-99`: returns 206 with that range.",
        [HeaderNames.IfRange] = "An `ETag`: `Range` is ignored if it does not match.",
    };

    /// <summary>Adds headers to a response.</summary>
    public static void AddTo(OpenApiResponse response, params IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            var (meaning, example) = ResponseHeaders[name];
            response.Headers.Add(name, new OpenApiHeader
            {
                Description = meaning,
                Schema = new JsonSchema { Type = example is int ? JsonObjectType.Integer : JsonObjectType.String },
                Example = example,
            });
        }
    }

    /// <summary>Creates the parameters for headers of a request.</summary>
    public static IEnumerable<OpenApiParameter> Parameters(params IEnumerable<string> names) =>
        from name in names
        select new OpenApiParameter
        {
            Name = name,
            Kind = OpenApiParameterKind.Header,
            Description = RequestHeaders[name],
            Schema = ObjectSchemas.Text(),
        };
}
