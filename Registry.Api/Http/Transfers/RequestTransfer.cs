using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Registry.Core.Errors;
using Registry.Core.Transfers;

namespace Registry.Api.Http.Transfers;

/// <summary>
/// Limits how long the client of one request may stall, and how much memory the bodies of the request and the response
/// may use. A client that stalls for too long gets 408 while it sends; while it reads, its connection is aborted. A
/// client that stalls while others need the memory is treated the same, with 503.
/// </summary>
internal sealed class RequestTransfer : IDisposable
{
    /// <summary>Responses up to this size, in bytes, are sent without a reservation.</summary>
    public const int SmallBytes = 64 * 1024;

    /// <summary>
    /// The bytes that are read from the storage and passed to the server at once while memory is plentiful.
    /// </summary>
    public const int LargeBufferBytes = 128 * 1024;

    /// <summary>The same when memory is scarce.</summary>
    public const int SmallBufferBytes = 16 * 1024;

    /// <summary>
    /// How much of a request body, in bytes, the server buffers before the registry reads it. Enough to decouple the
    /// client from the disk, and a quarter of the server's default, which is too much for 32 concurrent uploads.
    /// </summary>
    public const int MaxUnreadBytes = 256 * 1024;

    /// <summary>
    /// Moving fewer bytes than this does not end a stall: a byte now and then would hold memory forever.
    /// </summary>
    private const int ProgressBytes = 4 * 1024;

    /// <summary>The number of unsent bytes at which the server makes a writer wait: Kestrel's default.</summary>
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
    /// <param name="budget">The memory budget of all transfers.</param>
    /// <param name="stall">How long the client may stall.</param>
    /// <param name="time">The clock that measures stalls.</param>
    public RequestTransfer(HttpContext context, TransferBudget budget, TimeSpan stall, TimeProvider time) =>
        (this.context, this.budget, this.stall, this.time, Response) =
            (context, budget, stall, time, WatchedResponse.Attach(context, this));

    private enum EndReason
    {
        None,
        Stalled,
        Memory,
    }

    /// <summary>The watched response.</summary>
    public WatchedResponse Response { get; }

    /// <summary>The bytes of the request body that the client has sent.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>Whether the response broke after it had started, because of a failure of the registry.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>
    /// Whether the transfer was aborted because others needed its memory, and not because it stalled.
    /// </summary>
    public bool IsAbortedForMemory => reason == EndReason.Memory;

    /// <summary>Why the transfer was aborted, for the log; null when it was not.</summary>
    public string? AbortReason => reason switch
    {
        EndReason.Stalled => $"the client has stalled for {stall.TotalSeconds} s",
        EndReason.Memory => "the client has stalled, and others need the memory",
        _ => null,
    };

    /// <summary>Returns the transfer of a request.</summary>
    public static RequestTransfer Of(HttpContext context) => context.Features.GetRequiredFeature<RequestTransfer>();

    /// <inheritdoc cref="ReserveOutputAsync(long, long, CancellationToken)"/>
    public ValueTask<int> ReserveOutputAsync(long length, CancellationToken cancellationToken) =>
        ReserveOutputAsync(length, heldBytes: 0, cancellationToken);

    /// <summary>Reserves memory to send a response, until the request ends.</summary>
    /// <param name="length">The length of the response, in bytes. A small response needs no reservation.</param>
    /// <param name="heldBytes">
    /// The bytes that the caller itself buffers in the meantime. They are part of the same reservation: a request must
    /// not hold memory while it waits for more.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The number of bytes to pass to the server at once.</returns>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.Unavailable"/>: the memory budget is exhausted.
    /// </exception>
    public async ValueTask<int> ReserveOutputAsync(long length, long heldBytes, CancellationToken cancellationToken)
    {
        // Also for a small response: its storage may hold memory while the client does not read.
        var reservation = Begin();
        if (length <= SmallBytes)
            return SmallBytes;
        if (reservation.TryReserve(LargeBufferBytes + ServerBufferBytes + heldBytes))
            return LargeBufferBytes;
        await reservation.ReserveAsync(SmallBufferBytes + ServerBufferBytes + heldBytes, cancellationToken);
        return SmallBufferBytes;
    }

