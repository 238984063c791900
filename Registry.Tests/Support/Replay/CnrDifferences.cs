using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Registry.Tests.Support.Replay;

/// <summary>
/// All deliberate differences in the order of application: first those of single exchanges, then those of kinds of
/// responses.
/// </summary>
internal static partial class CnrDifferences
{
    private const string Rocketchat = "titi/rocketchat";

    public static IReadOnlyList<CnrDifference> All { get; } =
        [.. OfPushes(), .. OfQueries(), .. OfLists(), .. OfDeletion(), .. OfSites(), .. OfKinds()];

    /// <summary>Returns the expected response of this registry to a recorded exchange.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="exchange">An exchange of the recording.</param>
    /// <param name="applied">Called with each difference that applies.</param>
    public static ExpectedResponse Expect(Recording recording, RecordedExchange exchange, Action<CnrDifference> applied)
    {
        var expected = ExpectedResponse.Of(exchange);
        foreach (var difference in All)
        {
            var changed = difference.Change(recording, exchange, expected);
            if (ReferenceEquals(changed, expected))
                continue;
            applied(difference);
            expected = changed;
        }

        return expected;
    }

    /// <summary>Returns whether this registry accepts a package name.</summary>
    public static bool IsName(string name) => Name.IsMatch(name);

    private static IEnumerable<CnrDifference> OfPushes() =>
    [
        CnrDifference.Instead(
            "malformed push", _ => ExpectedResponse.Error(400, "invalid-usage", ("field", "release")),
            "push.release.int", "push.release.missing", "push.release.version-key", "push.json.nobody"),
        CnrDifference.Instead(
            "malformed push", _ =>
                ExpectedResponse.Error(
                    400, "invalid-usage", ("field", "blob")), "push.blob.missing", "push.blob.null", "push.blob.int"),
        CnrDifference.Instead(
            "malformed push", _ => ExpectedResponse.Error(400, "invalid-usage"), "push.json.string", "push.json.null"),
        CnrDifference.Instead(
            "invalid JSON on push", _ => ExpectedResponse.Error(400, "invalid-usage"), "push.json.invalid"),
        CnrDifference.Instead(
            "blob not base64, not gzip, not tar, truncated, trailing bytes", _ =>
                ExpectedResponse.Error(422, "invalid-parameters", ("field", "blob")),
            "push.blob.badpad", "push.blob.gzempty", "push.blob.trailing", "push.blob.urlsafe"),
        CnrDifference.Instead(
            "both release and blob bad",
            _ => ExpectedResponse.Error(422, "invalid-release", ("version", "anc")),
            "push.bad.both"),
        CnrDifference.In("refused push", "push.exists.otherblob.blob", (_, exchange, _) =>
            ExpectedResponse.Error(404, "package-not-found", ("release", exchange.Path.Split('/')[^2]))),
        CnrDifference.In(
            "force", "push.force.query.bodytrue", (recording, _, _) => ExpectedResponse.Of(recording["push.ok"])),
        CnrDifference.In("release \"9.0.0\\n\"", "push.release.bad", (_, exchange, expected) =>
            exchange.RequestBody!.Contains("1.0.0\\n")
                ? ExpectedResponse.Error(422, "invalid-release", ("version", "1.0.0\n"))
                : expected),
        CnrDifference.In("base64 of the JSON forms", "push.blob.newlines.pulljson", (_, _, expected) =>
            WithJson(expected, json => json["blob"] = ((string)json["blob"]!).ReplaceLineEndings(""))),
        CnrDifference.In("channel names", "ch.name", (_, _, expected) =>
            expected.Json?["name"] is { } name && !Channel.IsMatch((string)name!)
                ? ExpectedResponse.Error(400, "invalid-usage")
                : expected),
    ];

