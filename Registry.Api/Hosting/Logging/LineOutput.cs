namespace Registry.Api.Hosting.Logging;

/// <summary>
/// Writes lines to a stream from a thread of its own, as many at a time as have come meanwhile: one call of the operating system for each line of a busy
/// log costs more than all else about it. A line is out a few milliseconds after it came; all are when this is disposed.
/// </summary>
internal sealed class LineOutput : IDisposable
{
    /// <summary>Who writes more than the reader of the stream takes waits.</summary>
    private const int MaxWaitingBytes = 1 << 20;

    /// <summary>How long lines gather after a write.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly Stream stream;
    private readonly Thread writer;
    private readonly object gate = new();
    private readonly ManualResetEventSlim closing = new();
    private byte[] filling = new byte[64 * 1024];
    private byte[] spare = new byte[64 * 1024];
    private int filled;
    private bool closed;

    /// <param name="stream">Where to; owned by this.</param>
    public LineOutput(Stream stream)
    {
        this.stream = stream;
        writer = new Thread(WriteAll) { IsBackground = true, Name = "Log" };
        writer.Start();
    }

    /// <summary>Takes a line, its end included. After the end of all it is dropped.</summary>
    public void Append(ReadOnlySpan<byte> line)
    {
        lock (gate)
        {
            while (filled >= MaxWaitingBytes && !closed)
                Monitor.Wait(gate);
            if (closed)
                return;
            if (filling.Length - filled < line.Length)
                Array.Resize(ref filling, Math.Max(filling.Length * 2, filled + line.Length));
            line.CopyTo(filling.AsSpan(filled));
            filled += line.Length;
            if (filled == line.Length)
                Monitor.PulseAll(gate);
        }
    }

    /// <summary>Writes what has come, and ends.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            closed = true;
            Monitor.PulseAll(gate);
        }

        closing.Set();
        writer.Join();
        closing.Dispose();
        stream.Dispose();
    }

    private void WriteAll()
    {
        while (Take() is { IsEmpty: false } lines)
        {
            try
            {
                stream.Write(lines.Span);
            }
            catch (IOException)
            {
                // A full disk behind the output. There is no other place to say so, and the registry serves on: these lines are lost.
            }

            closing.Wait(Pause);
        }
    }

    /// <summary>Waits for lines; empty at the end of all.</summary>
    private ReadOnlyMemory<byte> Take()
    {
        lock (gate)
        {
            while (filled == 0 && !closed)
                Monitor.Wait(gate);
            var lines = filling.AsMemory(0, filled);
            (filling, spare, filled) = (spare, filling, 0);
            Monitor.PulseAll(gate);
            return lines;
        }
    }
}
