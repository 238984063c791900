using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>One try, and its own time.</summary>
internal sealed class GcsAttempt : IDisposable
{
    private readonly TimeSpan idle;
    private readonly CancellationTokenSource late;
    private readonly CancellationTokenSource ended;

    public GcsAttempt(TimeProvider time, TimeSpan idle, CancellationToken cancellationToken)
    {
        this.idle = idle;
        late = new CancellationTokenSource(idle, time);
        ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
    }

    /// <summary>Cancelled when the caller is, and when the time of this try is over.</summary>
    public CancellationToken Token => ended.Token;

    public bool IsLate => late.IsCancellationRequested;

    /// <summary>Bytes have moved: the time of this try begins anew.</summary>
    public void Moved() => late.CancelAfter(idle);

    public GcsException Late(Exception inner) =>
        new(StorageFault.Unavailable, $"Google Cloud Storage did not answer within {idle.TotalSeconds:0.###} seconds.", inner)
        {
            IsTransient = true,
            MayHaveBeenApplied = true,
            IsLate = true,
        };

    public void Dispose()
    {
        ended.Dispose();
        late.Dispose();
    }
}