    private static IEnumerable<CnrDifference> OfQueries() =>
    [
        CnrDifference.In("~1, ^0, 1.x, 1.2.*", "sv.show", (recording, exchange, expected) =>
            Uri.UnescapeDataString(exchange.Path.Split('/')[^2]) switch
            {
                "^0" => ShowOf(recording["sv.releases"], "0.9.0"),
                "~1" or "1.x" => ShowOf(recording["sv.releases"], "1.10.0"),
                "1.2.x" => ShowOf(recording["sv.releases"], "1.2.1"),
                _ => expected,
            }),
        CnrDifference.Instead(
            "~1, ^0, 1.x, 1.2.*", recording =>
                ExpectedResponse.Of(recording["show.1"]), "show.1.x", "show.1.*", "show.1.0.x", "show.1.0.*"),
        new("media type -", (recording, exchange, expected) =>
            recording == Recording.Cnr && exchange.Method == "GET" && exchange.Path.Split('/').Contains("-")
                ? ExpectedResponse.Of(Recording.Appr[exchange.Id] with { Text = ToCnr(Recording.Appr[exchange.Id]) })
                : expected),
    ];

    private static IEnumerable<CnrDifference> OfLists() =>
    [
        CnrDifference.Instead(
            "parameters of reads", recording =>
                ExpectedResponse.Of(
                    recording["list"]), "list.body", "list.body.pairs", "list.body.list", "list.body.num"),
        CnrDifference.Instead(
            "search, query", recording => ExpectedResponse.Of(recording["list.query"]), "list.query.case"),
        CnrDifference.Instead(
            "search, query",
            _ => ExpectedResponse.Of(200, new JsonArray()),
            "list.query.regex2",
            "list.query.badregex"),
        CnrDifference.Instead(
            "search, query", recording => ExpectedResponse.Of(recording["search.rock"]), "search.case"),
        CnrDifference.Instead(
            "search, query",
            _ => ExpectedResponse.Of(200, new JsonArray()),
            "search.star",
            "search.paren",
            "search.group"),
        CnrDifference.Instead(
            "media types", recording => ExpectedResponse.Of(recording["list.mt.kpm"]), "list.mt.full"),
        CnrDifference.In("media types", "releases.mt.full", (recording, _, _) => WithJson(
            ExpectedResponse.Of(recording["releases.slash"]), json =>
                Remove(json, manifest => !((string)manifest["mediaType"]!).Contains(".kpm.")))),
        CnrDifference.In("media types", "push.mt.releases", (_, _, expected) => WithJson(expected, json =>
        {
            Remove(json, manifest => IsRefusedMediaType((string)manifest["release"]!));
            foreach (var manifest in json.AsArray())
                Rename(manifest!);
        })),
        CnrDifference.In("media types", "push.mt.list", (_, _, expected) => WithJson(expected, json =>
        {
            Remove(json[0]!["releases"]!, release => IsRefusedMediaType((string)release!));
            json[0]!["manifests"] = new JsonArray("kpm");
        })),
        CnrDifference.Instead(
            "media types", _ =>
                ExpectedResponse.Error(
                    404, "package-not-found", ("release", "1.1.0"), ("media_type", "null")), "push.mt.null.show"),
        CnrDifference.In("media types", "list.afternames", (_, _, expected) => WithJson(expected, json =>
        {
            foreach (var entry in json.AsArray().Where(entry => (string)entry!["manifests"]![0]! == "null"))
                entry!["manifests"] = new JsonArray("kpm");
        })),
        CnrDifference.In(
            "namespace and name",
            "url.dotdot",
            (_, _, _) => ExpectedResponse.Error(404, "package-not-found", ("package", "titi/.."))),
        CnrDifference.In("namespace and name", "list.afternames", (_, _, expected) =>
            WithJson(expected, json => Remove(json, entry => !IsName((string)entry["name"]!)))),
    ];

