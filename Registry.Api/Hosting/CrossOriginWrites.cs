using Registry.Api.Http;
using Registry.Core.Errors;

namespace Registry.Api.Hosting;

/// <summary>
/// Refuses changes that a page of another web site makes in its reader's browser, before any of the body is read: such
/// a page reaches whatever the browser reaches, and nobody logs in. Browsers name the page's origin in every such
/// request; other clients send no <c>Origin</c>.
/// </summary>
internal sealed class CrossOriginWrites(RequestDelegate next, CorsSettings settings)
{
    private readonly HashSet<WebOrigin> allowed = settings.Parse();

    /// <summary>Handles one request, after the forwarded headers of trusted proxies.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.Forbidden"/>.</exception>
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Headers.Origin.Count == 0 || !IsWrite(request.Method) || IsTrusted(request))
            return next(context);
        var origin = request.Headers.Origin.ToString();
        throw new RegistryException(
            ErrorCode.Forbidden,
            $"A page of the origin '{origin}' must not change this registry, whose host is '{request.Host.Value}'. "
            + "Trusted origins are named in CORS__ORIGINS. A proxy in front of the registry must pass the Host "
                + "header on.",
            ("origin", origin));
    }

    private bool IsTrusted(HttpRequest request) =>
        request.Headers.Origin.Count == 1 && WebOrigin.TryParse(request.Headers.Origin[0], out var origin)
        && (origin.IsOf(request.Host) || allowed.Contains(origin));

    private static bool IsWrite(string method) =>
        HttpMethods.IsPost(method) || HttpMethods.IsPut(method)
        || HttpMethods.IsPatch(method) || HttpMethods.IsDelete(method);
}
