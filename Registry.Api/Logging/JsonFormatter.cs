using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Registry.Api.Logging;

/// <summary>
/// Console formatter <c>json</c>: one JSON object per line and event, with the members of the framework's formatter
/// except the event id, which is redundant with <c>Category</c> and <c>{OriginalFormat}</c>, and with the ids of the
/// trace and the span if there are any.
/// </summary>
/// <remarks>
/// Strings are escaped before they are written as JSON, so that they are also safe to print after parsing.
/// </remarks>
/// <param name="time">The clock.</param>
/// <param name="options">
/// Section <c>Logging:Console:FormatterOptions</c>, of which <c>IncludeScopes</c> applies.
/// </param>
internal sealed class JsonFormatter(TimeProvider time, IOptionsMonitor<ConsoleFormatterOptions> options)
    : ConsoleFormatter(ConsoleFormatterNames.Json)
{
    // The default encoder also escapes characters that are dangerous only in HTML.
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <inheritdoc/>
    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(line, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString(
                "Timestamp", time.GetUtcNow().ToString(TextFormatter.TimeFormat, CultureInfo.InvariantCulture));
            json.WriteString("LogLevel", logEntry.LogLevel.ToString());
            json.WriteString("Category", LogText.Escape(logEntry.Category));
            json.WriteString("Message", LogText.Escape(logEntry.Formatter(logEntry.State, logEntry.Exception)));
            if (Activity.Current is { } span)
            {
                json.WriteString("TraceId", span.TraceId.ToHexString());
                json.WriteString("SpanId", span.SpanId.ToHexString());
            }

            if (logEntry.Exception is { } exception)
                json.WriteString("Exception", LogText.EscapeLines(exception.ToString(), separator: "\n"));
            if (logEntry.State is IReadOnlyList<KeyValuePair<string, object?>> values)
            {
                json.WriteStartObject("State");
                WriteMembers(json, values);
                json.WriteEndObject();
            }

            if (options.CurrentValue.IncludeScopes && scopeProvider is not null)
                WriteScopes(json, scopeProvider);
            json.WriteEndObject();
        }

        textWriter.Write(Encoding.UTF8.GetString(line.WrittenSpan));
        textWriter.Write('\n');
    }

    private static void WriteScopes(Utf8JsonWriter json, IExternalScopeProvider scopes)
    {
        json.WriteStartArray("Scopes");
        scopes.ForEachScope(
            static (scope, json) =>
            {
                if (scope is not IEnumerable<KeyValuePair<string, object?>> values)
                {
                    json.WriteStringValue(LogText.Escape(scope?.ToString()));
                    return;
                }

                json.WriteStartObject();
                json.WriteString("Message", LogText.Escape(scope.ToString()));
                WriteMembers(json, values);
                json.WriteEndObject();
            },
            json);
        json.WriteEndArray();
    }

    private static void WriteMembers(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, object?>> values)
    {
        foreach (var (name, value) in values)
        {
            json.WritePropertyName(LogText.Escape(name));
            switch (value)
            {
                case null:
                    json.WriteNullValue();
                    break;
                case bool flag:
                    json.WriteBooleanValue(flag);
                    break;
                case int or long or short or byte:
                    json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                    break;
                case double number when double.IsFinite(number):
                    json.WriteNumberValue(number);
                    break;
                default:
                    json.WriteStringValue(LogText.Escape(Convert.ToString(value, CultureInfo.InvariantCulture)));
                    break;
            }
        }
    }
}
