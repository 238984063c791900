using Microsoft.Extensions.Options;

namespace Registry.Api.Hosting;

/// <summary>Requires valid addresses or networks.</summary>
internal sealed class ProxySettingsValidator : IValidateOptions<ProxySettings>
{
    public ValidateOptionsResult Validate(string? name, ProxySettings options) => ValidationResults.Of(options.Entries
        .Where(static entry => ProxySettings.Parse(entry) is null)
        .Select(
            static entry =>
                $"PROXIES__TRUSTED contains '{entry}'; expected an address such as 10.1.2.3 or a network such as "
                    + "10.0.0.0/8."));
}
