using System.Text.Json.Nodes;

namespace Registry.Tests.Support.Replay;

/// <summary>
/// Exchanges that are replayed in order against one empty registry. The recordings are incomplete, so each group lists
/// the requests that create the state that its exchanges require.
/// </summary>
/// <param name="Name">The topic of the exchanges.</param>
/// <param name="Holds">
/// Returns whether the exchanges of an id belong to the group; the first matching group replays them.
/// </param>
/// <param name="Before">The requests to send before the exchange of a key; the empty key comes before all.</param>
internal sealed record ReplayGroup(
    string Name, Func<string, bool> Holds, IReadOnlyDictionary<string, Func<Recording, IEnumerable<ReplayStep>>> Before)
{
    private const string Start = "";
    private const string Rocketchat = "titi/rocketchat";

    public static IReadOnlyList<ReplayGroup> All { get; } =
    [
        new("empty", Of("empty.", "info."), Nothing),
        new("seed", Of("seed."), Nothing),
        new(
            "names",
            Of("list.afternames"),
            new Steps { [Start] = recording => [.. Seed(recording), .. Listed(recording)] }),
        new("media types", Of("push.mt."), new Steps { [Start] = PushMediaTypes }),
        new("semver", Of("push.sv", "sv."), Nothing),
        new("channel of a deleted release", Of("push.chd", "chd."), new Steps
        {
            ["chd.del"] = recording =>
                [
                    ReplayStep.AddToChannel(recording, "chd/p", "c", "1.0.0"),
                    ReplayStep.AddToChannel(recording, "chd/p", "c", "2.0.0")
                ],
        }),
        new("push", Of("push."), new Steps
        {
            ["push.meta.str.show"] = recording => [ReplayStep.Push(recording, "push/meta-str", "1.0.0", null, "text")],
            ["push.meta.list.show"] =
                recording => [ReplayStep.Push(recording, "push/meta-list", "1.0.0", null, new JsonArray(1))],
        }),
        new("channels", Of("ch."), new Steps
        {
            [Start] = Seed,
            ["ch.add.third"] = recording => [ReplayStep.AddToChannel(recording, Rocketchat, "newchan", "2.0.1")],
            ["ch.del.again"] = recording => [ReplayStep.Delete(recording, $"{Rocketchat}/channels/default")],
        }),
        new("delete", Of("del."), new Steps
        {
            [Start] =
                recording => [.. Seed(recording), ReplayStep.AddToChannel(recording, Rocketchat, "1.0.0", "1.0.1")],
            ["del.twice"] = recording => [ReplayStep.Delete(recording, $"{Rocketchat}/1.0.1/kpm")],
            ["del.all.show"] = recording =>
                [
                    ReplayStep.Delete(recording, $"{Rocketchat}/2.0.1/kpm"),
                    ReplayStep.Delete(recording, $"{Rocketchat}/0.0.1/kpm")
                ],
            ["del.repush.show"] = recording => [ReplayStep.Of(recording["seed.push"])],
        }),
        new("seeded", _ => true, new Steps { [Start] = Seed }),
    ];

    private static Steps Nothing => [];

    public static ReplayGroup Of(RecordedExchange exchange) => All.First(group => group.Holds(exchange.Id));

    /// <summary>Replays the exchanges of this group.</summary>
    /// <returns>The responses by key.</returns>
    public async Task<IReadOnlyDictionary<string, ActualResponse>> PlayAsync(
        Recording recording, HttpClient client, CancellationToken cancellationToken)
    {
        var responses = new Dictionary<string, ActualResponse>();
        await PrepareAsync(Start, recording, client, cancellationToken);
        foreach (var exchange in recording.Exchanges.Where(exchange => Of(exchange) == this))
        {
            await PrepareAsync(exchange.Key, recording, client, cancellationToken);
            responses[exchange.Key] =
                await ActualResponse.SendAsync(client, ReplayStep.Of(exchange), cancellationToken);
        }

        return responses;
    }

    private static Func<string, bool> Of(
        params string[] prefixes) => id => prefixes.Any(prefix => id.StartsWith(prefix, StringComparison.Ordinal));

    private static IEnumerable<ReplayStep> Seed(Recording recording) => Seeds(recording).Select(ReplayStep.Of);

    private static IEnumerable<RecordedExchange> Seeds(
        Recording recording) => recording.Exchanges.Where(exchange => Of("seed.")(exchange.Id));

    /// <summary>Pushes the packages of the list that are not in the seed, if this registry accepts the name.</summary>
    private static IEnumerable<ReplayStep> Listed(Recording recording) =>
        from entry in recording["list.afternames"].Json.AsArray()
        let name = (string)entry["name"]!
        where CnrDifferences.IsName(name)
            && !Seeds(recording).Any(exchange => exchange.Path == $"{recording.Packages}/{name}")
        let mediaType = (string)entry["manifests"]![0]!
        from release in entry["releases"]!.AsArray()
        select ReplayStep.Push(recording, name, (string)release!, mediaType == "null" ? null : mediaType);

    /// <summary>
    /// Pushes a release in each media type that this registry accepts: short forms, the long forms of both vendors and
    /// both kinds, and none.
    /// </summary>
    private static IEnumerable<ReplayStep> PushMediaTypes(Recording recording)
    {
        string?[] types =
        [
            "helm", "kpm-compose", "docker-compose", "kubernetes", "appr", "dab", "zip", null, null, null, null, null,
            null, "channels", "pull",
            "application/vnd.cnr.package-manifest.helm.v1.json", "application/vnd.appr.package-manifest.helm.v0.json",
            "application/vnd.appr.package.helm.v0.tar+gzip",
        ];
        return types
            .Select((type, patch) => (type, patch))
            .Where(pushed => pushed.type is not null)
            .Select(pushed => ReplayStep.Push(recording, "push/mt", $"1.0.{pushed.patch}", pushed.type))
            .Append(ReplayStep.Push(recording, "push/mt", "1.1.0", null));
    }

    private async Task PrepareAsync(
        string key, Recording recording, HttpClient client, CancellationToken cancellationToken)
    {
        if (!Before.TryGetValue(key, out var steps))
            return;
        foreach (var step in steps(recording))
        {
            var response = await ActualResponse.SendAsync(client, step, cancellationToken);
            if (response.Status != 200)
                throw new InvalidOperationException(
                    $"{step.Method} {step.Path} returned {response.Status}: "
                        + $"{System.Text.Encoding.UTF8.GetString(response.Body)}");
        }
    }

    private sealed class Steps : Dictionary<string, Func<Recording, IEnumerable<ReplayStep>>>;
}
