using System.Buffers;
using System.IO.Pipelines;

namespace Registry.Api.Json;

/// <summary>
/// A forward-only cursor over a text of any length. It exposes one contiguous segment of the pipe at a time, the
/// window. Parsers keep their state across windows, so nothing is accumulated.
/// </summary>
/// <param name="reader">The text, such as a request body or a file. Its exceptions are not caught.</param>
internal sealed class BodyCursor(PipeReader reader)
{
    private ReadOnlySequence<byte> buffer;
    private SequencePosition next;
    private bool hasBuffer;
    private bool isLast;

    /// <summary>
    /// The available bytes that have not been consumed. Valid until the next call of <see cref="FillAsync"/>.
    /// </summary>
    public ReadOnlyMemory<byte> Window { get; private set; }

    /// <summary>The number of consumed bytes.</summary>
    public long Position { get; private set; }

    /// <summary>Whether the whole text has been consumed.</summary>
    public bool Ended { get; private set; }

    /// <summary>Receives a copy of the consumed bytes; null if they are not recorded.</summary>
    public BoundedBytes? Recorder { get; set; }

    /// <summary>Fills the window if it is empty. Returns false at the end of the text.</summary>
    public ValueTask<bool> FillAsync(CancellationToken cancellationToken) =>
        Window.IsEmpty ? ReadWindowAsync(cancellationToken) : ValueTask.FromResult(true);

    /// <summary>Consumes the first bytes of the window.</summary>
    public void Consume(int count)
    {
        Recorder?.Append(Window.Span[..count]);
        Window = Window[count..];
        Position += count;
    }

    /// <summary>
    /// Skips JSON white space and returns the next byte without consuming it; -1 at the end of the text.
    /// </summary>
    public async ValueTask<int> PeekTokenAsync(CancellationToken cancellationToken)
    {
        while (await FillAsync(cancellationToken))
        {
            var at = Window.Span.IndexOfAnyExcept(" \t\r\n"u8);
            Consume(at < 0 ? Window.Length : at);
            if (at >= 0)
                return Window.Span[0];
        }

        return -1;
    }

    /// <summary>Reads and discards the rest of the text.</summary>
    public async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        Recorder = null;
        while (await FillAsync(cancellationToken))
            Consume(Window.Length);
    }

    /// <summary>
    /// Returns the buffer to the pipe, consumed or not, so that its owner can continue. The cursor reads no further.
    /// </summary>
    public void Release()
    {
        Window = default;
        if (hasBuffer)
            reader.AdvanceTo(buffer.End);
        (hasBuffer, isLast) = (false, true);
    }

    private async ValueTask<bool> ReadWindowAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            while (hasBuffer && buffer.TryGet(ref next, out var segment))
            {
                Window = segment;
                if (!segment.IsEmpty)
                    return true;
            }

            if (hasBuffer)
                reader.AdvanceTo(buffer.End);
            hasBuffer = false;
            if (isLast)
            {
                Ended = true;
                return false;
            }

            var result = await reader.ReadAsync(cancellationToken);
            if (result.IsCanceled)
                throw new OperationCanceledException("Reading was cancelled.");
            buffer = result.Buffer;
            next = buffer.Start;
            hasBuffer = true;
            isLast = result.IsCompleted;
        }
    }
}
