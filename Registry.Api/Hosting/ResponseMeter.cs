using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Registry.Api.Hosting;

/// <summary>Counts the bytes of a response body, and notices when the response is aborted.</summary>
/// <remarks>It replaces the server's own features, so that every answer is counted, however it is written.</remarks>
internal sealed class ResponseMeter : PipeWriter, IHttpResponseBodyFeature, IHttpRequestLifetimeFeature
{
    private readonly HttpContext context;
    private readonly IHttpResponseBodyFeature body;
    private readonly IHttpRequestLifetimeFeature lifetime;
    private Stream? stream;
    private long written;
    private long flushed;
    private bool aborted;

    private ResponseMeter(HttpContext context)
    {
        this.context = context;
        body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        lifetime = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
    }

    /// <summary>Whether the response ended early: the client left, or the registry broke the connection.</summary>
    public bool IsAborted => HasEnded && !(context.Response.HasStarted && context.Response.ContentLength == flushed);

    /// <summary>
    /// The bytes of the body that the network took. Of an aborted response these are the bytes of all flushes that had
    /// ended: the client may have received a part of the next, or not all of the last.
    /// </summary>
    public long Bytes => HttpMethods.IsHead(context.Request.Method) ? 0 : HasEnded ? flushed : written;

    /// <inheritdoc/>
    public Stream Stream => stream ??= AsStream(leaveOpen: true);

    /// <inheritdoc/>
    public PipeWriter Writer => this;

    /// <inheritdoc/>
    public CancellationToken RequestAborted
    {
        get => lifetime.RequestAborted;
        set => lifetime.RequestAborted = value;
    }

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => body.Writer.CanGetUnflushedBytes;

    /// <inheritdoc/>
    public override long UnflushedBytes => body.Writer.UnflushedBytes;

    // A token that is cancelled may say so a moment late, where it was asked for before.
    private bool HasEnded => aborted || lifetime.RequestAborted.IsCancellationRequested;

    /// <summary>Begins to count what <paramref name="context"/> is answered.</summary>
    public static ResponseMeter Attach(HttpContext context)
    {
        var meter = new ResponseMeter(context);
        context.Features.Set<IHttpResponseBodyFeature>(meter);
        context.Features.Set<IHttpRequestLifetimeFeature>(meter);
        return meter;
    }

    /// <inheritdoc/>
    public void Abort()
    {
        aborted = true;
        lifetime.Abort();
    }

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0) => body.Writer.GetMemory(sizeHint);

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => body.Writer.GetSpan(sizeHint);

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        body.Writer.Advance(bytes);
        written += bytes;
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        CountAsync(body.Writer.FlushAsync(cancellationToken), written);

    /// <inheritdoc/>
    public override ValueTask<FlushResult> WriteAsync(
        ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        written += source.Length;
        return CountAsync(body.Writer.WriteAsync(source, cancellationToken), written);
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush() => body.Writer.CancelPendingFlush();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => body.Writer.Complete(exception);

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(Exception? exception = null) => body.Writer.CompleteAsync(exception);

    /// <inheritdoc/>
    public Task CompleteAsync() => body.CompleteAsync();

    /// <inheritdoc/>
    public void DisableBuffering() => body.DisableBuffering();

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken = default) => body.StartAsync(cancellationToken);

    /// <inheritdoc/>
    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    /// <summary>Counts what a flush has handed over. One that sent nothing may end without an error, but says so.</summary>
    private ValueTask<FlushResult> CountAsync(ValueTask<FlushResult> flush, long upTo)
    {
        if (!flush.IsCompletedSuccessfully)
            return AwaitAsync(flush, upTo);
        var result = flush.Result;
        Count(result, upTo);
        return new ValueTask<FlushResult>(result);
    }

    private async ValueTask<FlushResult> AwaitAsync(ValueTask<FlushResult> flush, long upTo)
    {
        var result = await flush;
        Count(result, upTo);
        return result;
    }

    private void Count(FlushResult result, long upTo)
    {
        if (!result.IsCompleted && !result.IsCanceled)
            flushed = upTo;
    }
}
