namespace Registry.Api.Hosting;

/// <summary>
/// Sets <see cref="HttpRequest.PathBase"/>, which every link begins with, to the path below which the client sees the
/// registry: the setting <c>PATHBASE</c>, or what a trusted proxy says in <c>X-Forwarded-Prefix</c>. A proxy may pass
/// the prefix on or take it off.
/// </summary>
/// <remarks>
/// Stands before the forwarded headers are applied, which puts the header of a trusted proxy in place of the setting. A
/// header that is no prefix is removed: a proxy that does not set it passes on what its client sent, and a link must
/// not lead to another host.
/// </remarks>
internal sealed class PathPrefix(RequestDelegate next, PathBaseSettings settings)
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
            // Of several proxies, only the nearest is judged.
            var prefix = PathBaseSettings.Parse(forwarded.ToString().Split(',')[^1]);
            if (prefix is { HasValue: true })
                request.Headers[Header] = prefix.Value.Value;
            else
                request.Headers.Remove(Header);
        }

        return next(context);
    }
}
