using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Registry.Core.Versions;

namespace Registry.Tests.Support.Replay;

/// <summary>The differences that apply to a kind of response.</summary>
internal static partial class CnrDifferences
{
    private static IEnumerable<CnrDifference> OfKinds() =>
    [
        new(
            "package-not-found",
            (recording, exchange, expected) =>
                HasCode(expected, "package-not-found") ? Echoing(recording, exchange, expected) : expected),
        new("channel-not-found", (_, exchange, expected) => HasCode(expected, "channel-not-found")
            ? ExpectedResponse.Error(
                404,
                "channel-not-found",
                ("package", Requested(exchange).Package),
                ("channel", (string)expected.Json!["details"]!["package"]!))
            : expected),
        new(
            "order of packages, manifests, channels",
            (_, _, expected) => expected.Json is JsonArray or JsonObject ? WithJson(expected, Order) : expected),
        new("messages in Python's words", (_, _, expected) =>
            expected.Json is JsonObject json && (string?)json["code"] == "invalid-release"
                ? WithJson(expected, error => error["message"] = Hinted(Unquoted((string)error["message"]!)))
                : expected),
        new("Content-Disposition", (_, _, expected) =>
            expected.Disposition is null
                ? expected
                : expected with { Disposition = $"attachment; filename=\"{expected.Disposition}\"" }),
        new(
            "CORS",
            (_, exchange, expected) =>
                exchange.RequestHeaders.ContainsKey("Origin")
                    ? expected with { AllowOrigin = "*", VariesByOrigin = false }
                    : expected),
        new(
            "CORS",
            (_, exchange, expected) =>
                exchange.Method == "OPTIONS"
                    ? expected with { Statuses = [200, 204], ContentType = null, Pieces = [] }
                    : expected),
        new("error bodies", (_, _, expected) => expected switch
        {
            { Statuses: [404], ContentType: "text/html" } => ExpectedResponse.Error(404, "resource-not-found"),
            { Statuses: [405], ContentType: "text/html" } =>
                ExpectedResponse.Error(405, "method-not-allowed") with { Allow = expected.Allow },
            _ => expected,
        }),
        new("error bodies", (recording, exchange, expected) =>
            recording.Root.Length > 0
                && exchange.Path.StartsWith(recording.Root, StringComparison.Ordinal)
                && expected.Statuses[0] >= 400
                && expected.Json is not null
                ? WithJson(expected, json => json["error"] = json.DeepClone())
                : expected),
    ];

    private static bool HasCode(
        ExpectedResponse expected, string code) => expected.Json is JsonObject json && (string?)json["code"] == code;

    /// <summary>Sets the details to what the request names, with the resolved release if there is one.</summary>
    private static ExpectedResponse Echoing(Recording recording, RecordedExchange exchange, ExpectedResponse expected)
    {
        var requested = Requested(exchange);
        return WithJson(expected, json =>
        {
            var details = json["details"]!.AsObject();
            var release = (string?)details["release"] ?? requested.Release;
            var mediaType = (string?)details["media_type"] ?? requested.MediaType;
            json["details"] =
                new JsonObject { ["package"] = requested.Package, ["release"] = release, ["media_type"] = mediaType };
            json["message"] =
                $"package {requested.Package} doesn't exist, v: {release ?? "None"}, type: {mediaType ?? "None"}";
        }) with
        {
            AnyMessage = false,
            MoreDetails = false,
        };
    }

    private static (string Package, string? Release, string? MediaType) Requested(RecordedExchange exchange)
    {
        var (path, query) = exchange.Path.Split('?') is [var before, var after] ? (before, after) : (exchange.Path, "");
        var segments = path[(path.IndexOf("/packages/", StringComparison.Ordinal) + 10)..].Split('/')
            .Select(Uri.UnescapeDataString)
            .ToArray();
        var package = $"{segments[0]}/{segments[1]}";
        return segments[2..] switch
        {
            ["channels", _, var release] => (package, release, null),
            ["channels", ..] => (package, null, null),
            ["blobs", "sha256", var digest, ..] => (package, digest, null),
            [var release] => (package, release, null),
            [var release, var type, ..] => (package, release, type),
            _ => (package, null, query.StartsWith("media_type=", StringComparison.Ordinal) ? query[11..] : null),
        };
    }

    /// <summary>
    /// Sorts packages and channels by name, manifests by release and media type, and names ordinally.
    /// </summary>
    private static void Order(JsonNode json)
    {
        switch (json)
        {
            case JsonArray array:
                Sort(array);
                foreach (var item in array.OfType<JsonObject>())
                    Order(item);
                break;
            case JsonObject members:
                foreach (var name in new[] { "channels", "manifests" })
                {
                    if (members[name] is JsonArray names)
                        Sort(names);
                }

                break;
        }
    }

    private static void Sort(JsonArray array)
    {
        var sorted = array.Select(item => item!).ToArray();
        sorted = sorted switch
        {
            [JsonValue, ..] => [.. sorted.OrderBy(name => (string)name!, StringComparer.Ordinal)],
            [JsonObject first, ..] when first.ContainsKey("name") =>
                [.. sorted.OrderBy(item => (string)item["name"]!, StringComparer.Ordinal)],
            [JsonObject first, ..] when first.ContainsKey("release") =>
                [.. sorted.OrderByDescending(item => Release.Parse((string)item["release"]!))
                    .ThenBy(item => (string)item["mediaType"]!, StringComparer.Ordinal)],
            _ => sorted,
        };
        array.Clear();
        foreach (var item in sorted)
            array.Add(item);
    }

    /// <summary>Removes Python's u prefix of strings, its escapes, and None.</summary>
    private static string Unquoted(string message) =>
        Escape.Replace(
            message.Replace("u'", "'", StringComparison.Ordinal)
                .Replace("string: None", "string: ''", StringComparison.Ordinal),
            escape => ((char)int.Parse(escape.Groups[1].ValueSpan, NumberStyles.HexNumber, null)).ToString());

    /// <summary>Adds this registry's hint on a leading v.</summary>
    private static string Hinted(string message) => LeadingV.Replace(message, "$0. Releases have no leading v: $1");

    [GeneratedRegex(@"'v(\d+\.\d+\.\d+)'$")]
    private static partial Regex LeadingV { get; }

    [GeneratedRegex(@"\\x([0-9a-f]{2})")]
    private static partial Regex Escape { get; }
}
