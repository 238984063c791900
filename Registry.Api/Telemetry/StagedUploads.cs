using Registry.Api.Http.Errors;
using Registry.Core.Repositories;
using Registry.Core.Storage;

namespace Registry.Api.Telemetry;

/// <summary>Counts the staged uploads from time to time, where anything reads the metrics.</summary>
internal sealed partial class StagedUploads(
    IUploadStore uploads,
    RepositoryOptions limits,
    TimeProvider time,
    FaultLog faults,
    ILogger<StagedUploads> logger) : BackgroundService
{
    /// <summary>The pause between two counts, each of which may list the uploads of the storage.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private int? count;

    /// <summary>The number of uploads, of all replicas together; null before the first count.</summary>
    public int? Count => count;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
                await CountAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops. After a failed startup, the host would report the exception as a fault.
        }
    }

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        try
        {
            count = await uploads.CountAsync(limits.MaxUploads, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            // A failed count must not stop the service.
            if (faults.IsFirst(exception, "Counting the staged uploads", status: null))
                LogFailed(exception);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The staged uploads cannot be counted")]
    private partial void LogFailed(Exception fault);
}
