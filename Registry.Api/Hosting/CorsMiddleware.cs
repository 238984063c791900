using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Registry.Api.Oci;

namespace Registry.Api.Hosting;

/// <summary>
/// Lets pages of every origin read every response, whether or not the request has an <c>Origin</c>, as CNR and KAR
/// always did. This includes errors: a page whose writes are rejected (<see cref="CrossOriginWritesMiddleware"/>) can
/// read the reason.
/// </summary>
internal sealed class CorsMiddleware(RequestDelegate next)
{
    /// <summary>
    /// The headers that a page may read. Of those of the protocols, browsers only show a few by default.
    /// </summary>
    private static readonly string Exposed = string.Join(
        ", ",
        ((string[])
        [
            HeaderNames.AcceptRanges, HeaderNames.ContentDisposition, HeaderNames.ContentRange, HeaderNames.ETag,
            HeaderNames.Link, HeaderNames.Location, HeaderNames.Range, HeaderNames.RetryAfter,
            HeaderNames.WWWAuthenticate, OciHeaders.ContentDigest, OciHeaders.Version, OciHeaders.UploadId,
            OciHeaders.FiltersApplied, OciHeaders.Subject, OciHeaders.Tag,
        ]).Order(StringComparer.Ordinal));

    /// <summary>Handles one request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = "*";
        headers.AccessControlExposeHeaders = Exposed;
        if (HttpMethods.IsOptions(context.Request.Method)
            && !StringValues.IsNullOrEmpty(context.Request.Headers.AccessControlRequestMethod))
        {
            headers.AccessControlAllowMethods = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
            var requested = context.Request.Headers.GetCommaSeparatedValues(HeaderNames.AccessControlRequestHeaders);
            headers.AccessControlAllowHeaders = string.Join(", ", requested.Where(IsAllowed));
        }

        return next(context);
    }

    /// <summary>
    /// Whether a page may send a header. The headers of trusted proxies are excluded: behind a proxy that forwards
    /// them, a page could pretend to be from the registry's origin (<see cref="CrossOriginWritesMiddleware"/>). A name
    /// that is not ASCII cannot be in a response.
    /// </summary>
    private static bool IsAllowed(string header) =>
        !header.AsSpan().ContainsAnyExceptInRange('!', '~')
        // In the response it would mean every header.
        && header != "*"
        && !header.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase);
}
