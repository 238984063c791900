namespace Registry.Api.Http;

/// <summary>
/// A path in which a name of several parts is one segment, so that a route matches it. Only routing and the endpoint
/// see this path.
/// </summary>
internal static class JoinedPath
{
    /// <summary>Stands for a slash within a name. The server rejects paths that contain it.</summary>
    public const char Joint = '\0';

    /// <summary>Returns the name in the segment of a route, or a path as the client sent it.</summary>
    /// <param name="segment">The segment of a route, or a joined path.</param>
    public static string Split(string segment) => segment.Replace(Joint, '/');

    /// <summary>Handles a request with a joined path, and restores its path afterwards.</summary>
    /// <param name="next">Routing and the endpoint.</param>
    /// <param name="context">The request.</param>
    /// <param name="joined">The joined path.</param>
    public static async Task InvokeAsync(RequestDelegate next, HttpContext context, string joined)
    {
        var path = context.Request.Path;
        context.Request.Path = joined;
        try
        {
            await next(context);
        }
        finally
        {
            context.Request.Path = path;
        }
    }
}
