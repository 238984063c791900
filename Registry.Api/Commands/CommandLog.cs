using Registry.Api.Logging;

namespace Registry.Api.Commands;

/// <summary>Writes the log of the registry to the error output of a command, one line per event.</summary>
internal sealed class CommandLog(CommandConsole console) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        console.Error.WriteLine(
            LogText.Escape(
                $"{logLevel}: {formatter(state, exception)}{(exception is null ? "" : $": {exception.Message}")}"));

    public void Dispose()
    {
    }
}
