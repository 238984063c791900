using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Registry.Api.Logging;

/// <summary>
/// Console formatter <c>simple</c>: one line per event, with UTC time, level, category, message, and the id of the
/// trace if there is one.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="options">
/// Section <c>Logging:Console:FormatterOptions</c>, of which <c>IncludeScopes</c> applies.
/// </param>
internal sealed class TextFormatter(TimeProvider time, IOptionsMonitor<ConsoleFormatterOptions> options)
    : ConsoleFormatter(ConsoleFormatterNames.Simple)
{
    /// <summary>ISO 8601 in UTC, which sorts as text.</summary>
    internal const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <inheritdoc/>
    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        Span<char> now = stackalloc char[32];
        time.GetUtcNow().TryFormat(now, out var length, TimeFormat, CultureInfo.InvariantCulture);
        textWriter.Write(now[..length]);
        textWriter.Write(Level(logEntry.LogLevel));
        textWriter.Write(LogText.Escape(logEntry.Category));
        textWriter.Write(' ');
        if (options.CurrentValue.IncludeScopes)
            scopeProvider?.ForEachScope(
                static (scope, writer) => writer.Write($"{LogText.Escape(scope?.ToString())} => "), textWriter);
        textWriter.Write(LogText.Escape(logEntry.Formatter(logEntry.State, logEntry.Exception)));
        if (Activity.Current is { } span)
        {
            textWriter.Write(" trace_id=");
            textWriter.Write(span.TraceId.ToHexString());
        }

        if (logEntry.Exception is { } exception)
        {
            textWriter.Write(' ');
            textWriter.Write(LogText.EscapeLines(exception.ToString(), separator: " "));
        }

        textWriter.Write('\n');
    }

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => " trce: ",
        LogLevel.Debug => " dbug: ",
        LogLevel.Information => " info: ",
        LogLevel.Warning => " warn: ",
        LogLevel.Error => " fail: ",
        LogLevel.Critical => " crit: ",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "Not a level of an event."),
    };
}
