namespace Registry.Api.Http;

/// <summary>The headers that protect a page for people: what it may load, and that nobody may frame it.</summary>
internal static class PageHeaders
{
    /// <summary>What no page here needs.</summary>
    private const string Nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Sets them.</summary>
    /// <param name="response">The answer with the page.</param>
    /// <param name="sources">The directives of the Content-Security-Policy that allow what this page loads.</param>
    public static void Protect(HttpResponse response, string sources)
    {
        var headers = response.Headers;
        headers.ContentSecurityPolicy = $"{Nothing}; {sources}";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
    }
}
