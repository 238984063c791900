using System.Net;
using Microsoft.Extensions.Options;

namespace Registry.Api.Hosting;

/// <summary>Requires a port and an address to listen on.</summary>
internal sealed class TelemetrySettingsValidator : IValidateOptions<TelemetrySettings>
{
    public ValidateOptionsResult Validate(string? name, TelemetrySettings options) =>
        ValidationResults.Of(Errors(options));

    private static IEnumerable<string> Errors(TelemetrySettings options)
    {
        if (options.Port is < 0 or > IPEndPoint.MaxPort)
            yield return $"TELEMETRY__PORT is {options.Port}; expected a port up to {IPEndPoint.MaxPort}, or 0 for "
                + "none.";
        if (options.Address is not ("localhost" or "*") && !IPAddress.TryParse(options.Address, out _))
            yield return $"TELEMETRY__ADDRESS is '{options.Address}'; expected an IP address, localhost, or * for all "
                + "interfaces.";
    }
}
