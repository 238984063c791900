using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Registry.Api.Health;
using Registry.Core.Events;
using Registry.Core.Telemetry;
using Registry.Core.Tokens;

namespace Registry.Api.Telemetry;

/// <summary>Composition of metrics and traces.</summary>
internal static class TelemetryServices
{
    /// <summary>The name of the service, unless <c>OTEL_SERVICE_NAME</c> is set.</summary>
    private const string ServiceName = "registry";

    /// <summary>The meters that are exported: those of the registry, the web server and the runtime.</summary>
    private static readonly string[] Meters =
    [
        StorageMetrics.MeterName,
        RequestMetrics.MeterName,
        EventMetrics.MeterName,
        CollectionMetrics.MeterName,
        StateMetrics.MeterName,
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
        "System.Runtime",
    ];

    /// <summary>
    /// Adds the metrics of the registry and their exporters. Without an exporter they cost nothing. Tracing costs time
    /// and memory on every request, so it is added only if traces are exported.
    /// </summary>
    public static void AddTelemetry(this IServiceCollection services, TelemetryOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<RequestMetrics>();
        services.AddSingleton<CollectionMetrics>();
        services.AddSingleton<IRegistryEventSink, EventMetrics>();
        if (!options.HasMetrics && !options.PushesTraces)
            return;
        var telemetry = services.AddOpenTelemetry().ConfigureResource(static resource => resource
            .AddService(ServiceName, serviceVersion: ProductVersion.Text)
            .AddEnvironmentVariableDetector());
        if (options.HasMetrics)
            telemetry.WithMetrics(metrics => metrics.AddExports(options));
        if (options.PushesTraces)
            telemetry.WithTracing(static traces => traces
                .AddAspNetCoreInstrumentation(static requests =>
                    requests.EnrichWithHttpRequest = static (span, request) =>
                        span.SetTag("url.path", TokenSecret.Redact(request.Path.ToString())))
                .AddSource(StorageMetrics.MeterName)
                .AddOtlpExporter());
        if (!options.HasMetrics)
            return;
        services.AddSingleton<StagedUploads>();
        services.AddHostedService(static provider => provider.GetRequiredService<StagedUploads>());
        services.TryAddSingleton<StorageRetries>();
        services.AddSingleton<StateMetrics>();
        if (options.Port > 0)
            services.AddHostedService<MetricsServer>();
    }

    /// <summary>Creates the metrics that are read from the state of the service, if anything reads them.</summary>
    public static void UseTelemetry(this IServiceProvider services) => services.GetService<StateMetrics>();

    private static void AddExports(this MeterProviderBuilder metrics, TelemetryOptions options)
    {
        metrics.AddMeter(Meters);

        // Two more measurements for each request, which say less than the transfers in progress.
        metrics.AddView("http.server.active_requests", MetricStreamConfiguration.Drop);
        if (options.Port > 0)
            metrics.AddPrometheusExporter(static prometheus => prometheus.ScopeInfoEnabled = false);
        if (options.PushesMetrics)
            metrics.AddOtlpExporter();
    }
}
