using Microsoft.AspNetCore.Http.Features;

namespace Registry.Api.Http;

/// <summary>The server's limit of request bodies.</summary>
internal static class BodyLimit
{
    /// <summary>
    /// Lifts it for a request with a limit of its own. The server would close the connection while the client still
    /// sends, and the client would never read the 413.
    /// </summary>
    public static void Lift(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
            body.MaxRequestBodySize = null;
    }
}
