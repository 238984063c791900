
namespace Registry.Core.Transfers;

/// <summary>
/// A transfer with a client: what it has reserved, and for how long it has waited for the client. Disposing it releases
/// all of it. For one caller at a time.
/// </summary>
public sealed class Transfer : IDisposable
{
    private const long NotWaiting = long.MaxValue;

    private readonly TransferBudget budget;
    private readonly Action cut;
    private long waitingSince = NotWaiting;
    private long reserved;

    internal Transfer(TransferBudget budget, Action cut) => (this.budget, this.cut) = (budget, cut);

    /// <summary>Set by the budget, under its lock.</summary>
    internal bool IsCut { get; set; }

    /// <summary>When the wait for the client began, as a timestamp; the largest number while there is none.</summary>
    internal long WaitingSince => Volatile.Read(ref waitingSince);

    /// <summary>
    /// Reserves what the transfer needs to start, until it is disposed. Some memory is left to those under way.
    /// </summary>
    /// <param name="bytes">How many bytes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="Errors.RegistryException">
    /// <see cref="Errors.ErrorCode.Unavailable"/>, as in <see cref="TransferBudget.ReserveAsync"/>.
    /// </exception>
    public async ValueTask ReserveAsync(long bytes, CancellationToken cancellationToken)
    {
        await budget.ReserveToStartAsync(bytes, cancellationToken);
        reserved += bytes;
    }

    /// <summary>Reserves spare memory, until the transfer is disposed: false when there is none.</summary>
    public bool TryReserve(long bytes)
    {
        if (!budget.TryReserve(bytes))
            return false;
        reserved += bytes;
        return true;
    }

    /// <summary>From now on the transfer waits for its client to send or to take bytes.</summary>
    /// <param name="waited">For how long it has waited before, if the client has not moved enough since.</param>
    public void BeginWait(TimeSpan waited = default) =>
        Volatile.Write(
            ref waitingSince,
            budget.Time.GetTimestamp() - (long)(waited.TotalSeconds * budget.Time.TimestampFrequency));

    /// <summary>The wait is over.</summary>
    public void EndWait() => Volatile.Write(ref waitingSince, NotWaiting);

    /// <inheritdoc/>
    public void Dispose()
    {
        var left = reserved;
        reserved = 0;
        budget.Release(left);
        budget.End(this);
    }

    internal void Cut() => cut();
}
