namespace Registry.Api.Http;

/// <summary>Where a web page comes from (RFC 6454): what browsers send as <c>Origin</c>.</summary>
/// <param name="Scheme">In lower case.</param>
/// <param name="Host">In lower case, international names as Punycode.</param>
/// <param name="Port">The default port of the scheme where none is given; -1 for a scheme without one.</param>
internal readonly record struct WebOrigin(string Scheme, string Host, int Port)
{
    /// <summary>
    /// Reads an origin such as <c>https://ui.example.org</c>: a scheme, a host, perhaps a port, and nothing else.
    /// </summary>
    /// <returns>False for a text that is no such origin, <c>null</c> included.</returns>
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
    /// Whether a page of this origin comes from the server that a request is for. The schemes need not be equal, as a
    /// proxy may end TLS.
    /// </summary>
    /// <param name="host">The host of the request; without a port it has the default port of the origin's
    /// scheme.</param>
    public bool IsOf(HostString host) =>
        Scheme is "http" or "https" && TryParse($"{Scheme}://{host.Value}", out var own) && own == this;
}
