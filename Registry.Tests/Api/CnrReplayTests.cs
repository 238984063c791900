using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Replay;

namespace Registry.Tests.Api;

/// <summary>
/// Replays the requests that were recorded with the reference servers, and expects the recorded responses except for
/// the deliberate differences.
/// </summary>
/// <remarks>
/// The filesystem replays all of them. The rules are implemented above the storage ports, so the other backends replay
/// only the groups with most writes and deletes; the contract suites test the ports themselves.
/// </remarks>
public sealed class CnrReplayTests
{
    /// <summary>The backend that replays every recorded exchange.</summary>
    private const string WholeReplay = "filesystem";

    /// <summary>The groups that all backends replay, from <see cref="Recording.Cnr"/> only.</summary>
    private static readonly string[] GroupsEverywhere = ["seed", "names", "channels", "delete"];

    private readonly Dictionary<(string, Recording, ReplayGroup), Task<IReadOnlyDictionary<string, ActualResponse>>>
        played = [];

    private static Recording[] Recordings => [Recording.Cnr, Recording.Appr];

    private static IEnumerable<TestCaseData> Exchanges =>
        from backend in Backends.Names
        from recording in Recordings
        from exchange in recording.Exchanges
        where backend == WholeReplay
            || (recording == Recording.Cnr && GroupsEverywhere.Contains(ReplayGroup.Of(exchange).Name))
        select new TestCaseData(backend, recording.Name, exchange.Key).SetArgDisplayNames(
            backend, recording.Name, exchange.ToString());

    [TestCaseSource(nameof(Exchanges))]
    public async Task A_recorded_request_gets_the_recorded_response(string backend, string name, string key)
    {
        var recording = Recordings.Single(recording => recording.Name == name);
        var exchange = recording.Exchanges.Single(exchange => exchange.Key == key);
        var differences = new List<CnrDifference>();
        var expected = CnrDifferences.Expect(recording, exchange, differences.Add);

        var responses = await PlayAsync(backend, recording, ReplayGroup.Of(exchange));

        Assert.That(
            expected.DifferencesOf(
                responses[key]), Is.Empty, $"{exchange}, with the deliberate differences: "
                    + $"{string.Join("; ", differences)}");
    }

    [Test]
    public void No_difference_is_unused()
    {
        var used = new HashSet<CnrDifference>(ReferenceEqualityComparer.Instance);
        foreach (var recording in Recordings)
        {
            foreach (var exchange in recording.Exchanges)
                CnrDifferences.Expect(recording, exchange, difference => used.Add(difference));
        }

        Assert.That(CnrDifferences.All.Where(difference => !used.Contains(difference)), Is.Empty);
        Assert.That(
            CnrDifferences.All.SelectMany(difference => difference.Ids)
                .Except(Recordings.SelectMany(recording => recording.Exchanges).Select(exchange => exchange.Id)),
            Is.Empty);
    }

    [Test]
    public void Every_recorded_line_is_replayed()
    {
        foreach (var recording in Recordings)
        {
            var lines = File.ReadLines(
                Path.Combine(AppContext.BaseDirectory, "Data", "recorded", $"{recording.Name}.jsonl")).Count();
            Assert.That(recording.Exchanges.Select(exchange => exchange.Key).Distinct().Count(), Is.EqualTo(lines));
        }

        Assert.That(Exchanges.Count(exchange => (string?)exchange.Arguments[0] == WholeReplay), Is.EqualTo(315 + 318));
        Assert.That(
            Backends.Names.Where(backend => !Exchanges.Any(exchange => (string?)exchange.Arguments[0] == backend)),
            Is.Empty,
            "every backend replays some exchanges");
    }

    [Test]
    public void Every_preparation_is_for_a_recorded_exchange() =>
        Assert.That(
            from recording in Recordings
            from @group in ReplayGroup.All
            from key in @group.Before.Keys
            where key.Length > 0
                && !recording.Exchanges.Any(exchange => exchange.Key == key && ReplayGroup.Of(exchange) == @group)
            select key,
            Is.Empty);

    private Task<IReadOnlyDictionary<string, ActualResponse>> PlayAsync(
        string backend, Recording recording, ReplayGroup group)
    {
        if (!played.TryGetValue((backend, recording, group), out var responses))
            played[(backend, recording, group)] = responses = PlayOnceAsync(backend, recording, group);
        return responses;
    }

    private static async Task<IReadOnlyDictionary<string, ActualResponse>> PlayOnceAsync(
        string backend, Recording recording, ReplayGroup group)
    {
        await using var host = await RegistryHost.StartAsync(await Backends.NewStorageAsync(backend));
        return await group.PlayAsync(recording, host.Client, CancellationToken.None);
    }
}