    /// <summary>Reserves memory to receive the request body, until the request ends.</summary>
    /// <param name="workBytes">The bytes that the reader of the body needs.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.Unavailable"/>: the memory budget is exhausted.
    /// </exception>
    public ValueTask ReserveInputAsync(long workBytes, CancellationToken cancellationToken)
    {
        var received = Math.Min(context.Request.ContentLength ?? long.MaxValue, MaxUnreadBytes);
        return ReserveAsync(workBytes + received, cancellationToken);
    }

    /// <summary>Reserves other memory, until the request ends.</summary>
    /// <param name="bytes">The number of bytes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.Unavailable"/>: the memory budget is exhausted.
    /// </exception>
    public ValueTask ReserveAsync(
        long bytes, CancellationToken cancellationToken) => Begin().ReserveAsync(bytes, cancellationToken);

    /// <summary>
    /// Reserves other memory, until the request ends, instead of all that it has reserved before and no longer uses: a
    /// request must not hold memory while it waits for more.
    /// </summary>
    /// <param name="bytes">The number of bytes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.Unavailable"/>: the memory budget is exhausted.
    /// </exception>
    public ValueTask ReserveInsteadAsync(long bytes, CancellationToken cancellationToken)
    {
        var reservation = Begin();
        reservation.Release();
        return reservation.ReserveAsync(bytes, cancellationToken);
    }

    /// <summary>Reserves spare memory until the request ends; false when there is none.</summary>
    public bool TryReserve(long bytes) => Begin().TryReserve(bytes);

    /// <summary>Starts a wait for the client.</summary>
    /// <param name="reader">The body that is read; null while the response is written.</param>
    public void BeginWait(PipeReader? reader)
    {
        reading = reader;
        waitBegan = time.GetTimestamp();
        transfer?.BeginWait(waited);
        var left = stall > waited ? stall - waited : TimeSpan.Zero;

        // Most requests never wait.
        if (timer is null)
            timer = time.CreateTimer(
                static state => ((RequestTransfer)state!).Abort(EndReason.Stalled),
                this,
                left,
                Timeout.InfiniteTimeSpan);
        else
            timer.Change(left, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// Ends the wait. The caller reports afterwards what was moved. The time of the wait counts until the client has
    /// moved <see cref="ProgressBytes"/>.
    /// </summary>
    public void EndWait()
    {
        timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        transfer?.EndWait();
        waited += time.GetElapsedTime(waitBegan);
    }

    /// <summary>Counts bytes that the client has sent.</summary>
    public void CountReceived(long bytes)
    {
        ReceivedBytes += bytes;
        moved += bytes;
        if (moved >= ProgressBytes)
            (moved, waited) = (0, TimeSpan.Zero);
    }

    /// <summary>Notes that the client has read: the server resumes a writer only after some KiB.</summary>
    public void NoteSent() => (moved, waited) = (0, TimeSpan.Zero);

    /// <summary>Notes that the response breaks.</summary>
    public void Fail() => HasFailed = true;

    /// <summary>Throws if the transfer was aborted.</summary>
    public void ThrowIfAborted()
    {
        if (reason == EndReason.None)
            return;
        if (reading is null)
            throw new OperationCanceledException("The transfer was aborted.");
        throw reason == EndReason.Stalled
            ? new BadHttpRequestException("The client has stopped sending.", StatusCodes.Status408RequestTimeout)
            : TransferBudget.Exhausted();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // From here on nothing may touch the connection: the next request may already use it.
        lock (gate)
            isOver = true;
        timer?.Dispose();
        transfer?.Dispose();
    }

    private Transfer Begin() => transfer ??= budget.Begin(() => Abort(EndReason.Memory));

    private void Abort(EndReason why)
    {
        lock (gate)
        {
            if (isOver || reason != EndReason.None)
                return;
            reason = why;
            if (reading is { } reader)
                CancelRead(reader);
            else
                context.Abort();
        }
    }

    private static void CancelRead(PipeReader reader)
    {
        try
        {
            reader.CancelPendingRead();
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // Kestrel has aborted the connection or the stream. Its reader then throws the reason: a
            // ConnectionAbortedException or TaskCanceledException, or an IOException after a reset of HTTP/2. The
            // pending read fails too, so there is nothing left to cancel. Uncaught, it would end the process, or fail
            // another request that waits for the memory.
        }
    }
}
