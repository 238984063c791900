using Registry.Api.Http;
using Registry.Core.Errors;

namespace Registry.Api.Hosting;

/// <summary>
/// Rejects writes from pages of other websites before the body is read. Such a page can reach every server that the
/// browser can reach, and without access control the registry asks for no credentials. Browsers send the page's
/// <c>Origin</c> with every write; other clients send none.
/// </summary>
internal sealed class CrossOriginWritesMiddleware(RequestDelegate next, CorsSettings settings)
{
    private readonly HashSet<WebOrigin> allowed = settings.Parse();

    /// <summary>Handles one request, after the forwarded headers of trusted proxies.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.Forbidden"/>: the origin is not trusted.</exception>
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Headers.Origin.Count == 0 || !IsWrite(request.Method) || IsTrusted(request))
            return next(context);
        var origin = request.Headers.Origin.ToString();
        throw new RegistryException(
            ErrorCode.Forbidden,
            $"Pages of the origin '{origin}' may not write to this registry, whose host is '{request.Host.Value}'. "
                + "CORS__ORIGINS lists the trusted origins. A proxy in front of the registry must forward the Host "
                + "header.",
            ("origin", origin));
    }

    private bool IsTrusted(HttpRequest request) =>
        request.Headers.Origin.Count == 1 && WebOrigin.TryParse(request.Headers.Origin[0], out var origin)
        && (origin.IsOf(request) || allowed.Contains(origin));

    private static bool IsWrite(string method) =>
        HttpMethods.IsPost(method) || HttpMethods.IsPut(method)
        || HttpMethods.IsPatch(method) || HttpMethods.IsDelete(method);
}
