using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Registry.Api.Http.Transfers;

/// <summary>
/// The body of a response. It waits for its reader only so long, keeps little unsent however much is written at once,
/// counts what the network took, and notices when the response is aborted.
/// </summary>
/// <remarks>It replaces the server's own features, so that it sees every response, however it is written.</remarks>
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

    /// <summary>Whether the response ended early: the client left, or the registry broke the connection.</summary>
    public bool IsAborted => HasEnded && !(context.Response.HasStarted && context.Response.ContentLength == flushed);

    /// <summary>
    /// The bytes of the body that the network took. Of an aborted response these are the bytes of all flushes that had
    /// ended: the client may have received a part of the next, or not all of the last.
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

    // A token that is cancelled may say so a moment late, where it was asked for before.
    private bool HasEnded => aborted || lifetime.RequestAborted.IsCancellationRequested;

    /// <summary>Puts one in the place of the server's own.</summary>
    /// <param name="context">The request.</param>
    /// <param name="transfer">Told of every wait.</param>
    public static WatchedResponse Attach(HttpContext context, RequestTransfer transfer)
    {
        var response = new WatchedResponse(context, transfer);
        context.Features.Set<IHttpResponseBodyFeature>(response);
        context.Features.Set<IHttpRequestLifetimeFeature>(response);
        return response;
    }

    /// <summary>Puts the server's own features back.</summary>
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
    /// <exception cref="OperationCanceledException">The transfer was cut.</exception>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        FinishAsync(writer.FlushAsync(cancellationToken));

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">The transfer was cut.</exception>
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

    /// <summary>Waits for what was written until now, and counts it.</summary>
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

        transfer.DemandUncut();
        transfer.Send();
        Count(result, upTo);
        return result;
    }

    /// <summary>A flush that sent nothing ends without an error: its result says that the connection is gone.</summary>
    private void Count(FlushResult result, long upTo)
    {
        if (result.IsCompleted)
            aborted = true;
        else if (!result.IsCanceled)
            flushed = upTo;
    }
}
