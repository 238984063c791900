using Microsoft.Extensions.Options;

namespace Registry.Api.Hosting;

/// <summary>Requires valid host names or addresses.</summary>
internal sealed class HostSettingsValidator : IValidateOptions<HostSettings>
{
    public ValidateOptionsResult Validate(string? name, HostSettings options) => ValidationResults.Of(options.Entries
        .Where(static entry => Uri.CheckHostName(entry) is UriHostNameType.Unknown or UriHostNameType.Basic
            || (Uri.CheckHostName(entry) == UriHostNameType.IPv6 && !entry.StartsWith('[')))
        .Select(static entry =>
            $"HOSTS__ALLOWED contains '{entry}'; expected a host name or address without a port: registry.example.org, "
                + "10.0.0.1 or [::1]."));
}
