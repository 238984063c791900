using Registry.Core.Errors;

namespace Registry.Core.Transfers;

/// <summary>
/// The memory budget of the buffers of all transfers. Bytes are reserved before they are allocated, and released after
/// they are returned. When the budget is used up, the transfer whose client has stalled longest is aborted; a
/// reservation waits its turn for a limited time, and is then rejected.
/// </summary>
/// <param name="options">The limits.</param>
/// <param name="time">The clock of stalls and waits.</param>
public sealed class TransferBudget(TransferOptions options, TimeProvider time)
{
    /// <summary>Idle buffers may use this fraction of the budget: one eighth.</summary>
    private const int IdleShare = 8;

    /// <summary>How often a waiting reservation checks for stalled transfers.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly LinkedList<Waiter> running = new();
    private readonly LinkedList<Waiter> starting = new();
    private readonly HashSet<Transfer> transfers = [];
    private long reserved;

    /// <summary>The bytes that the reservations in <see cref="starting"/> wait for.</summary>
    private long startingBytes;

    /// <summary>The number of aborted transfers that have not ended yet.</summary>
    private int aborting;

    /// <summary>The budget, in bytes.</summary>
    public long Limit { get; } = options.BufferBytes;

    /// <summary>The reserved memory, in bytes.</summary>
    public long Reserved
    {
        get
        {
            lock (gate)
                return reserved;
        }
    }

    /// <summary>The number of transfers in progress.</summary>
    public int Transfers
    {
        get
        {
            lock (gate)
                return transfers.Count;
        }
    }

    /// <summary>True when spare memory is used up: transfers should release what they do not need.</summary>
    public bool IsScarce
    {
        get
        {
            lock (gate)
                return HasWaiters || reserved > Limit / 2;
        }
    }

    internal TimeProvider Time => time;

    internal BufferPool Pool { get; } = new(options.BufferBytes / IdleShare);

    private bool HasWaiters => running.Count + starting.Count > 0;

    /// <summary>Creates the error of a transfer for which there is no memory. Its status is 503.</summary>
    public static RegistryException Exhausted() =>
        new(ErrorCode.Unavailable, "Too many transfers are in progress. Try again.");

    /// <summary>
    /// Registers a transfer that may be aborted while it waits for its client. The caller disposes it.
    /// </summary>
    /// <param name="abort">
    /// Aborts the transfer; called from any thread, at most once. The transfer must end soon afterwards.
    /// </param>
    public Transfer Begin(Action abort)
    {
        var transfer = new Transfer(this, abort);
        lock (gate)
            transfers.Add(transfer);
        return transfer;
    }

    /// <summary>Reserves memory that a transfer in progress needs to continue. The caller releases it.</summary>
    /// <param name="bytes">
    /// The number of bytes. More than <see cref="Limit"/> are granted when nothing else is reserved.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.Unavailable"/>: no memory became free in time, or too many reservations wait already.
    /// </exception>
    public ValueTask ReserveAsync(long bytes, CancellationToken cancellationToken) =>
        QueueAsync(running, bytes, cancellationToken);

    /// <summary>
    /// Reserves memory that a transfer needs to start. Leaves part of the budget to transfers in progress, which could
    /// not end otherwise.
    /// </summary>
    internal ValueTask ReserveToStartAsync(long bytes, CancellationToken cancellationToken) =>
        QueueAsync(starting, bytes, cancellationToken);

    /// <summary>
    /// Reserves spare memory, which makes a transfer faster; false when half of <see cref="Limit"/> would be exceeded,
    /// or reservations wait.
    /// </summary>
    public bool TryReserve(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        lock (gate)
        {
            if (HasWaiters || reserved + bytes > Limit / 2)
                return false;
            reserved += bytes;
            return true;
        }
    }

    /// <summary>Releases reserved bytes.</summary>
    public void Release(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        lock (gate)
        {
            if (bytes > reserved)
                throw new InvalidOperationException($"Cannot release {bytes} bytes: only {reserved} are reserved.");
            reserved -= bytes;
            Grant();
        }
    }

