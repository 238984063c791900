using System.Buffers;
using System.IO.Pipelines;

namespace Registry.Api.Json;

/// <summary>
/// A text of any length, walked forward one window at a time, a window being what the pipe happens to hold in one
/// piece. Parsers keep their own state across windows, so nothing is ever gathered.
/// </summary>
/// <param name="reader">The text, such as the body of a request or a file. Its exceptions pass through.</param>
internal sealed class BodyCursor(PipeReader reader)
{
    private ReadOnlySequence<byte> held;
    private SequencePosition next;
    private bool holds;
    private bool last;

    /// <summary>The bytes at hand, not consumed yet. Valid until the next call of <see cref="FillAsync"/>.</summary>
    public ReadOnlyMemory<byte> Window { get; private set; }

    /// <summary>How many bytes have been consumed.</summary>
    public long Position { get; private set; }

    /// <summary>True once everything has been consumed and the pipe has said that no more will come.</summary>
    public bool Ended { get; private set; }

    /// <summary>What is consumed is also written here; null records nothing.</summary>
    public BoundedBytes? Recorder { get; set; }

    /// <summary>Makes sure that the window holds something; false at the end of the text.</summary>
    public ValueTask<bool> FillAsync(CancellationToken cancellationToken) =>
        Window.IsEmpty ? FillSlowlyAsync(cancellationToken) : ValueTask.FromResult(true);

    /// <summary>Steps over the first bytes of the window.</summary>
    public void Consume(int count)
    {
        Recorder?.Append(Window.Span[..count]);
        Window = Window[count..];
        Position += count;
    }

    /// <summary>
    /// The next byte that is no white space (as JSON has it), left where it is; -1 at the end of the text.
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

    /// <summary>Reads what is left and forgets it.</summary>
    public async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        Recorder = null;
        while (await FillAsync(cancellationToken))
            Consume(Window.Length);
    }

    /// <summary>
    /// Gives back what is held, read or not, so that the owner of the pipe can go on. The cursor reads no more.
    /// </summary>
    public void Release()
    {
        Window = default;
        if (holds)
            reader.AdvanceTo(held.End);
        (holds, last) = (false, true);
    }

    private async ValueTask<bool> FillSlowlyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            while (holds && held.TryGet(ref next, out var segment))
            {
                Window = segment;
                if (!segment.IsEmpty)
                    return true;
            }

            if (holds)
                reader.AdvanceTo(held.End);
            holds = false;
            if (last)
            {
                Ended = true;
                return false;
            }

            var result = await reader.ReadAsync(cancellationToken);
            if (result.IsCanceled)
                throw new OperationCanceledException("Reading was cancelled.");
            held = result.Buffer;
            next = held.Start;
            holds = true;
            last = result.IsCompleted;
        }
    }
}
