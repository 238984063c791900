using Registry.Core.Maintenance;
using Registry.Core.Packages;

namespace Registry.Api.Hosting;

/// <summary>
/// Runs the collector every <see cref="CollectionOptions.Period"/>, first one period after startup. Abandoned uploads
/// are discarded at startup. Failures are logged and retried a period later.
/// </summary>
internal sealed partial class CollectorService(
    BlobCollector collector, CollectionOptions options, TimeProvider time, ILogger<CollectorService> logger)
        : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await DiscardAbandonedAsync(stoppingToken);
        using var timer = new PeriodicTimer(options.Period, time);
        // Stopping ends the wait without an exception.
        await using var stop = stoppingToken.Register(timer.Dispose);
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
            try
            {
                await collector.CollectAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                LogFailed(fault, options.Period.TotalSeconds);
            }
    }

    /// <summary>
    /// Discards abandoned uploads at once: what a crash left behind may be what fills the storage.
    /// </summary>
    private async Task DiscardAbandonedAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await collector.DiscardAbandonedAsync(cancellationToken) is > 0 and var discarded)
                LogDiscarded(discarded);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The service stops before its first collection.
        }
        catch (Exception fault)
        {
            LogFailed(fault, options.Period.TotalSeconds);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Discarded {Discarded} abandoned uploads")]
    private partial void LogDiscarded(int discarded);

    [LoggerMessage(Level = LogLevel.Error, Message = "The collection failed; retrying in {Seconds} s")]
    private partial void LogFailed(Exception fault, double seconds);
}
