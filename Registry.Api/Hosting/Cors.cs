using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Registry.Api.Hosting;

/// <summary>
/// Lets pages of every origin read every answer, whether or not the request names its origin, as both protocols always
/// did (CNR, table A). Refusals included: the author of a page whose writes are refused
/// (<see cref="CrossOriginWrites"/>) can read why.
/// </summary>
internal sealed class Cors(RequestDelegate next)
{
    /// <summary>Handles one request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = "*";
        headers.AccessControlExposeHeaders =
            "Accept-Ranges, Content-Disposition, Content-Range, ETag, Link, Retry-After";
        if (HttpMethods.IsOptions(context.Request.Method)
            && !StringValues.IsNullOrEmpty(context.Request.Headers.AccessControlRequestMethod))
        {
            headers.AccessControlAllowMethods = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
            var requested = context.Request.Headers.GetCommaSeparatedValues(HeaderNames.AccessControlRequestHeaders);
            headers.AccessControlAllowHeaders = string.Join(", ", requested.Where(IsFree));
        }

        return next(context);
    }

    /// <summary>
    /// Whether a page may send a header. Those that trusted proxies set are not free: with one that passes them on, a
    /// page could pass for one of the registry's own (<see cref="CrossOriginWrites"/>). A name that is not ASCII cannot
    /// stand in an answer.
    /// </summary>
    private static bool IsFree(string header) =>
        !header.AsSpan().ContainsAnyExceptInRange('!', '~')
        // In the answer it would mean every header.
        && header != "*"
        && !header.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase);
}
