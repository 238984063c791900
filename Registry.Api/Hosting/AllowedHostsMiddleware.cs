using Registry.Api.Health;
using Registry.Core.Errors;

namespace Registry.Api.Hosting;

/// <summary>
/// Accepts only the hosts that <c>HOSTS__ALLOWED</c> lists. A web page can point its own host name at any address (DNS
/// rebinding), so that the browser treats the registry as the page's origin; the <c>Host</c> header reveals that.
/// Health checks are exempt, as probes use the address.
/// </summary>
internal sealed class AllowedHostsMiddleware(RequestDelegate next, HostSettings settings)
{
    private readonly HashSet<string> allowed = settings.Parse();

    /// <summary>Handles one request, after the forwarded headers of trusted proxies.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.Forbidden"/>: the host is not allowed.</exception>
    public Task InvokeAsync(HttpContext context)
    {
        var host = context.Request.Host;
        if (allowed.Count == 0 || allowed.Contains(host.Host) || HealthController.IsAt(context.Request.Path))
            return next(context);
        throw new RegistryException(
            ErrorCode.Forbidden,
            $"The host '{host.Value}' is not allowed. HOSTS__ALLOWED lists the allowed hosts.",
            ("host", host.Value));
    }
}
