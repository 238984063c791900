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
        while (await timer.WaitForNextTickAsync(stoppingToken))
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
