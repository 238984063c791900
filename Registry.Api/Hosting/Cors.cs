using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Registry.Api.Hosting;

/// <summary>
/// Lets every origin in, on every answer and whether or not the request names one, as both protocols always did (CNR, table A). There are
/// no credentials to protect.
/// </summary>
internal sealed class Cors(RequestDelegate next)
{
    /// <summary>Handles one request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = "*";
        headers.AccessControlExposeHeaders = "Accept-Ranges, Content-Disposition, Content-Range, ETag, Link, Retry-After";
        if (HttpMethods.IsOptions(context.Request.Method) && !StringValues.IsNullOrEmpty(context.Request.Headers.AccessControlRequestMethod))
        {
            headers.AccessControlAllowMethods = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
            headers.Append(HeaderNames.AccessControlAllowHeaders, context.Request.Headers.AccessControlRequestHeaders);
        }

        return next(context);
    }
}
