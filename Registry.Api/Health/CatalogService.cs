using System.Globalization;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Registry.Api.Http.Errors;
using Registry.Core.Catalog;

namespace Registry.Api.Health;

/// <summary>
/// Loads the catalog at startup, so that no request has to wait for all packages; until then <c>/readyz</c> returns
/// 503. Failures are logged and retried.
/// </summary>
/// <remarks>
/// It starts once the port is open. Otherwise startup would compete for the processors with the loading of 100,000
/// packages.
/// </remarks>
internal sealed partial class CatalogService(
    PackageCatalog catalog,
    StorageReadiness storage,
    IServer server,
    IHostApplicationLifetime host,
    TimeProvider time,
    FaultLog faults,
    ILogger<CatalogService> logger)
    : BackgroundService
{
    /// <summary>The delay before a retry.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!await HasOpenedAsync(stoppingToken))
            return;
        var began = time.GetTimestamp();
        while (!await TryLoadAsync(began, stoppingToken))
            await Task.Delay(RetryDelay, time, stoppingToken);
    }

    /// <summary>Waits until the port is open. Returns false if it will not be; the host reports why.</summary>
    private async Task<bool> HasOpenedAsync(CancellationToken stoppingToken)
    {
        var opened = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var start = host.ApplicationStarted.Register(() => opened.TrySetResult(true));
        await using var stop = stoppingToken.Register(() => opened.TrySetResult(false));
        return await opened.Task;
    }

    private async Task<bool> TryLoadAsync(long began, CancellationToken cancellationToken)
    {
        try
        {
            var view = await catalog.GetAsync(cancellationToken);
            var took = time.GetElapsedTime(began);
            var packages = string.Create(
                CultureInfo.InvariantCulture, $"{view.Count:N0} {(view.Count == 1 ? "package" : "packages")}");
            var addresses = string.Join(", ", server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []);
            LogReady(ProductVersion.Text, storage.Description, packages, addresses);
            LogLoaded(view.Count, took.TotalMilliseconds);
            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            if (faults.IsFirst(exception, "Loading packages", status: null))
                LogFailed(exception, RetryDelay.TotalSeconds);
            return false;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Registry {Version}, {Storage}, {Packages}, listening on {Addresses}")]
    private partial void LogReady(string version, string storage, string packages, string addresses);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Loaded {Packages} packages in {Milliseconds:F0} ms")]
    private partial void LogLoaded(int packages, double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Loading packages failed; retrying in {Seconds} s")]
    private partial void LogFailed(Exception fault, double seconds);
}
