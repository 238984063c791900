using Registry.Api.Health;
using Registry.Core.Errors;

namespace Registry.Api.Hosting;

/// <summary>
/// Answers only to the names that <c>HOSTS__ALLOWED</c> lists. A web page can point a name of its own at any address
/// (DNS rebinding), and the browser then takes the registry for a part of that page; the name in <c>Host</c> tells.
/// Health is exempt, as probes call by address.
/// </summary>
internal sealed class AllowedHosts(RequestDelegate next, HostSettings settings)
{
    private readonly HashSet<string> allowed = settings.Parse();

    /// <summary>Handles one request, after the forwarded headers of trusted proxies.</summary>
    /// <exception cref="RegistryException"><see cref="ErrorCode.Forbidden"/>.</exception>
    public Task InvokeAsync(HttpContext context)
    {
        var host = context.Request.Host;
        if (allowed.Count == 0 || allowed.Contains(host.Host) || HealthController.IsAt(context.Request.Path))
            return next(context);
        throw new RegistryException(
            ErrorCode.Forbidden,
            $"This registry does not answer to the host '{host.Value}'. HOSTS__ALLOWED lists the names that it "
                + "answers to.",
            ("host", host.Value));
    }
}
