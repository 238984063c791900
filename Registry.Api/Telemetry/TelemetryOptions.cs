namespace Registry.Api.Telemetry;

/// <summary>Which telemetry leaves the process.</summary>
/// <param name="Port">The port of the metrics for Prometheus; 0 for none.</param>
/// <param name="Address">The address that this port listens on: an IP address, <c>localhost</c>, or <c>*</c>.</param>
/// <param name="PushesMetrics">Whether metrics are sent to an OTLP endpoint.</param>
/// <param name="PushesTraces">Whether traces are sent to an OTLP endpoint.</param>
internal sealed record TelemetryOptions(int Port, string Address, bool PushesMetrics, bool PushesTraces)
{
    /// <summary>Whether anything reads the metrics.</summary>
    public bool HasMetrics => Port > 0 || PushesMetrics;
}
