using Registry.Api.Telemetry;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Sessions;
using Registry.Core.Tokens;

namespace Registry.Api.Hosting;

/// <summary>
/// Runs the collector every <see cref="CollectionOptions.Period"/>, first one period after startup. Abandoned uploads
/// are discarded at startup. Each run also removes tokens that expired long ago, and expired sessions. Failures are
/// logged and retried a period later.
/// </summary>
internal sealed partial class CollectorService(
    BlobCollector collector,
    AccessTokens tokens,
    AccessSessions sessions,
    CollectionOptions options,
    CollectionMetrics metrics,
    TimeProvider time,
    ILogger<CollectorService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await DiscardAbandonedAsync(stoppingToken);
        using var timer = new PeriodicTimer(options.Period, time);
        // Stopping ends the wait without an exception.
        await using var stop = stoppingToken.Register(timer.Dispose);
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            var began = time.GetTimestamp();
            try
            {
                var report = await collector.CollectAsync(stoppingToken);
                metrics.Record(time.GetElapsedTime(began), report);
                await tokens.RemoveExpiredAsync(stoppingToken);
                await sessions.RemoveExpiredAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                metrics.RecordFailure(time.GetElapsedTime(began));
                LogFailed(exception, options.Period.TotalSeconds);
            }
        }
    }

    /// <summary>Discards abandoned uploads at once: the leftovers of a crash may have filled the storage.</summary>
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
        catch (Exception exception)
        {
            LogNotDiscarded(exception, options.Period.TotalSeconds);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Discarded {Discarded} abandoned uploads")]
    private partial void LogDiscarded(int discarded);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Discarding abandoned uploads failed; the first collection retries in {Seconds} s")]
    private partial void LogNotDiscarded(Exception fault, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "The collection failed; retrying in {Seconds} s")]
    private partial void LogFailed(Exception fault, double seconds);
}
