using Microsoft.AspNetCore.Http.Features;

namespace Registry.Api.Hosting;

/// <summary>
/// Restores the path that the client sent where the server has resolved dot segments. No package has a namespace or
/// name of <c>..</c>: such a path must not lead to another package.
/// </summary>
internal sealed class UnnormalizedPathsMiddleware(RequestDelegate next)
{
    /// <summary>Handles one request, before routing.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target.Contains("/.", StringComparison.Ordinal)
            || (target.Contains('%') && target.Contains("/%2e", StringComparison.OrdinalIgnoreCase)))
            Restore(context.Request, target);
        return next(context);
    }

    private static void Restore(HttpRequest request, string target)
    {
        var end = target.IndexOf('?');
        var path = end < 0 ? target : target[..end];
        if (path.StartsWith('/') && path.Split('/').Any(IsDotSegment))
            request.Path = PathString.FromUriComponent(path);
    }

    private static bool IsDotSegment(
        string segment) => segment.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) is "." or "..";
}
