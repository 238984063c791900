namespace Registry.Api.Http;

/// <summary>The origin of a web page (RFC 6454), which browsers send as <c>Origin</c>.</summary>
/// <param name="Scheme">The scheme, in lower case.</param>
/// <param name="Host">The host, in lower case; international names as Punycode.</param>
/// <param name="Port">The port, or the default port of the scheme; -1 if the scheme has none.</param>
internal readonly record struct WebOrigin(string Scheme, string Host, int Port)
{
    /// <summary>
    /// Parses an origin such as <c>https://ui.example.org</c>: a scheme, a host, an optional port, and nothing else.
    /// </summary>
    /// <returns>False if the text is not an origin; the text <c>null</c> is not.</returns>
    public static bool TryParse(string? text, out WebOrigin origin)
    {
        origin = default;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.IdnHost.Length == 0 || uri.UserInfo.Length > 0
            || text.AsSpan().Count('/') != 2 || text.AsSpan().ContainsAny('?', '#', '\\'))
            return false;
        origin = new WebOrigin(uri.Scheme, uri.IdnHost.ToLowerInvariant(), uri.Port);
        return true;
    }

    /// <summary>
    /// Whether this is the origin of the server that a request addresses. Its scheme may be https although that of the
    /// request is http, as a proxy may terminate TLS and not say so; the reverse is another origin.
    /// </summary>
    /// <param name="request">
    /// The request. A host without a port has the default port of the origin's scheme.
    /// </param>
    public bool IsOf(HttpRequest request) =>
        (Scheme == "https" || (Scheme == "http" && !request.IsHttps))
        && TryParse($"{Scheme}://{request.Host.Value}", out var own)
        && own == this;
}
