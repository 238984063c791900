using System.Globalization;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Registry.Api.Http.Errors;
using Registry.Core.Catalog;

namespace Registry.Api.Health;

/// <summary>
/// Reads the catalog at the start, so that no request has to wait for all packages; until then <c>/readyz</c> says no.
/// Whatever fails is logged and tried again.
/// </summary>
/// <remarks>
/// It begins once the port is open: what opens the port would have to share the processors with the reading of 100,000
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
    /// <summary>How long it waits before it tries again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!await OpenedAsync(stoppingToken))
            return;
        var began = time.GetTimestamp();
        while (!await TryLoadAsync(began, stoppingToken))
            await Task.Delay(Pause, time, stoppingToken);
    }

    /// <summary>Waits until the port is open; false when it will not be, which others tell of.</summary>
    private async Task<bool> OpenedAsync(CancellationToken stoppingToken)
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
        catch (Exception fault)
        {
            if (faults.IsFirst(fault, "Loading packages", status: null))
                LogFailed(fault, Pause.TotalSeconds);
            return false;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Registry {Version}, {Storage}, {Packages}, listening on {Addresses}")]
    private partial void LogReady(string version, string storage, string packages, string addresses);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Read the indexes of {Packages} packages in {Milliseconds:F0} ms")]
    private partial void LogLoaded(int packages, double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Loading packages failed; retrying in {Seconds} s")]
    private partial void LogFailed(Exception fault, double seconds);
}
