using Registry.Core.Content;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Api.Hosting;

/// <summary>
/// Runs the collector every <see cref="CollectionOptions.Period"/>, from one period after the start. Abandoned uploads
/// go at the start already.
/// </summary>
internal sealed partial class CollectorService(
    BlobCollector collector, CollectionOptions options, TimeProvider time, ILogger<CollectorService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await DiscardAbandonedAsync(stoppingToken);
        using var timer = new PeriodicTimer(options.Period, time);
        // The stop ends the pause, and is no failure.
        await using var stop = stoppingToken.Register(timer.Dispose);
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
            try
            {
                await collector.CollectAsync(stoppingToken);
            }
            catch (StorageException fault)
            {
                LogFailed(fault);
            }
    }

    /// <summary>
    /// What a crash left behind may be what fills the storage: it does not wait for the first collection.
    /// </summary>
    private async Task DiscardAbandonedAsync(CancellationToken ct)
    {
        try
        {
            if (await collector.DiscardAbandonedAsync(ct) is > 0 and var discarded)
                LogDiscarded(discarded);
        }
        catch (StorageException fault)
        {
            LogFailed(fault);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Discarded {Discarded} abandoned uploads")]
    private partial void LogDiscarded(int discarded);

    [LoggerMessage(Level = LogLevel.Error, Message = "The collection failed and is tried again after its period")]
    private partial void LogFailed(Exception fault);
}
