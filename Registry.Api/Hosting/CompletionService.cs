using Registry.Core.Catalog;
using Registry.Core.Maintenance;
using Registry.Core.Packages;

namespace Registry.Api.Hosting;

/// <summary>
/// Completes releases that an earlier version stored: after startup, and when a request has found one. Failures are
/// logged and retried.
/// </summary>
internal sealed partial class CompletionService(
    ReleaseCompletion completion,
    CompletionRequests requests,
    PackageCatalog catalog,
    TimeProvider time,
    ILogger<CompletionService> logger)
    : BackgroundService
{
    /// <summary>How often to check whether the catalog is loaded.</summary>
    private static readonly TimeSpan CatalogDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>The delay between two passes. It doubles after each pass that has completed nothing.</summary>
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(2);

    /// <summary>The longest delay: a pass reads the whole content of a package that cannot be completed.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // Wait for CatalogService, which loads the catalog first and logs it.
            while (!catalog.IsLoaded)
                await Task.Delay(CatalogDelay, time, stoppingToken);
            for (var delay = FirstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
            {
                if (await TryRunAsync(delay, stoppingToken))
                    delay = FirstDelay;
                await Task.Delay(delay, time, stoppingToken);
                await requests.WaitAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
    }

    /// <summary>Runs a pass; false when it has completed nothing.</summary>
    private async Task<bool> TryRunAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        try
        {
            return await completion.RunAsync(cancellationToken) > 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            LogFailed(exception, delay.TotalSeconds);
            requests.Request();
            return false;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Completing the releases of an earlier version failed; retrying in {Seconds} s")]
    private partial void LogFailed(Exception fault, double seconds);
}
