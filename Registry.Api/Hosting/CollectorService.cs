using Registry.Api.Telemetry;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Sessions;
using Registry.Core.Tokens;

namespace Registry.Api.Hosting;

/// <summary>
/// Runs the collector every <see cref="CollectionOptions.Period"/>, first one period after startup. Abandoned uploads
/// are discarded at startup. Each run also removes tokens that expired long ago, and expired sessions. A failure
/// of one of them is logged, retried a period later, and does not keep the others from running.
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
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await CollectAsync(stoppingToken);
                await RemoveExpiredAsync("tokens", tokens.RemoveExpiredAsync, stoppingToken);
                await RemoveExpiredAsync("sessions", sessions.RemoveExpiredAsync, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops. After a failed startup, the host would report the exception as a fault.
        }
    }

    private async Task CollectAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        try
        {
            var report = await collector.CollectAsync(cancellationToken);
            metrics.Record(time.GetElapsedTime(began), report);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            metrics.RecordFailure(time.GetElapsedTime(began));
            LogFailed(exception, options.Period.TotalSeconds);
        }
    }

    private async Task RemoveExpiredAsync(
        string what, Func<CancellationToken, Task> remove, CancellationToken cancellationToken)
    {
        try
        {
            await remove(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            LogNotRemoved(exception, what, options.Period.TotalSeconds);
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

    [LoggerMessage(Level = LogLevel.Error, Message = "Removing expired {What} failed; retrying in {Seconds} s")]
    private partial void LogNotRemoved(Exception fault, string what, double seconds);
}
