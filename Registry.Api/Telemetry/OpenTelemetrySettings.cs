using System.Globalization;

namespace Registry.Api.Telemetry;

/// <summary>
/// The standard variables of OpenTelemetry that the registry documents. The SDK reads them itself, and ignores invalid
/// values, so they are checked here.
/// </summary>
internal static class OpenTelemetrySettings
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string TracesExporter = "OTEL_TRACES_EXPORTER";
    private const string MetricsExporter = "OTEL_METRICS_EXPORTER";
    private const string Otlp = "otlp";
    private const string None = "none";

    private static readonly (string Name, Func<string, bool> IsValid, string Expected)[] Settings =
    [
        (
            Endpoint,
            static text => Uri.TryCreate(text, UriKind.Absolute, out var uri)
                && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps),
            "a URL such as http://collector:4317"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", static text => text is "grpc" or "http/protobuf", "grpc or http/protobuf"),
        ("OTEL_EXPORTER_OTLP_HEADERS", ArePairs, "name=value, several separated by commas"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", IsPositive, "a number of milliseconds above 0"),
        (TracesExporter, IsExporter, $"{Otlp} or {None}"),
        (MetricsExporter, IsExporter, $"{Otlp} or {None}"),
        ("OTEL_METRIC_EXPORT_INTERVAL", IsPositive, "a number of milliseconds above 0"),
        (
            "OTEL_TRACES_SAMPLER",
            static text => text is "always_on" or "always_off" or "traceidratio" or "parentbased_always_on"
                or "parentbased_always_off" or "parentbased_traceidratio",
            "always_on, always_off or traceidratio, also with the prefix parentbased_"),
        (
            "OTEL_TRACES_SAMPLER_ARG",
            static text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio)
                && ratio is >= 0 and <= 1,
            "a ratio from 0 to 1"),
        ("OTEL_SERVICE_NAME", static _ => true, "a name"),
        ("OTEL_RESOURCE_ATTRIBUTES", ArePairs, "name=value, several separated by commas"),
    ];

    /// <summary>The names of the variables.</summary>
    public static IEnumerable<string> Names => Settings.Select(static setting => setting.Name);

    /// <summary>
    /// Returns an error for each variable with an invalid value. The values of headers are not repeated, since they may
    /// contain credentials.
    /// </summary>
    public static IEnumerable<string> Errors(IConfiguration configuration) =>
        from setting in Settings
        let text = configuration[setting.Name]
        where !string.IsNullOrEmpty(text) && !setting.IsValid(text)
        select setting.Name.EndsWith("HEADERS", StringComparison.Ordinal)
            ? $"{setting.Name} is malformed; expected {setting.Expected}."
            : $"{setting.Name} is '{text}'; expected {setting.Expected}.";

    /// <summary>Whether metrics are sent to an OTLP endpoint.</summary>
    public static bool PushesMetrics(IConfiguration configuration) => Pushes(configuration, MetricsExporter);

    /// <summary>Whether traces are sent to an OTLP endpoint.</summary>
    public static bool PushesTraces(IConfiguration configuration) => Pushes(configuration, TracesExporter);

    private static bool Pushes(IConfiguration configuration, string exporter) =>
        !string.IsNullOrEmpty(configuration[Endpoint]) && configuration[exporter] is not None;

    private static bool IsExporter(string text) => text is Otlp or None;

    private static bool IsPositive(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;

    private static bool ArePairs(string text) =>
        text.Split(',', StringSplitOptions.TrimEntries).All(static pair => pair.IndexOf('=') > 0);
}
