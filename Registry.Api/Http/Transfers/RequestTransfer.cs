using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Registry.Core.Errors;
using Registry.Core.Transfers;

namespace Registry.Api.Http.Transfers;

/// <summary>
/// The bytes of one request and of its answer: how long the client has stalled, and the memory that they may take. A
/// client that stalls for too long is ended with 408 while it sends, and its connection is broken while it reads. So
/// is, with 503, one that must give way to others.
/// </summary>
internal sealed class RequestTransfer : IDisposable
{
    /// <summary>Answers up to here, in bytes, are sent without a reservation.</summary>
    public const int SmallBytes = 64 * 1024;

    /// <summary>Read from the storage and handed to the server at once, as long as memory is plentiful.</summary>
    public const int LargeBufferBytes = 128 * 1024;

    /// <summary>The same when memory is scarce.</summary>
    public const int SmallBufferBytes = 16 * 1024;

    /// <summary>
    /// How much of a body the server receives before the registry reads it, in bytes. Enough that a client and the disk
    /// need not keep step, and a quarter of the server's default, which 32 uploads at once would feel.
    /// </summary>
    public const int MaxUnreadBytes = 256 * 1024;

    /// <summary>
    /// Moving less than this, in bytes, does not end a stall: a byte now and then would hold memory for ever.
    /// </summary>
    private const int ProgressBytes = 4 * 1024;

    /// <summary>Unsent bytes from which the server makes a writer wait: Kestrel's default.</summary>
    private const int ServerBufferBytes = 64 * 1024;

    private readonly Lock gate = new();
    private readonly HttpContext context;
    private readonly TransferBudget budget;
    private readonly TimeSpan stall;
    private readonly TimeProvider time;
    private ITimer? timer;
    private Transfer? transfer;
    private PipeReader? reading;
    private TimeSpan waited;
    private long waitBegan;
    private long moved;
    private EndReason reason;
    private bool isOver;

    /// <param name="context">The request.</param>
    /// <param name="budget">The memory of all transfers.</param>
    /// <param name="stall">How long the client may stall.</param>
    /// <param name="time">The clock of stalls.</param>
    public RequestTransfer(HttpContext context, TransferBudget budget, TimeSpan stall, TimeProvider time) =>
        (this.context, this.budget, this.stall, this.time, Response) =
            (context, budget, stall, time, WatchedResponse.Attach(context, this));

    private enum EndReason
    {
        None,
        Stalled,
        Displaced,
    }

    /// <summary>The response, as this transfer watches it.</summary>
    public WatchedResponse Response { get; }

    /// <summary>Why the transfer was cut, for the log; null when it was not.</summary>
    public string? CutReason => reason switch
    {
        EndReason.Stalled => $"the client has stalled for {stall.TotalSeconds} s",
        EndReason.Displaced => "the client has stalled, and others need the memory",
        _ => null,
    };

    /// <summary>The transfer of a request.</summary>
    public static RequestTransfer Of(HttpContext context) => context.Features.GetRequiredFeature<RequestTransfer>();

    /// <inheritdoc cref="ReserveOutputAsync(long, long, CancellationToken)"/>
    public ValueTask<int> ReserveOutputAsync(long length, CancellationToken cancellationToken) =>
        ReserveOutputAsync(length, heldBytes: 0, cancellationToken);

    /// <summary>Reserves the memory to send an answer with, until the request is over.</summary>
    /// <param name="length">The length of the answer, in bytes. A small one needs no reservation.</param>
    /// <param name="heldBytes">
    /// What whoever writes the answer holds of it meanwhile, in bytes. It is a part of the same reservation: a request
    /// must not hold memory while it waits for more.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How many bytes to hand to the server at once.</returns>
    /// <exception cref="RegistryException"><see cref="ErrorCode.Unavailable"/>: there is no memory.</exception>
    public async ValueTask<int> ReserveOutputAsync(long length, long heldBytes, CancellationToken cancellationToken)
    {
        // Also for a small answer: its storage may hold memory while a client that does not read is waited for.
        var reservation = Begin();
        if (length <= SmallBytes)
            return SmallBytes;
        if (reservation.TryReserve(LargeBufferBytes + ServerBufferBytes + heldBytes))
            return LargeBufferBytes;
        await reservation.ReserveAsync(SmallBufferBytes + ServerBufferBytes + heldBytes, cancellationToken);
        return SmallBufferBytes;
    }

    /// <summary>Reserves the memory to take the body with, until the request is over.</summary>
    /// <param name="workBytes">What whoever reads it needs, in bytes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RegistryException"><see cref="ErrorCode.Unavailable"/>: there is no memory.</exception>
    public ValueTask ReserveInputAsync(long workBytes, CancellationToken cancellationToken)
    {
        var received = Math.Min(context.Request.ContentLength ?? long.MaxValue, MaxUnreadBytes);
        return ReserveAsync(workBytes + received, cancellationToken);
    }

    /// <summary>Reserves other memory, until the request is over.</summary>
    /// <param name="bytes">How many bytes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RegistryException"><see cref="ErrorCode.Unavailable"/>: there is no memory.</exception>
    public ValueTask ReserveAsync(
        long bytes, CancellationToken cancellationToken) => Begin().ReserveAsync(bytes, cancellationToken);

    /// <summary>From now on the client is waited for.</summary>
    /// <param name="reader">What is read; null while the answer is written.</param>
    public void BeginWait(PipeReader? reader)
    {
        reading = reader;
        waitBegan = time.GetTimestamp();
        transfer?.BeginWait(waited);
        var left = stall > waited ? stall - waited : TimeSpan.Zero;

        // Most requests never wait.
        if (timer is null)
            timer = time.CreateTimer(
                static me => ((RequestTransfer)me!).Cut(EndReason.Stalled), this, left, Timeout.InfiniteTimeSpan);
        else
            timer.Change(left, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// The wait is over; what it brought is told after this. The time that it took counts until the client has moved
    /// <see cref="ProgressBytes"/>.
    /// </summary>
    public void EndWait()
    {
        timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        transfer?.EndWait();
        waited += time.GetElapsedTime(waitBegan);
    }

    /// <summary>The client has sent bytes.</summary>
    public void Receive(long bytes)
    {
        moved += bytes;
        if (moved >= ProgressBytes)
            (moved, waited) = (0, TimeSpan.Zero);
    }

    /// <summary>The client has taken what was sent: the server lets a writer go on only after some KiB.</summary>
    public void Send() => (moved, waited) = (0, TimeSpan.Zero);

    /// <summary>Throws where the transfer was cut.</summary>
    public void DemandUncut()
    {
        if (reason == EndReason.None)
            return;
        if (reading is null)
            throw new OperationCanceledException("The transfer was cut.");
        throw reason == EndReason.Stalled
            ? new BadHttpRequestException("The client has stopped sending.", StatusCodes.Status408RequestTimeout)
            : TransferBudget.Exhausted();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // After this nothing may touch the connection: the next request may be on it.
        lock (gate)
            isOver = true;
        timer?.Dispose();
        transfer?.Dispose();
    }

    private Transfer Begin() => transfer ??= budget.Begin(() => Cut(EndReason.Displaced));

    private void Cut(EndReason why)
    {
        lock (gate)
        {
            if (isOver || reason != EndReason.None)
                return;
            reason = why;
            if (reading is { } reader)
                reader.CancelPendingRead();
            else
                context.Abort();
        }
    }
}
