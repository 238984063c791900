namespace Registry.Api.Http;

/// <summary>The security headers of an HTML page: what it may load, and that it may not be framed.</summary>
internal static class PageHeaders
{
    /// <summary>The directives that all pages share. They deny everything that a page does not allow.</summary>
    private const string Nothing = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>Sets the headers.</summary>
    /// <param name="response">The response with the page.</param>
    /// <param name="sources">
    /// The directives of the Content-Security-Policy that allow what this page loads, and say where its forms lead.
    /// </param>
    public static void Protect(HttpResponse response, string sources)
    {
        var headers = response.Headers;
        headers.ContentSecurityPolicy = $"{Nothing}; {sources}";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
    }
}
