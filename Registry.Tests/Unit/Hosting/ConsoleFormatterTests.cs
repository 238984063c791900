using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Moq;
using NUnit.Framework;
using Registry.Api.Logging;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Hosting;

[Parallelizable(ParallelScope.All)]
internal sealed class ConsoleFormatterTests
{
    private const string Hostile = "a\r\n2026-01-01T00:00:00.000Z info: forged \u202E\u2028\u009B31m";
    private const string Escaped = @"a\u000D\u000A2026-01-01T00:00:00.000Z info: forged \u202E\u2028\u009B31m";

    [Test]
    public void Text_is_one_line_with_time_level_category_and_message() =>
        Assert.That(Write(Text(), "Pushed it"), Is.EqualTo("2026-01-02T03:04:05.000Z warn: Some.Category Pushed it\n"));

    [Test]
    public void A_line_has_the_id_of_its_trace()
    {
        using var span = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
        Assert.That(
            Write(Text(), "Pushed it", new InvalidOperationException("broken")),
            Does.Contain($"Pushed it trace_id={span.TraceId} System.InvalidOperationException: broken"));
        var json = Parse(Write(Json(), "Pushed it"));
        Assert.That(json.GetProperty("TraceId").GetString(), Is.EqualTo($"{span.TraceId}"));
        Assert.That(json.GetProperty("SpanId").GetString(), Is.EqualTo($"{span.SpanId}"));
    }

    [Test]
    public void Text_escapes_messages_exceptions_and_scopes()
    {
        var line = Write(Text(includeScopes: true), Hostile, new InvalidOperationException(Hostile), scope: Hostile);
        Assert.That(line, Does.Contain(Escaped).And.EndWith("\n"));
        Assert.That(line[..^1].Where(static c => char.IsControl(c) || c > '~'), Is.Empty);
        Assert.That(line, Does.Contain($"{Escaped} => {Escaped} System.InvalidOperationException: a 2026"));
    }

    [Test]
    public void Json_is_one_object_with_a_parsable_time_and_no_event_id()
    {
        var json = Parse(
            Write(
                Json(),
                "Pushed it",
                state: [new("Bytes", 12L), new("Milliseconds", 0.5), new("Forced", true), new("None", null)]));
        Assert.That(json.GetProperty("Timestamp").GetDateTimeOffset(), Is.EqualTo(Samples.Start));
        Assert.That(json.GetProperty("LogLevel").GetString(), Is.EqualTo("Warning"));
        Assert.That(json.GetProperty("Category").GetString(), Is.EqualTo("Some.Category"));
        Assert.That(json.GetProperty("Message").GetString(), Is.EqualTo("Pushed it"));
        Assert.That(
            json.GetProperty("State").GetRawText(),
            Is.EqualTo("""{"Bytes":12,"Milliseconds":0.5,"Forced":true,"None":null}"""));
        Assert.That(json.TryGetProperty("EventId", out _), Is.False);
        Assert.That(json.TryGetProperty("Exception", out _), Is.False);
    }

    [Test]
    public void Json_values_are_safe_to_print_after_parsing()
    {
        var json = Parse(
            Write(
                Json(includeScopes: true),
                Hostile,
                new InvalidOperationException(Hostile),
                [new(Hostile, Hostile)],
                Hostile));
        Assert.That(json.GetProperty("Message").GetString(), Is.EqualTo(Escaped));
        Assert.That(json.GetProperty("State").GetProperty(Escaped).GetString(), Is.EqualTo(Escaped));
        Assert.That(json.GetProperty("Scopes")[0].GetString(), Is.EqualTo(Escaped));
        var exception = json.GetProperty("Exception").GetString()!;
        Assert.That(
            exception.Where(static c => (char.IsControl(c) && c != '\n') || c > '~'),
            Is.Empty,
            "the lines of a stack trace stay separate");
    }

    private static TextFormatter Text(bool includeScopes = false) => new(Still(), Options(includeScopes));

    private static JsonFormatter Json(bool includeScopes = false) => new(Still(), Options(includeScopes));

    private static ShiftedTime Still() => new() { Still = Samples.Start };

    private static IOptionsMonitor<ConsoleFormatterOptions> Options(bool includeScopes) =>
        Mock.Of<IOptionsMonitor<ConsoleFormatterOptions>>(
            options => options.CurrentValue == new ConsoleFormatterOptions { IncludeScopes = includeScopes });

    private static string Write(
        ConsoleFormatter formatter,
        string message,
        Exception? exception = null,
        KeyValuePair<string, object?>[]? state = null,
        string? scope = null)
    {
        using var line = new StringWriter(CultureInfo.InvariantCulture);
        var scopes = new LoggerExternalScopeProvider();
        using var pushed = scope is null ? null : scopes.Push(scope);
        formatter.Write(
            new LogEntry<KeyValuePair<string, object?>[]>(
                LogLevel.Warning, "Some.Category", 7, state ?? [], exception, (_, _) => message), scopes, line);
        return line.ToString();
    }

    private static JsonElement Parse(string line)
    {
        Assert.That(line.IndexOf('\n', StringComparison.Ordinal), Is.EqualTo(line.Length - 1), "one line");
        using var json = JsonDocument.Parse(line);
        return json.RootElement.Clone();
    }
}