    private static IEnumerable<CnrDifference> OfDeletion() =>
    [
        CnrDifference.In(
            "delete a release that is in channels", "chd.list", (_, _, expected) => WithJson(expected, LeaveChannels)),
        CnrDifference.In(
            "delete a release that is in channels",
            "del.channels",
            (_, _, expected) => WithJson(expected, LeaveChannels)),
        CnrDifference.In("after the last release is deleted", "del.all.channels", (_, _, _) =>
            ExpectedResponse.Error(404, "package-not-found", ("package", Rocketchat))),
        CnrDifference.In(
            "after the last release is deleted",
            "del.repush.show",
            (_, _, expected) => WithJson(expected, json => json["channels"] = new JsonArray())),
        CnrDifference.Instead(
            "after the last release is deleted", _ => ExpectedResponse.Of(200, new JsonArray()), "del.repush.channels"),
    ];

    private static IEnumerable<CnrDifference> OfSites() =>
    [
        CnrDifference.Instead(
            "/routes, /test_error",
            _ => ExpectedResponse.Error(404, "resource-not-found"),
            "info.routes",
            "info.test_error.post"),
        CnrDifference.Instead("both mounts", _ => ExpectedResponse.Of(200, new JsonArray()), "info.site.api"),
        CnrDifference.Instead(
            "/version, /cnr/version",
            _ => ExpectedResponse.Of(Recording.Cnr["info.version.pretty"]),
            "info.site.version"),
        CnrDifference.Instead(
            "discovery / and /cnr/", _ => Discovery, "info.root", "info.root.query", "info.site.root"),
    ];

    private static ExpectedResponse Discovery { get; } =
        new()
        {
            Statuses = [200],
            ContentType = "text/html; charset=utf-8",
            AllowOrigin = "*",
            Pieces =
            [
                "<meta name=\"cnr-package\"", "<meta name=\"appr-package\"",
                $"{ActualResponse.Host}/{{name}} http://{ActualResponse.Host}",
                "/api/v1/packages/{name}/{version}/{mediatype}/pull",
            ],
        };

    private static ExpectedResponse ShowOf(RecordedExchange releases, string release)
    {
        var manifest = releases.Json.AsArray().First(manifest => (string)manifest!["release"]! == release)!.DeepClone();
        manifest["channels"] = new JsonArray();
        return ExpectedResponse.Of(200, manifest);
    }

    /// <summary>Converts a response of the successor to the format of 0.2.7.</summary>
    private static string ToCnr(RecordedExchange exchange)
    {
        var json = exchange.Json.AsObject();
        json.Remove("media_type");
        return json.ToJsonString()
            .Replace("vnd.appr.", "vnd.cnr.", StringComparison.Ordinal)
            .Replace(".v0.", ".v1.", StringComparison.Ordinal);
    }

    private static void LeaveChannels(JsonNode channels)
    {
        Remove(channels, channel => channel["releases"]!.AsArray().Count == 0);
        foreach (var channel in channels.AsArray())
            channel!["current"] = channel["releases"]![0]!.DeepClone();
    }

    // Pushed to the reference with the media types -, "a/b", "é" and the like.
    private static bool IsRefusedMediaType(
        string release) => release is "1.0.7" or "1.0.8" or "1.0.9" or "1.0.10" or "1.0.11" or "1.0.12";

    private static void Rename(JsonNode manifest)
    {
        foreach (var of in new[] { manifest, manifest["content"]! })
        {
            var type = (string)of["mediaType"]!;
            of["mediaType"] = type.Replace(".None.", ".kpm.", StringComparison.Ordinal)
                .Replace("application/vnd.v", "helm.v", StringComparison.Ordinal);
        }
    }

    private static void Remove(JsonNode array, Predicate<JsonNode> unwanted)
    {
        foreach (var item in array.AsArray().Where(item => unwanted(item!)).ToArray())
            array.AsArray().Remove(item);
    }

    private static ExpectedResponse WithJson(ExpectedResponse expected, Action<JsonNode> change)
    {
        var json = expected.Json!.DeepClone();
        change(json);
        return JsonNode.DeepEquals(json, expected.Json) ? expected : expected with { Json = json };
    }

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]{0,79}/[A-Za-z0-9_][A-Za-z0-9._-]{0,79}\z")]
    private static partial Regex Name { get; }

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._+-]{0,79}\z")]
    private static partial Regex Channel { get; }
}
