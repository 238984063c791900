using Registry.Core.Content;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Api.Hosting;

/// <summary>Runs the collector every <see cref="CollectionOptions.Period"/>, from one period after the start.</summary>
internal sealed partial class CollectorService(
    BlobCollector collector, CollectionOptions options, TimeProvider time, ILogger<CollectorService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
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

    [LoggerMessage(Level = LogLevel.Error, Message = "The collection failed and is tried again after its period")]
    private partial void LogFailed(Exception fault);
}
