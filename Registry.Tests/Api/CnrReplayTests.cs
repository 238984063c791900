using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Replay;

namespace Registry.Tests.Api;

/// <summary>Puts what was once asked of the reference servers to this registry, and expects their answers but for the differences on purpose.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Names))]
[Parallelizable(ParallelScope.Self)]
public sealed class CnrReplayTests(string backend)
{
    private readonly Dictionary<(Recording, ReplayGroup), Task<IReadOnlyDictionary<string, ActualAnswer>>> played = [];

    private static Recording[] Recordings => [Recording.Cnr, Recording.Appr];

    private static IEnumerable<TestCaseData> Exchanges =>
        from recording in Recordings
        from exchange in recording.Exchanges
        select new TestCaseData(recording.Name, exchange.Key).SetArgDisplayNames(recording.Name, exchange.ToString());

    [TestCaseSource(nameof(Exchanges))]
    public async Task A_recorded_question_is_answered_alike(string name, string key)
    {
        var recording = Recordings.Single(recording => recording.Name == name);
        var exchange = recording.Exchanges.Single(exchange => exchange.Key == key);
        var differences = new List<CnrDifference>();
        var expected = CnrDifferences.Expect(recording, exchange, differences.Add);

        var answers = await PlayAsync(recording, ReplayGroup.Of(exchange));

        Assert.That(expected.DifferencesOf(answers[key]), Is.Empty, $"{exchange}, where it differs on purpose in: {string.Join("; ", differences)}");
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
            CnrDifferences.All.SelectMany(difference => difference.Ids).Except(Recordings.SelectMany(recording => recording.Exchanges).Select(exchange => exchange.Id)),
            Is.Empty);
    }

    [Test]
    public void Every_recorded_line_is_replayed()
    {
        foreach (var recording in Recordings)
        {
            var lines = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "recorded", $"{recording.Name}.jsonl")).Count();
            Assert.That(recording.Exchanges.Select(exchange => exchange.Key).Distinct().Count(), Is.EqualTo(lines));
        }

        Assert.That(Exchanges.Count(), Is.EqualTo(315 + 318));
    }

    [Test]
    public void Every_preparation_is_for_a_recorded_exchange() =>
        Assert.That(
            from recording in Recordings
            from @group in ReplayGroup.All
            from key in @group.Before.Keys
            where key.Length > 0 && !recording.Exchanges.Any(exchange => exchange.Key == key && ReplayGroup.Of(exchange) == @group)
            select key,
            Is.Empty);

    private Task<IReadOnlyDictionary<string, ActualAnswer>> PlayAsync(Recording recording, ReplayGroup group)
    {
        if (!played.TryGetValue((recording, group), out var answers))
            played[(recording, group)] = answers = PlayOnceAsync(recording, group);
        return answers;
    }

    private async Task<IReadOnlyDictionary<string, ActualAnswer>> PlayOnceAsync(Recording recording, ReplayGroup group)
    {
        await using var host = await RegistryHost.StartAsync(await Backends.NewStorageAsync(backend));
        return await group.PlayAsync(recording, host.Client, CancellationToken.None);
    }
}
