using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using OpenTelemetry.Metrics;

namespace Registry.Api.Telemetry;

/// <summary>
/// Serves the metrics on a separate port, with a separate server: no header of a request to the registry can reach
/// them, and nothing else can be reached through their port.
/// </summary>
/// <param name="options">The port and the address.</param>
/// <param name="metrics">The metrics of the process.</param>
internal sealed class MetricsServer(TelemetryOptions options, MeterProvider metrics) : IHostedService, IAsyncDisposable
{
    /// <summary>The path of the metrics.</summary>
    public const string Path = "/metrics";

    private WebApplication? server;

    /// <summary>Opens the port.</summary>
    /// <exception cref="IOException">The port is in use or not permitted.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.AddServerHeader = false);
        builder.WebHost.UseUrls(string.Create(
            CultureInfo.InvariantCulture, $"http://{HostOf(options.Address)}:{options.Port}"));
        server = builder.Build();
        server.Use(static (context, next) =>
        {
            // Scrapes are not requests to the registry.
            if (context.Features.Get<IHttpMetricsTagsFeature>() is { } tags)
                tags.MetricsDisabled = true;
            return next(context);
        });
        server.UseOpenTelemetryPrometheusScrapingEndpoint(
            metrics, IsScrape, path: null, configureBranchedPipeline: null, optionsName: null);
        await server.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) =>
        server?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => server?.DisposeAsync() ?? default;

    private static bool IsScrape(HttpContext context) =>
        context.Request.Path.Equals(Path, StringComparison.Ordinal) && HttpMethods.IsGet(context.Request.Method);

    private static string HostOf(string address) => address.Contains(':') ? $"[{address.Trim('[', ']')}]" : address;
}
