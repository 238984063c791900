using Microsoft.AspNetCore.Http.Features;

namespace Registry.Api.Hosting;

/// <summary>
/// Gives routing the path as the client sent it where the server has shortened it. A namespace or name of <c>..</c> is
/// one that no package has (CNR, table A): the path is never taken for that of another package.
/// </summary>
internal sealed class UnnormalizedPaths(RequestDelegate next)
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
        if (path.StartsWith('/') && path.Split('/').Any(IsDots))
            request.Path = PathString.FromUriComponent(path);
    }

    private static bool IsDots(
        string segment) => segment.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) is "." or "..";
}