    internal void End(Transfer transfer)
    {
        bool hasWaiters;
        lock (gate)
        {
            if (!transfers.Remove(transfer) || !transfer.IsAborted)
                return;
            aborting--;
            hasWaiters = HasWaiters;
        }

        if (hasWaiters)
            AbortStalled();
    }

    private ValueTask QueueAsync(LinkedList<Waiter> queue, long bytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (bytes == 0)
            return ValueTask.CompletedTask;
        LinkedListNode<Waiter> waiter;
        lock (gate)
        {
            if (queue.Count == 0 && Fits(queue, bytes))
            {
                reserved += bytes;
                return ValueTask.CompletedTask;
            }

            // A waiting transfer uses memory outside the budget, such as the part of a body that the server has already
            // received. So new transfers are limited. Those in progress are bounded, and must not fail because of them.
            if (queue == starting)
            {
                if (startingBytes + bytes > Limit && HasWaiters)
                    throw Exhausted();
                startingBytes += bytes;
            }

            waiter = queue.AddLast(new Waiter(bytes));
        }

        return WaitAsync(waiter, cancellationToken);
    }

    private bool Fits(LinkedList<Waiter> queue, long bytes)
    {
        var limit = queue == running ? Limit : Limit / 4 * 3;
        return reserved + bytes <= limit || reserved == 0;
    }

    /// <summary>
    /// Grants waiting reservations in their order, those of transfers in progress first. Requires the lock.
    /// </summary>
    private void Grant()
    {
        Grant(running);
        if (running.Count == 0)
            Grant(starting);
    }

    private void Grant(LinkedList<Waiter> queue)
    {
        while (queue.First is { } first && Fits(queue, first.Value.Bytes))
        {
            queue.RemoveFirst();
            if (queue == starting)
                startingBytes -= first.Value.Bytes;
            reserved += first.Value.Bytes;
            first.Value.Granted.SetResult();
        }
    }

    private async ValueTask WaitAsync(LinkedListNode<Waiter> waiter, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        try
        {
            for (var left = options.Wait; left > TimeSpan.Zero; left = options.Wait - time.GetElapsedTime(began))
            {
                AbortStalled();
                var pause = left < CheckInterval ? left : CheckInterval;
                await waiter.Value.Granted.Task.WaitAsync(pause, time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
                if (waiter.Value.Granted.Task.IsCompleted)
                    return;
            }
        }
        catch (OperationCanceledException)
        {
            if (!TryDequeue(waiter))
                Release(waiter.Value.Bytes);
            throw;
        }

        if (TryDequeue(waiter))
            throw Exhausted();
    }

    /// <summary>Removes a reservation from its queue; false when it has been granted.</summary>
    private bool TryDequeue(LinkedListNode<Waiter> waiter)
    {
        lock (gate)
        {
            if (waiter.List is not { } queue)
                return false;
            queue.Remove(waiter);
            if (queue == starting)
                startingBytes -= waiter.Value.Bytes;

            // Smaller reservations may have waited behind it.
            Grant();
            return true;
        }
    }

    /// <summary>
    /// Aborts one stalled transfer for each waiting reservation, those that have stalled longest first.
    /// </summary>
    private void AbortStalled()
    {
        List<Transfer> stalled = [];
        lock (gate)
        {
            var newest = time.GetTimestamp() - (long)(options.StalledAfter.TotalSeconds * time.TimestampFrequency);
            while (aborting < running.Count + starting.Count
                && transfers.Where(static transfer => !transfer.IsAborted)
                    .MinBy(static transfer => transfer.WaitingSince) is { } longest
                && longest.WaitingSince <= newest)
            {
                longest.IsAborted = true;
                aborting++;
                stalled.Add(longest);
            }
        }

        foreach (var transfer in stalled)
            transfer.Abort();
    }

    private sealed class Waiter(long bytes)
    {
        public long Bytes { get; } = bytes;

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
