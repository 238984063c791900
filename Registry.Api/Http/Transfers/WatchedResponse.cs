using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Registry.Api.Http.Transfers;

/// <summary>
/// The body of a response. It limits how long the client may stall, bounds the unsent bytes however much is written at
/// once, counts the bytes sent, and detects an aborted response.
/// </summary>
/// <remarks>It replaces the server's features, so that it sees every response, however it is written.</remarks>
internal sealed class WatchedResponse : PipeWriter, IHttpResponseBodyFeature, IHttpRequestLifetimeFeature
{
    private readonly HttpContext context;
    private readonly RequestTransfer transfer;
    private readonly IHttpResponseBodyFeature body;
    private readonly IHttpRequestLifetimeFeature lifetime;
    private readonly PipeWriter writer;
    private Stream? stream;
    private long written;
    private long flushed;
    private bool aborted;

    private WatchedResponse(HttpContext context, RequestTransfer transfer)
    {
        this.context = context;
        this.transfer = transfer;
        body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        lifetime = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        writer = body.Writer;
    }

    /// <summary>Whether the response ended early: the client disconnected, or the registry aborted.</summary>
    public bool IsAborted => HasEnded && !(context.Response.HasStarted && context.Response.ContentLength == flushed);

    /// <summary>
    /// The bytes of the body that were sent. For an aborted response, the bytes of all completed flushes: the client
    /// may have received a part of the next, or not all of the last.
    /// </summary>
    public long Bytes => HttpMethods.IsHead(context.Request.Method) ? 0 : HasEnded ? flushed : written;

    /// <inheritdoc/>
    public PipeWriter Writer => this;

    /// <inheritdoc/>
    public Stream Stream => stream ??= AsStream(leaveOpen: true);

    /// <inheritdoc/>
    public CancellationToken RequestAborted
    {
        get => lifetime.RequestAborted;
        set => lifetime.RequestAborted = value;
    }

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => writer.CanGetUnflushedBytes;

    /// <inheritdoc/>
    public override long UnflushedBytes => writer.UnflushedBytes;

    // The token may be cancelled a moment after the abort.
    private bool HasEnded => aborted || lifetime.RequestAborted.IsCancellationRequested;

    /// <summary>Replaces the server's features of a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="transfer">Notified of every wait.</param>
    public static WatchedResponse Attach(HttpContext context, RequestTransfer transfer)
    {
        var response = new WatchedResponse(context, transfer);
        context.Features.Set<IHttpResponseBodyFeature>(response);
        context.Features.Set<IHttpRequestLifetimeFeature>(response);
        return response;
    }

    /// <summary>Restores the server's features.</summary>
    public void Detach()
    {
        context.Features.Set(body);
        context.Features.Set(lifetime);
    }

    /// <inheritdoc/>
    public void Abort()
    {
        aborted = true;
        lifetime.Abort();
    }

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0) => writer.GetMemory(sizeHint);

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => writer.GetSpan(sizeHint);

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        writer.Advance(bytes);
        written += bytes;
    }

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">The transfer was aborted.</exception>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        FinishAsync(writer.FlushAsync(cancellationToken));

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">The transfer was aborted.</exception>
    public override ValueTask<FlushResult> WriteAsync(
        ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        source.Length <= RequestTransfer.SmallBytes
            ? WritePartAsync(source, cancellationToken)
            : WritePartsAsync(source, cancellationToken);

    /// <inheritdoc/>
    public override void CancelPendingFlush() => writer.CancelPendingFlush();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => writer.Complete(exception);

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(Exception? exception = null) => writer.CompleteAsync(exception);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken = default) => body.StartAsync(cancellationToken);

    /// <inheritdoc/>
    public Task CompleteAsync() => body.CompleteAsync();

    /// <inheritdoc/>
    public void DisableBuffering() => body.DisableBuffering();

    /// <inheritdoc/>
    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    private async ValueTask<FlushResult> WritePartsAsync(
        ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        while (true)
        {
            var part = source[..Math.Min(source.Length, RequestTransfer.SmallBytes)];
            var result = await WritePartAsync(part, cancellationToken);
            source = source[part.Length..];
            if (source.IsEmpty || result.IsCompleted)
                return result;
        }
    }

    private ValueTask<FlushResult> WritePartAsync(ReadOnlyMemory<byte> part, CancellationToken cancellationToken)
    {
        written += part.Length;
        return FinishAsync(writer.WriteAsync(part, cancellationToken));
    }

    /// <summary>Waits for a flush, and counts what was written before it.</summary>
    private ValueTask<FlushResult> FinishAsync(ValueTask<FlushResult> flush)
    {
        if (!flush.IsCompletedSuccessfully)
            return WaitAsync(flush, written);
        var result = flush.Result;
        Count(result, written);
        return new ValueTask<FlushResult>(result);
    }

    private async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flush, long upTo)
    {
        FlushResult result;
        transfer.BeginWait(reader: null);
        try
        {
            result = await flush;
        }
        finally
        {
            transfer.EndWait();
        }

        transfer.ThrowIfAborted();
        transfer.NoteSent();
        Count(result, upTo);
        return result;
    }

    /// <summary>Counts a flush. A closed connection is no exception: the result is marked as completed.</summary>
    private void Count(FlushResult result, long upTo)
    {
        if (result.IsCompleted)
            aborted = true;
        else if (!result.IsCanceled)
            flushed = upTo;
    }
}
