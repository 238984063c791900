using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>One attempt of a call, with its own timeout.</summary>
internal sealed class GcsAttempt : IDisposable
{
    private readonly TimeSpan idle;
    private readonly CancellationTokenSource timeout;
    private readonly CancellationTokenSource linked;

    public GcsAttempt(TimeProvider time, TimeSpan idle, CancellationToken cancellationToken)
    {
        this.idle = idle;
        timeout = new CancellationTokenSource(idle, time);
        linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
    }

    /// <summary>Cancelled by the caller or by the timeout of this attempt.</summary>
    public CancellationToken Token => linked.Token;

    public bool IsTimedOut => timeout.IsCancellationRequested;

    /// <summary>Restarts the timeout after bytes were transferred.</summary>
    public void ReportProgress() => timeout.CancelAfter(idle);

    public GcsException TimedOut(Exception inner) =>
        new(StorageFault.Unavailable, $"Google Cloud Storage did not respond within {idle.TotalSeconds:0.###} "
            + $"seconds.", inner)
        {
            IsTransient = true,
            MayHaveBeenApplied = true,
            IsTimedOut = true,
        };

    public void Dispose()
    {
        linked.Dispose();
        timeout.Dispose();
    }
}
