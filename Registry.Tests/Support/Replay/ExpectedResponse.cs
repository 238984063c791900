using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Registry.Tests.Support.Replay;

/// <summary>The expected response of this registry: the recorded one with all deliberate differences.</summary>
internal sealed partial record ExpectedResponse
{
    private static readonly JsonSerializerOptions Readable =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The allowed statuses; more than one only if either is correct.</summary>
    public required IReadOnlyList<int> Statuses { get; init; }

    /// <summary>The expected content type; null if it is not compared.</summary>
    public string? ContentType { get; init; }

    /// <summary>The expected JSON; null if the response is not JSON.</summary>
    public JsonNode? Json { get; init; }

    /// <summary>Whether the actual <c>details</c> may have more members.</summary>
    public bool MoreDetails { get; init; }

    /// <summary>Whether <c>message</c> may be any text.</summary>
    public bool AnyMessage { get; init; }

    /// <summary>The expected bytes; null if the response is not binary.</summary>
    public byte[]? Bytes { get; init; }

    /// <summary>Texts that the page must contain.</summary>
    public IReadOnlyList<string> Pieces { get; init; } = [];

    /// <summary>The expected Content-Disposition; null if it is not compared.</summary>
    public string? Disposition { get; init; }

    /// <summary>The methods of <c>Allow</c>, sorted; null for none.</summary>
    public string? Allow { get; init; }

    public string? AllowOrigin { get; init; }

    /// <summary>Whether <c>Vary</c> names <c>Origin</c>.</summary>
    public bool VariesByOrigin { get; init; }

    private bool IsHead { get; init; }

    public static ExpectedResponse Of(RecordedExchange exchange)
    {
        var type = exchange.Headers.GetValueOrDefault("Content-Type");
        return new ExpectedResponse
        {
            Statuses = [exchange.Status],
            ContentType = type,
            Json = type == "application/json" && !string.IsNullOrEmpty(exchange.Text) ? exchange.Json : null,
            Bytes = exchange.Bytes,
            Pieces = type is not null
                && type.StartsWith("text/html", StringComparison.Ordinal)
                && exchange.Text is not null ? [exchange.Text] : [],
            Disposition = exchange.Headers.GetValueOrDefault("Content-Disposition"),
            Allow = Sorted(exchange.Headers.GetValueOrDefault("Allow")),
            AllowOrigin = exchange.Headers.GetValueOrDefault("Access-Control-Allow-Origin"),
            VariesByOrigin = exchange.Headers.ContainsKey("Vary"),
            IsHead = exchange.Method == "HEAD",
        };
    }

    /// <summary>Returns a JSON response with the headers that all JSON responses have.</summary>
    public static ExpectedResponse Of(int status, JsonNode json) =>
        new() { Statuses = [status], ContentType = "application/json", Json = json, AllowOrigin = "*" };

    /// <summary>Returns an error with any message and additional details.</summary>
    public static ExpectedResponse Error(int status, string code, params (string Name, string Value)[] details) =>
        Of(status, new JsonObject
        {
            ["code"] = code,
            ["message"] = "",
            ["details"] = new JsonObject(
                details.Select(detail => KeyValuePair.Create<string, JsonNode?>(detail.Name, detail.Value))),
        }) with
        {
            AnyMessage = true,
            MoreDetails = true,
        };

    /// <summary>Describes the differences of an actual response; none if it matches.</summary>
    public IEnumerable<string> DifferencesOf(ActualResponse actual)
    {
        if (!Statuses.Contains(actual.Status))
            yield return $"status {actual.Status}, expected {string.Join(" or ", Statuses)}";
        foreach (var (name, expected) in new[]
        {
            ("Content-Type", ContentType),
            ("Content-Disposition", Disposition),
            ("Access-Control-Allow-Origin", AllowOrigin)
        })
        {
            if (expected is not null && actual.Headers.GetValueOrDefault(name) != expected)
                yield return $"{name}: {actual.Headers.GetValueOrDefault(name)}, expected {expected}";
        }

        if (Sorted(actual.Headers.GetValueOrDefault("Allow")) != Allow)
            yield return $"Allow: {actual.Headers.GetValueOrDefault("Allow")}, expected {Allow}";
        if (actual.Headers.GetValueOrDefault("Vary", "").Contains("Origin", StringComparison.OrdinalIgnoreCase)
            != VariesByOrigin)
            yield return $"Vary: {actual.Headers.GetValueOrDefault("Vary")}";
        if (IsHead)
        {
            if (actual.Body.Length > 0)
                yield return "a body in response to HEAD";
            yield break;
        }

        if (Bytes is not null && !actual.Body.AsSpan().SequenceEqual(Bytes))
            yield return $"{actual.Body.Length} bytes that differ from the {Bytes.Length} expected";
        var text = System.Text.Encoding.UTF8.GetString(actual.Body);
        foreach (var piece in Pieces.Where(piece => !text.Contains(piece, StringComparison.Ordinal)))
            yield return $"a body without {piece}: {text}";
        if (Json is not null && DifferenceOfJson(text) is { } difference)
            yield return difference;
    }

    private static string? Sorted(string? methods) =>
        methods is null
            ? null
            : string.Join(", ", methods.Split(',', StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal));

    private string? DifferenceOfJson(string text)
    {
        JsonNode? actual;
        try
        {
            actual = JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return $"a body that is not JSON: {text}";
        }

        var expected = Json!.DeepClone();
        Normalize(expected, actual, member: "");
        return JsonNode.DeepEquals(expected, actual)
            ? null
            : $"body {actual?.ToJsonString(Readable)}, expected {expected.ToJsonString(Readable)}";
    }

    /// <summary>
    /// Copies values that need not match into the expected JSON: valid timestamps, and any message or details allowed.
    /// </summary>
    private void Normalize(JsonNode? expected, JsonNode? actual, string member)
    {
        if (expected is JsonArray expectedItems && actual is JsonArray actualItems)
        {
            foreach (var (first, second) in expectedItems.Zip(actualItems))
                Normalize(first, second, "");
        }

        if (expected is not JsonObject expectedMembers || actual is not JsonObject actualMembers)
            return;
        foreach (var name in expectedMembers.Select(each => each.Key).ToArray())
        {
            var value = actualMembers.TryGetPropertyValue(name, out var node)
                && node is JsonValue scalar
                && scalar.TryGetValue<string>(out var found) ? found : null;
            if (value is not null
                && ((name == "created_at" && Time.IsMatch(value))
                    || (name == "message" && AnyMessage && value.Length > 0)))
                expectedMembers[name] = value;
            else
                Normalize(expectedMembers[name], node, name);
        }

        if (MoreDetails && member == "details")
        {
            foreach (var name in actualMembers.Select(each => each.Key)
                .Where(name => !expectedMembers.ContainsKey(name))
                .ToArray())
                actualMembers.Remove(name);
        }
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\z")]
    private static partial Regex Time { get; }
}
