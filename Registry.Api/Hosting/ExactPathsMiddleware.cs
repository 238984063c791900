using Microsoft.AspNetCore.Routing.Patterns;

namespace Registry.Api.Hosting;

/// <summary>
/// Matches paths exactly, which routing does not: case matters, and a path with an empty segment does not exist.
/// Neither does one with an escaped slash below packages; below app archives it is an unknown id.
/// </summary>
internal sealed class ExactPathsMiddleware(RequestDelegate next)
{
    /// <summary>Handles one request, between routing and its endpoint.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint() is RouteEndpoint endpoint
            && !Matches(endpoint.RoutePattern, context.Request.Path.Value ?? ""))
            context.SetEndpoint(null);
        return next(context);
    }

    private static bool Matches(RoutePattern pattern, string path)
    {
        if (path.Contains("//", StringComparison.Ordinal)
            || (path.Contains('%')
                && path.Contains("%2F", StringComparison.OrdinalIgnoreCase)
                && IsOfPackages(pattern)))
            return false;
        var rest = path.AsSpan().Trim('/');
        foreach (var segment in pattern.PathSegments)
        {
            var end = rest.IndexOf('/');
            var actual = end < 0 ? rest : rest[..end];
            if (segment is { IsSimple: true, Parts: [RoutePatternLiteralPart literal] }
                && !actual.SequenceEqual(literal.Content))
                return false;
            rest = end < 0 ? [] : rest[(end + 1)..];
        }

        return true;
    }

    private static bool IsOfPackages(RoutePattern pattern) =>
        pattern.PathSegments.Any(
            segment => segment is { IsSimple: true, Parts: [RoutePatternLiteralPart { Content: "packages" }] });
}
