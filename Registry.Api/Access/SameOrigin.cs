using Registry.Api.Http;

namespace Registry.Api.Access;

/// <summary>Decides whether a browser sent a request for a page of this registry.</summary>
internal static class SameOrigin
{
    private const string FetchSite = "Sec-Fetch-Site";

    /// <summary>
    /// Whether the browser says that the request comes from a page of this registry: by <c>Origin</c>, or without it by
    /// <c>Sec-Fetch-Site</c>, or without both by <c>Referer</c>. False if all three are missing.
    /// </summary>
    /// <param name="request">The request. Forwarded headers have been applied.</param>
    public static bool IsOf(HttpRequest request)
    {
        var headers = request.Headers;
        if (headers.Origin.Count > 0)
            return headers.Origin.Count == 1 && IsOwn(headers.Origin[0], request);
        if (headers.TryGetValue(FetchSite, out var site))
            return site == "same-origin";
        return headers.Referer.Count == 1
            && Uri.TryCreate(headers.Referer[0], UriKind.Absolute, out var page)
            && IsOwn(page.GetLeftPart(UriPartial.Authority), request);
    }

    private static bool IsOwn(string? origin, HttpRequest request) =>
        WebOrigin.TryParse(origin, out var parsed) && parsed.IsOf(request);
}
