using System.Buffers;
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
/// at any time; SIGHUP, with which tools that rotate logs ask for that, is ignored.
/// </summary>
internal sealed class AuditFile : IRegistryEventSink, IDisposable
{
    /// <summary>How long to wait for another process that is writing, such as a command.</summary>
    private static readonly TimeSpan LockTimeout = TimeSpan.FromMilliseconds(250);

    /// <summary>Escapes format characters too, which could make a line look different in a terminal.</summary>
    private static readonly JsonWriterOptions WriterOptions =
        new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    private readonly string path;
    private readonly Lock gate = new();
    private readonly PosixSignalRegistration hangUp;

    /// <summary>
    /// Whether another process kept the file locked for <see cref="LockTimeout"/>. Until it is free, no event waits for
    /// it: they would hold up the requests.
    /// </summary>
    private bool isLocked;

    /// <param name="path">The path of the file.</param>
    /// <exception cref="IOException">The file cannot be opened or created.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public AuditFile(string path)
    {
        this.path = path;
        Append([]);
        hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, static context => context.Cancel = true);
    }

    /// <inheritdoc/>
    public void Receive(RegistryEvent registryEvent)
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
        lock (gate)
            Append(line.WrittenSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => hangUp.Dispose();

    private void Append(ReadOnlySpan<byte> line)
    {
        using var file = Open();
        var end = file.CanSeek ? file.Length : 0;
        try
        {
            file.Write(line);
        }
        catch (IOException) when (file.CanSeek)
        {
            // A full disk takes a part of the line, and the next event would continue it.
            file.SetLength(end);
            throw;
        }
    }

    private FileStream Open()
    {
        FileStream? file = null;
        isLocked = !SpinWait.SpinUntil(() => TryOpen(out file), isLocked ? TimeSpan.Zero : LockTimeout);
        return file ?? throw new IOException($"Another process keeps the file '{path}' open.");
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
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }
}
