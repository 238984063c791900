using System.Net;
using Registry.Api.Telemetry;
using Registry.Core.Settings;

namespace Registry.Api.Hosting;

/// <summary>Section <c>Telemetry</c>: the metrics for Prometheus.</summary>
public sealed class TelemetrySettings : ISettings
{
    /// <summary>The name of the section.</summary>
    internal const string Section = "Telemetry";

    /// <summary>The port that serves <c>/metrics</c>, and nothing else; 0 for none.</summary>
    /// <value>Default 0.</value>
    public int Port { get; set; }

    /// <summary>
    /// The address that the port listens on: an IP address, <c>localhost</c>, or <c>*</c> for all interfaces.
    /// </summary>
    /// <value>Default <c>localhost</c>.</value>
    public string Address { get; set; } = "localhost";

    /// <inheritdoc/>
    public IEnumerable<string> Errors()
    {
        if (Port is < 0 or > IPEndPoint.MaxPort)
            yield return $"TELEMETRY__PORT is {Port}; expected a port up to {IPEndPoint.MaxPort}, or 0 for none.";
        if (Address is not ("localhost" or "*") && !IPAddress.TryParse(Address, out _))
            yield return $"TELEMETRY__ADDRESS is '{Address}'; expected an IP address, localhost, or * for all "
                + "interfaces.";
    }

    /// <summary>Returns the error of a port that the registry itself listens on; none if they differ.</summary>
    internal static IEnumerable<string> Errors(IConfiguration configuration)
    {
        var port = new SettingsSection<TelemetrySettings>(configuration, Section).Read().Port;
        return port > 0 && ListenAddresses.PortsOf(configuration).Contains(port)
            ? [$"TELEMETRY__PORT is {port}, which the registry itself listens on; expected another port."]
            : [];
    }

    /// <param name="configuration">The configuration, which has the variables of OpenTelemetry too.</param>
    internal TelemetryOptions ToOptions(IConfiguration configuration) => new(
        Port,
        Address,
        OpenTelemetrySettings.PushesMetrics(configuration),
        OpenTelemetrySettings.PushesTraces(configuration));
}
