using Registry.Core.Errors;

namespace Registry.Core.Transfers;

/// <summary>
/// The memory that the buffers of all transfers may take together. Bytes are reserved before they are allocated and
/// released after they are given back. When none are left, the transfer whose client has stalled longest is cut; a
/// reservation waits for a while, in turn, and is then refused.
/// </summary>
/// <param name="options">The limits.</param>
/// <param name="time">The clock of stalls and waits.</param>
public sealed class TransferBudget(TransferOptions options, TimeProvider time)
{
    /// <summary>Part of the budget that idle buffers may have: one of so many.</summary>
    private const int IdleShare = 8;

    /// <summary>How often a waiting reservation looks for transfers that have stalled meanwhile.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly LinkedList<Waiter> running = new();
    private readonly LinkedList<Waiter> starting = new();
    private readonly HashSet<Transfer> transfers = [];
    private long reserved;
    private long waiting; // by those that start
    private int ending;

    /// <summary>The most that may be reserved, in bytes.</summary>
    public long Limit { get; } = options.BufferBytes;

    /// <summary>What is reserved now, in bytes.</summary>
    public long Reserved
    {
        get
        {
            lock (gate)
                return reserved;
        }
    }

    /// <summary>True when spare memory is used up: a transfer then gives back what it can do without.</summary>
    public bool IsScarce
    {
        get
        {
            lock (gate)
                return IsAwaited || reserved > Limit / 2;
        }
    }

    internal TimeProvider Time => time;

    internal BufferPool Pool { get; } = new(options.BufferBytes / IdleShare);

    private bool IsAwaited => running.Count + starting.Count > 0;

    /// <summary>The refusal of a transfer for which there is no memory. It is answered 503.</summary>
    public static RegistryException Exhausted() =>
        new(ErrorCode.Unavailable, "Too many transfers are in progress. Try again.");

    /// <summary>Registers a transfer that may be cut while it waits for its client. The caller disposes it.</summary>
    /// <param name="cut">Cuts it, from any thread and at most once. The transfer is then expected to end soon.</param>
    public Transfer Begin(Action cut)
    {
        var transfer = new Transfer(this, cut);
        lock (gate)
            transfers.Add(transfer);
        return transfer;
    }

    /// <summary>Reserves what a transfer under way needs to go on. The caller releases it.</summary>
    /// <param name="bytes">
    /// How many bytes. More than <see cref="Limit"/> are granted when nothing else is reserved.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.Unavailable"/>: no memory became free in time, or too many wait already.
    /// </exception>
    public ValueTask ReserveAsync(
        long bytes, CancellationToken cancellationToken) => QueueAsync(running, bytes, cancellationToken);

    /// <summary>
    /// Reserves what a transfer needs to start. It leaves a part of the memory to those under way, which could not end
    /// otherwise.
    /// </summary>
    internal ValueTask ReserveToStartAsync(
        long bytes, CancellationToken cancellationToken) => QueueAsync(starting, bytes, cancellationToken);

    /// <summary>
    /// Reserves spare memory, which makes a transfer faster: false when half of <see cref="Limit"/> would be exceeded,
    /// or others wait.
    /// </summary>
    public bool TryReserve(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        lock (gate)
        {
            if (IsAwaited || reserved + bytes > Limit / 2)
                return false;
            reserved += bytes;
            return true;
        }
    }

    /// <summary>Releases bytes that were reserved.</summary>
    public void Release(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        lock (gate)
        {
            if (bytes > reserved)
                throw new InvalidOperationException($"{bytes} bytes are released where {reserved} are reserved.");
            reserved -= bytes;
            Grant();
        }
    }

    internal void End(Transfer transfer)
    {
        bool others;
        lock (gate)
        {
            if (!transfers.Remove(transfer) || !transfer.IsCut)
                return;
            ending--;
            others = IsAwaited;
        }

        if (others)
            CutStalled();
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

            // What waits holds memory of its own, such as the part of a body that the server has received already.
            // Transfers under way are bounded: newcomers must not end them.
            if (queue == starting)
            {
                if (waiting + bytes > Limit && IsAwaited)
                    throw Exhausted();
                waiting += bytes;
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

    /// <summary>Under the lock: serves those who wait, in turn, and those under way first.</summary>
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
                waiting -= first.Value.Bytes;
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
                CutStalled();
                var pause = left < CheckInterval ? left : CheckInterval;
                await ((Task)waiter.Value.Granted.Task.WaitAsync(pause, time, cancellationToken)).ConfigureAwait(
                    ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
                if (waiter.Value.Granted.Task.IsCompleted)
                    return;
            }
        }
        catch (OperationCanceledException)
        {
            if (!TryLeave(waiter))
                Release(waiter.Value.Bytes);
            throw;
        }

        if (TryLeave(waiter))
            throw Exhausted();
    }

    /// <summary>Takes a reservation out of the queue: false when it has been granted.</summary>
    private bool TryLeave(LinkedListNode<Waiter> waiter)
    {
        lock (gate)
        {
            if (waiter.List is not { } queue)
                return false;
            queue.Remove(waiter);
            if (queue == starting)
                waiting -= waiter.Value.Bytes;

            // It may have kept back smaller ones.
            Grant();
            return true;
        }
    }

    /// <summary>
    /// Cuts one stalled transfer for each reservation that waits, those that have stalled longest first.
    /// </summary>
    private void CutStalled()
    {
        List<Transfer> cut = [];
        lock (gate)
        {
            var newest = time.GetTimestamp() - (long)(options.StalledAfter.TotalSeconds * time.TimestampFrequency);
            while (ending
                < running.Count
                    + starting.Count && transfers.Where(transfer => !transfer.IsCut)
                        .MinBy(static transfer => transfer.WaitingSince) is { } longest
                && longest.WaitingSince <= newest)
            {
                longest.IsCut = true;
                ending++;
                cut.Add(longest);
            }
        }

        foreach (var transfer in cut)
            transfer.Cut();
    }

    private sealed class Waiter(long bytes)
    {
        public long Bytes { get; } = bytes;

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
