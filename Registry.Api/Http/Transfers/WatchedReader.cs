using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Registry.Api.Http.Transfers;

/// <summary>
/// The body of a request. It limits how long the client may stall, and reports a body that the server cannot parse as
/// the client's error.
/// </summary>
/// <param name="inner">The server's reader.</param>
/// <param name="transfer">Notified of every wait.</param>
internal sealed class WatchedReader(PipeReader inner, RequestTransfer transfer) : PipeReader, IRequestBodyPipeFeature
{
    private ReadOnlySequence<byte> buffer;
    private long unread;
    private bool isComplete;
    private bool isAtEnd;

    /// <inheritdoc/>
    public PipeReader Reader => this;

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        try
        {
            if (!inner.TryRead(out result))
                return false;
            Note(result);
            return true;
        }
        catch (IOException exception) when (IsMalformed(exception))
        {
            throw Malformed(exception);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="BadHttpRequestException">
    /// The body is malformed (400) or too large (413), or the client has stopped sending (408).
    /// </exception>
    /// <exception cref="Core.Errors.RegistryException">Others needed the memory of the transfer.</exception>
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            transfer.ThrowIfAborted();
            var pending = inner.ReadAsync(cancellationToken);
            if (pending.IsCompletedSuccessfully)
                return Checked(pending.Result);
            ReadResult result;
            transfer.BeginWait(inner);
            try
            {
                result = await pending;
            }
            finally
            {
                transfer.EndWait();
            }

            return Checked(result);
        }
        catch (IOException exception) when (IsMalformed(exception))
        {
            throw Malformed(exception);
        }
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        unread = buffer.Slice(consumed).Length;
        isAtEnd = isComplete && unread == 0;
        inner.AdvanceTo(consumed, examined);
    }

    /// <summary>
    /// Drops what has arrived of the body and was not read. Returns whether that, and what was read, is the whole body.
    /// </summary>
    public bool TrySkip()
    {
        if (isAtEnd)
            return true;
        try
        {
            if (TryRead(out var result))
                AdvanceTo(result.Buffer.End);
        }
        catch (Exception exception)
            when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            // The body is malformed, its client has left, or an endpoint that failed still holds a part of it.
            return false;
        }

        return isAtEnd;
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <summary>
    /// Kestrel reports some malformed bodies, such as a chunk size out of range, as a plain IOException.
    /// </summary>
    private static bool IsMalformed(
        IOException broken) => broken is not (BadHttpRequestException or ConnectionResetException);

    private static BadHttpRequestException Malformed(IOException broken) =>
        new("The body of the request is malformed.", StatusCodes.Status400BadRequest, broken);

    /// <summary>Reports to the transfer how much was received.</summary>
    private void Note(ReadResult result)
    {
        buffer = result.Buffer;
        isComplete = result.IsCompleted;
        transfer.CountReceived(buffer.Length - unread);
    }

    private ReadResult Checked(ReadResult result)
    {
        if (!result.IsCanceled)
        {
            Note(result);
            return result;
        }

        // Consumes nothing, so that the server can continue with the body.
        inner.AdvanceTo(result.Buffer.Start);
        transfer.ThrowIfAborted();
        throw new OperationCanceledException("Reading of the request body was cancelled.");
    }
}
