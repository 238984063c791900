using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Registry.Api.Logging;

/// <summary>
/// Writes the log to the console with the formatters and settings of the framework's console logger, but writes several
/// lines in one system call.
/// </summary>
/// <remarks>
/// The framework's console logger wakes a thread and makes a system call for each line, which is expensive when every
/// request is logged. This one writes the lines of <see cref="Pause"/> together. Shutdown writes the remaining lines.
/// ADR 18 has the figures.
/// </remarks>
[ProviderAlias("Console")]
internal sealed class BatchedConsoleProvider : ILoggerProvider, ISupportExternalScope
{
    /// <summary>
    /// How long lines are collected after a write. The first line after an idle period does not wait.
    /// </summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>How long shutdown waits for a terminal or pipe that accepts nothing.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The maximum number of characters per system call.</summary>
    private const int BufferCharacters = 16 * 1024;

    /// <summary>The capacity of the format buffer that a thread keeps after a longer line.</summary>
    private const int MaxRetainedCharacters = 1024;

    private readonly ThreadLocal<StringWriter> formatted = new(static () => new StringWriter());
    private readonly BlockingCollection<(string Text, bool IsError)> lines;
    private readonly ConsoleLoggerOptions options;
    private readonly ConsoleFormatter formatter;
    private readonly TextWriter output;
    private readonly TextWriter errors;
    private readonly ManualResetEventSlim closed = new();
    private readonly Thread writer;
    private IExternalScopeProvider? scopes;
    private int dropped;

    /// <summary>Logs to standard output, and to standard error where the settings say so.</summary>
    public BatchedConsoleProvider(IEnumerable<ConsoleFormatter> formatters, IOptions<ConsoleLoggerOptions> options)
        : this(formatters, options, Console.OpenStandardOutput(), Console.OpenStandardError())
    {
    }

    /// <summary>Logs to two streams.</summary>
    /// <param name="formatters">The available formatters. The options select one.</param>
    /// <param name="options">The options of section <c>Logging:Console</c>.</param>
    /// <param name="output">The stream for events below the threshold for standard error.</param>
    /// <param name="errors">The stream for all other events.</param>
    internal BatchedConsoleProvider(
        IEnumerable<ConsoleFormatter> formatters, IOptions<ConsoleLoggerOptions> options, Stream output, Stream errors)
    {
        this.options = options.Value;
        var name = this.options.FormatterName ?? ConsoleFormatterNames.Simple;
        formatter = formatters.Single(
            candidate => string.Equals(candidate.Name, name, StringComparison.OrdinalIgnoreCase));
        lines = new(this.options.MaxQueueLength);
        this.output = new StreamWriter(output, bufferSize: BufferCharacters);
        this.errors = new StreamWriter(errors, bufferSize: BufferCharacters);
        writer = new Thread(WriteLines) { IsBackground = true, Name = "Console log" };
        writer.Start();
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, this);

    /// <inheritdoc/>
    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => scopes = scopeProvider;

    /// <inheritdoc/>
    public void Dispose()
    {
        lines.CompleteAdding();
        closed.Set();
        writer.Join(StopTimeout);
    }

    private void Add<TState>(in LogEntry<TState> entry)
    {
        var line = (Format(in entry), entry.LogLevel >= options.LogToStandardErrorThreshold);
        try
        {
            if (options.QueueFullMode == ConsoleLoggerQueueFullMode.Wait)
                lines.Add(line);
            else if (!lines.TryAdd(line))
                Interlocked.Increment(ref dropped);
        }
        catch (InvalidOperationException) when (lines.IsAddingCompleted)
        {
            // The log is closed. Code that logs during shutdown must not fail.
        }
    }

    private string Format<TState>(in LogEntry<TState> entry)
    {
        var text = formatted.Value!;
        try
        {
            formatter.Write(in entry, scopes, text);
            return text.ToString();
        }
        finally
        {
            var builder = text.GetStringBuilder().Clear();
            if (builder.Capacity > MaxRetainedCharacters)
                builder.Capacity = MaxRetainedCharacters;
        }
    }

    private void WriteLines()
    {
        foreach (var (text, isError) in lines.GetConsumingEnumerable())
        {
            // Errors are rare, and must not wait for a blocked standard output.
            Write(isError ? errors : output, text, flush: isError);
            if (lines.Count > 0)
                continue;
            Write(output, "", flush: true);
            if (Interlocked.Exchange(ref dropped, 0) is > 0 and var count)
                Write(
                    errors,
                    $"Dropped {count} log lines: the queue of {options.MaxQueueLength} lines was full.\n",
                    flush: true);
            closed.Wait(Pause);
        }
    }

    /// <summary>Writes to a console that may be closed, which must not affect the other one.</summary>
    private static void Write(TextWriter console, string text, bool flush)
    {
        try
        {
            console.Write(text);
            if (flush)
                console.Flush();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The console is closed, so the failure cannot be reported, and the registry keeps serving. A descriptor
            // that is closed or not open for writing (EBADF, EPERM) throws UnauthorizedAccessException.
        }
    }

    private sealed class Logger(string category, BatchedConsoleProvider console) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => console.scopes?.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                console.Add(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter));
        }
    }
}
