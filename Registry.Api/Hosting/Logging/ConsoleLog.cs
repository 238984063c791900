using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Registry.Api.Hosting.Logging;

/// <summary>
/// The console log, with the framework's formatters and settings (<c>Logging:Console</c>) and <see cref="BufferedConsole"/> in the place of its queue.
/// </summary>
[ProviderAlias("Console")]
internal sealed class ConsoleLog : ILoggerProvider, ISupportExternalScope
{
    /// <summary>A line that was longer gives its memory back.</summary>
    private const int OrdinaryLine = 4096;

    /// <summary>Each thread formats in a place of its own.</summary>
    private readonly ThreadLocal<StringWriter> line = new(static () => new StringWriter());
    private readonly Lazy<BufferedConsole> console = new(static () => new BufferedConsole(Console.OpenStandardOutput()));
    private readonly ConsoleFormatter formatter;
    private IExternalScopeProvider? scopes;

    public ConsoleLog(IEnumerable<ConsoleFormatter> formatters, IOptions<ConsoleLoggerOptions> options)
    {
        // As the framework: an unknown name is the simple one.
        var known = formatters.ToDictionary(static formatter => formatter.Name, StringComparer.OrdinalIgnoreCase);
        formatter = known.GetValueOrDefault(options.Value.FormatterName ?? ConsoleFormatterNames.Simple) ?? known[ConsoleFormatterNames.Simple];
    }

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, this);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => scopes = scopeProvider;

    public void Dispose()
    {
        if (console.IsValueCreated)
            console.Value.Dispose();
        line.Dispose();
    }

    private void Write<TState>(in LogEntry<TState> entry)
    {
        var writer = line.Value!;
        var text = writer.GetStringBuilder();
        formatter.Write(in entry, scopes, writer);
        if (text.Length > 0)
            console.Value.Write(text, now: entry.LogLevel >= LogLevel.Warning);
        text.Clear();
        if (text.Capacity > OrdinaryLine)
            text.Capacity = OrdinaryLine;
    }

    private sealed class Logger(string category, ConsoleLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => log.scopes?.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter));
    }
}
