using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Registry.Api.Http.Transfers;

/// <summary>The body of an answer, whose reader is waited for only so long. However much is written at once, little of it lies unsent.</summary>
/// <param name="inner">The server's.</param>
/// <param name="transfer">Told of every wait.</param>
internal sealed class WatchedResponse(IHttpResponseBodyFeature inner, RequestTransfer transfer) : PipeWriter, IHttpResponseBodyFeature
{
    private readonly PipeWriter writer = inner.Writer;
    private Stream? stream;

    /// <inheritdoc/>
    public PipeWriter Writer => this;

    /// <inheritdoc/>
    public Stream Stream => stream ??= AsStream(leaveOpen: true);

    /// <summary>Bytes of the body that were handed to the server.</summary>
    public long BytesWritten { get; private set; }

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => writer.CanGetUnflushedBytes;

    /// <inheritdoc/>
    public override long UnflushedBytes => writer.UnflushedBytes;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0) => writer.GetMemory(sizeHint);

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => writer.GetSpan(sizeHint);

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        writer.Advance(bytes);
        BytesWritten += bytes;
    }

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">The transfer was cut.</exception>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var pending = writer.FlushAsync(cancellationToken);
        return pending.IsCompletedSuccessfully ? pending : WaitAsync(pending);
    }

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">The transfer was cut.</exception>
    public override async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var part = source[..Math.Min(source.Length, RequestTransfer.SmallBytes)];
            var pending = writer.WriteAsync(part, cancellationToken);
            var result = pending.IsCompletedSuccessfully ? pending.Result : await WaitAsync(pending);
            BytesWritten += part.Length;
            source = source[part.Length..];
            if (source.IsEmpty || result.IsCompleted)
                return result;
        }
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush() => writer.CancelPendingFlush();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => writer.Complete(exception);

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(Exception? exception = null) => writer.CompleteAsync(exception);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);

    /// <inheritdoc/>
    public Task CompleteAsync() => inner.CompleteAsync();

    /// <inheritdoc/>
    public void DisableBuffering() => inner.DisableBuffering();

    /// <inheritdoc/>
    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    private async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> pending)
    {
        transfer.BeginWait(reader: null);
        try
        {
            var result = await pending;
            transfer.DemandUncut();
            return result;
        }
        finally
        {
            transfer.EndWait();
        }
    }
}
