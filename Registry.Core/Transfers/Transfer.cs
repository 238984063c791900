namespace Registry.Core.Transfers;

/// <summary>
/// A transfer with a client: the memory that it has reserved, and how long it has waited for the client. Disposing it
/// releases the memory. Not thread-safe.
/// </summary>
public sealed class Transfer : IDisposable
{
    private const long NotWaiting = long.MaxValue;

    private readonly TransferBudget budget;
    private readonly Action abort;
    private long waitingSince = NotWaiting;
    private long reserved;

    internal Transfer(TransferBudget budget, Action abort) => (this.budget, this.abort) = (budget, abort);

    /// <summary>Whether the budget has aborted the transfer. Set under the lock of the budget.</summary>
    internal bool IsAborted { get; set; }

    /// <summary>
    /// The timestamp at which the wait for the client began; <see cref="long.MaxValue"/> while it does not wait.
    /// </summary>
    internal long WaitingSince => Volatile.Read(ref waitingSince);

    /// <summary>
    /// Reserves the memory that the transfer needs to start, until it is disposed. Part of the budget is left to
    /// transfers in progress.
    /// </summary>
    /// <param name="bytes">The number of bytes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="Errors.RegistryException">
    /// <see cref="Errors.ErrorCode.Unavailable"/>, as in <see cref="TransferBudget.ReserveAsync"/>.
    /// </exception>
    public async ValueTask ReserveAsync(long bytes, CancellationToken cancellationToken)
    {
        await budget.ReserveToStartAsync(bytes, cancellationToken);
        reserved += bytes;
    }

    /// <summary>Reserves spare memory until the transfer is disposed; false when there is none.</summary>
    public bool TryReserve(long bytes)
    {
        if (!budget.TryReserve(bytes))
            return false;
        reserved += bytes;
        return true;
    }

    /// <summary>Releases what is reserved, which the transfer must no longer use.</summary>
    public void Release()
    {
        var left = reserved;
        reserved = 0;
        budget.Release(left);
    }

    /// <summary>Marks the transfer as waiting for its client to send or receive bytes.</summary>
    /// <param name="waited">
    /// The duration of an earlier wait to add, if the client has not transferred enough since then.
    /// </param>
    public void BeginWait(TimeSpan waited = default) =>
        Volatile.Write(
            ref waitingSince,
            budget.Time.GetTimestamp() - (long)(waited.TotalSeconds * budget.Time.TimestampFrequency));

    /// <summary>Marks the transfer as no longer waiting.</summary>
    public void EndWait() => Volatile.Write(ref waitingSince, NotWaiting);

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        budget.End(this);
    }

    internal void Abort() => abort();
}
