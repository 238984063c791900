namespace Registry.Api.Hosting;

/// <summary>
/// Sets <see cref="HttpRequest.PathBase"/>, with which every link begins, to the path below which the client sees the
/// registry: the setting <c>PATHBASE</c>, or the <c>X-Forwarded-Prefix</c> of a trusted proxy. A proxy may forward the
/// prefix or remove it.
/// </summary>
/// <remarks>
/// Runs before the forwarded headers are applied, where the header of a trusted proxy replaces the setting. A header
/// that is not a valid prefix is removed: a proxy that does not set it forwards the client's, and a link must not lead
/// to another host.
/// </remarks>
internal sealed class PathPrefixMiddleware(RequestDelegate next, PathBaseSettings settings)
{
    private const string Header = "X-Forwarded-Prefix";

    private readonly PathString configured = settings.Prefix;

    /// <summary>Handles one request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (configured.HasValue)
        {
            if (request.Path.StartsWithSegments(configured, StringComparison.Ordinal, out var rest))
                request.Path = rest;
            request.PathBase = configured;
        }

        if (request.Headers.TryGetValue(Header, out var forwarded))
        {
            // Of several proxies, only the nearest counts.
            var prefix = PathBaseSettings.Parse(forwarded.ToString().Split(',')[^1]);
            if (prefix is { HasValue: true })
                request.Headers[Header] = prefix.Value.Value;
            else
                request.Headers.Remove(Header);
        }

        return next(context);
    }
}
