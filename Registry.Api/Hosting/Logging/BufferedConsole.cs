using System.Text;

namespace Registry.Api.Hosting.Logging;

/// <summary>
/// Standard output for a log of a line for each request: who logs appends to a buffer, and one thread writes what has come together. The framework's
/// own console takes a lock, wakes a thread and makes a system call for each line, which costs more than many a request.
/// </summary>
/// <remarks>
/// Nothing is lost but with the process: a line waits for <see cref="Pause"/> at most, errors and warnings not at all, and a stop writes what is left.
/// Where nobody reads the output, whoever logs waits, as ever.
/// </remarks>
internal sealed class BufferedConsole : IDisposable
{
    /// <summary>How much may wait to be written, in bytes, before whoever logs waits too.</summary>
    private const int MaxWaiting = 1 << 20;

    /// <summary>How long lines are gathered: nobody sees it, and it is a hundredth of the writes.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>How long a stop waits for a reader that does not read.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly object gate = new();
    private readonly Stream output;
    private readonly Thread writer;
    private (byte[] Bytes, int Count) waiting = (new byte[16 * 1024], 0);
    private (byte[] Bytes, int Count) written = (new byte[16 * 1024], 0);

    /// <summary>Whether what waits may not wait for more.</summary>
    private bool urgent;

    /// <summary>Whether the thread waits for the first line.</summary>
    private bool idle;
    private bool closed;

    /// <param name="output">Where to; disposed with this.</param>
    public BufferedConsole(Stream output)
    {
        this.output = output;
        writer = new Thread(WriteAll) { IsBackground = true, Name = "Log" };
        writer.Start();
    }

    /// <summary>Appends text; after <see cref="Dispose"/>, nothing.</summary>
    /// <param name="text">Whole lines.</param>
    /// <param name="now">Whether it may not wait for others.</param>
    public void Write(StringBuilder text, bool now)
    {
        lock (gate)
        {
            while (waiting.Count >= MaxWaiting && !closed)
                Monitor.Wait(gate);
            if (closed)
                return;
            foreach (var chunk in text.GetChunks())
                Append(chunk.Span);
            var wasUrgent = urgent;
            urgent |= now || waiting.Count >= MaxWaiting / 2;
            if (idle || (urgent && !wasUrgent))
                Monitor.PulseAll(gate);
        }
    }

    /// <summary>Writes what is left.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            closed = true;
            Monitor.PulseAll(gate);
        }

        if (writer.Join(Patience))
            output.Dispose();
    }

    private void Append(ReadOnlySpan<char> text)
    {
        var most = waiting.Count + Encoding.UTF8.GetMaxByteCount(text.Length);
        if (most > waiting.Bytes.Length)
            Array.Resize(ref waiting.Bytes, Math.Max(most, 2 * waiting.Bytes.Length));
        waiting.Count += Encoding.UTF8.GetBytes(text, waiting.Bytes.AsSpan(waiting.Count));
    }

    private void WriteAll()
    {
        while (Take())
        {
            try
            {
                output.Write(written.Bytes, 0, written.Count);
                output.Flush();
            }
            catch (IOException)
            {
                // Whoever read the output is gone: there is nobody left to tell, and the registry goes on serving.
            }
        }
    }

    /// <summary>Waits for lines, and takes all that there are; false when there will be no more.</summary>
    private bool Take()
    {
        lock (gate)
        {
            // What came during the last write is gathered for a while; the first line after a silence is not.
            if (waiting.Count > 0 && !urgent && !closed)
                Monitor.Wait(gate, Pause);
            while (waiting.Count == 0 && !closed)
            {
                idle = true;
                Monitor.Wait(gate);
                idle = false;
            }

            (waiting, written) = ((written.Bytes, 0), waiting);
            urgent = false;
            Monitor.PulseAll(gate);
            return written.Count > 0;
        }
    }
}
