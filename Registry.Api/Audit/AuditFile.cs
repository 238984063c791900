using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Registry.Core.Events;

namespace Registry.Api.Audit;

/// <summary>
/// Appends every event to a file, as a JSON object on one line. The file is opened for each event, so it can be renamed
/// at any time. SIGHUP, which log rotation tools send, is ignored.
/// </summary>
/// <remarks>
/// A single thread writes. A request waits for its event, but not while the volume hangs: the writing thread may then
/// be blocked forever.
/// </remarks>
internal sealed class AuditFile : IRegistryEventSink, IDisposable
{
    /// <summary>The most events that wait for a volume that does not answer. Later ones are lost.</summary>
    private const int MaxWaiting = 10_000;

    /// <summary>The errno of a lock that another process holds, which is the HResult on Linux.</summary>
    private const int WouldBlock = 11;

    /// <summary>How long to wait for another process that is writing, such as a command.</summary>
    private static readonly TimeSpan LockTimeout = TimeSpan.FromMilliseconds(250);

    /// <summary>Escapes format characters too, which could make a line look different in a terminal.</summary>
    private static readonly JsonWriterOptions WriterOptions =
        new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    private readonly string path;
    private readonly BlockingCollection<Line> waiting = new(MaxWaiting);
    private readonly Thread writer;
    private readonly PosixSignalRegistration hangUp;

    /// <summary>Whether an event took longer than <see cref="WriteTimeout"/>, and none was written since.</summary>
    private volatile bool isStalled;

    /// <summary>
    /// Whether another process kept the file locked for <see cref="LockTimeout"/>. Until it is free, events do not wait
    /// for it, so that requests are not delayed.
    /// </summary>
    private bool isLocked;

    /// <param name="path">The path of the file.</param>
    /// <exception cref="IOException">The file cannot be opened or created.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public AuditFile(string path)
    {
        this.path = path;
        Append([]);
        writer = new Thread(WriteWaiting) { IsBackground = true, Name = nameof(AuditFile) };
        writer.Start();
        hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, static context => context.Cancel = true);
    }

    /// <summary>How long a request waits for its event, while the volume answers. Set by tests.</summary>
    internal TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    /// <exception cref="IOException">The event may not be in the file.</exception>
    public void Receive(RegistryEvent registryEvent)
    {
        var line = new Line(Format(registryEvent));
        if (!waiting.TryAdd(line))
            throw new IOException($"The file '{path}' does not respond, and {MaxWaiting} events wait for it.");
        if (Task.WaitAny([line.Written.Task], isStalled ? TimeSpan.Zero : WriteTimeout) < 0)
        {
            isStalled = true;
            throw new IOException($"The file '{path}' does not respond. The event will be written once it responds.");
        }

        line.Written.Task.GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        hangUp.Dispose();
        waiting.CompleteAdding();

        // If the writer hangs, it still uses the queue, which then stays undisposed.
        if (writer.Join(WriteTimeout))
            waiting.Dispose();
    }

    private static ReadOnlyMemory<byte> Format(RegistryEvent registryEvent)
    {
        var line = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(line, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString(
                "time",
                registryEvent.Time.UtcDateTime.ToString(
                    "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
            foreach (var (name, value) in AuditFacts.Of(registryEvent))
                switch (value)
                {
                    case bool flag:
                        json.WriteBoolean(name, flag);
                        break;
                    case long number:
                        json.WriteNumber(name, number);
                        break;
                    default:
                        json.WriteString(name, (string?)value);
                        break;
                }

            json.WriteEndObject();
        }

        line.Write("\n"u8);
        return line.WrittenMemory;
    }

    private void WriteWaiting()
    {
        foreach (var line in waiting.GetConsumingEnumerable())
            try
            {
                Append(line.Bytes.Span);
                isStalled = false;
                line.Written.SetResult();
            }
            catch (Exception exception)
            {
                // Receive throws it.
                line.Written.SetException(exception);
            }
    }

    /// <summary>Appends a whole line, or leaves the file unchanged.</summary>
    /// <exception cref="IOException">The line could not be written.</exception>
    internal static void Append(Stream file, ReadOnlySpan<byte> line)
    {
        var end = file.Length;
        try
        {
            file.Write(line);
        }
        catch (IOException)
        {
            // A full disk may store a part of the line. Remove it, or the next event would be appended to it.
            file.SetLength(end);
            throw;
        }
    }

    private void Append(ReadOnlySpan<byte> line)
    {
        using var file = Open();
        Append(file, line);
    }

    private FileStream Open()
    {
        FileStream? file = null;
        isLocked = !SpinWait.SpinUntil(() => TryOpen(out file), isLocked ? TimeSpan.Zero : LockTimeout);
        return file ?? throw new IOException($"The file '{path}' is locked by another process.");
    }

    /// <summary>Opens the file; false while another process writes, such as a command.</summary>
    private bool TryOpen([NotNullWhen(true)] out FileStream? file)
    {
        file = null;
        try
        {
            // The line is written at once: there is no buffer.
            file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
            return true;
        }
        catch (IOException exception) when (exception.HResult == WouldBlock)
        {
            return false;
        }
    }

    /// <param name="Bytes">The line.</param>
    private sealed record Line(ReadOnlyMemory<byte> Bytes)
    {
        /// <summary>Completes when the line is in the file, or fails.</summary>
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
