using System.Collections.Concurrent;
using System.Diagnostics;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Cluster;
using Registry.Tests.Support.Linearizability;

namespace Registry.Tests.EndToEnd;

/// <summary>
/// Clients of two replicas change and show a few packages while the way to the storage is disturbed and a replica is killed: whatever they were answered, there is an
/// order in which one registry alone could have served it.
/// </summary>
[TestFixtureSource(typeof(ClusterStorage), nameof(ClusterStorage.Backends))]
public sealed class LinearizabilityTests(string backend) : EndToEndTest
{
    private const int Clients = 8;

    private static readonly string[] Packages = ["linear/one", "linear/two", "linear/three"];
    private static readonly TimeSpan LongestPeace = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a client waits where nobody knows what became of its call: each such call makes the search longer.</summary>
    private static readonly TimeSpan AfterDoubt = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, ConcurrentQueue<Operation>> histories = new(
        Packages.Select(static package => KeyValuePair.Create(package, new ConcurrentQueue<Operation>())));

    private RegistryCluster cluster = null!;
    private int disturbances;
    private int kills;

    [Test]
    public async Task What_replicas_answered_has_an_order_in_which_one_alone_could_have_answered_it()
    {
        var seed = Setting("FUZZ_SEED", Environment.TickCount);
        await TestContext.Out.WriteLineAsync($"REGISTRY_FUZZ_SEED={seed}");
        await using var started = cluster = await RegistryCluster.StartAsync(
            backend, replicas: 2, Ct, [("UPDATES__BOUNDSECONDS", "4"), ("Logging__LogLevel__Registry", "Warning"), .. ClusterStorage.Deadline(2)]);

        var watch = Stopwatch.StartNew();
        var over = new TaskCompletionSource();
        var clients = Enumerable.Range(0, Clients).Select(client => CallAsync(client, unchecked(seed + client), over.Task)).ToArray();
        var disturber = DisturbAsync(new Random(seed), over.Task);
        await KillSomeAsync(new Random(~seed), Soak * 0.4);
        over.SetResult();
        await Task.WhenAll([disturber, .. clients]);
        await ShowAllAsync();

        var all = histories.Values.SelectMany(static history => history).ToList();
        await TestContext.Out.WriteLineAsync(
            $"{backend}: {all.Count} calls by {Clients} clients of 2 replicas in {watch.Elapsed.TotalSeconds:0.0} s, {all.Count(static call => call.Answer is null)} without an outcome, {disturbances} disturbances, {kills} kills.");
        watch.Restart();
        foreach (var (package, history) in histories)
            Assert.That(Violation.Of([.. history])?.ToString(), Is.Null, $"REGISTRY_FUZZ_SEED={seed}, {backend}, {package}");
        await TestContext.Out.WriteLineAsync($"{backend}: checked in {watch.Elapsed.TotalSeconds:0.00} s.");
        Assert.That(all.Count(static call => call.Answer is not null), Is.GreaterThan(200));
        Assert.That(all.Count(static call => call.Answer == "200"), Is.GreaterThan(30), "changes that were acknowledged");
        Assert.That(kills + disturbances, Is.GreaterThan(1));
    }

    private async Task CallAsync(int client, int seed, Task over)
    {
        var actions = new RandomActions(seed);
        while (!over.IsCompleted)
        {
            var package = Packages[actions.Random.Next(Packages.Length)];
            var action = await actions.NextAsync(Ct);
            if (await CallAsync(client, package, action, cluster.Pick(actions.Random)) is null)
                await Task.WhenAny(over, Task.Delay(AfterDoubt, Ct));
        }
    }

    private async Task<string?> CallAsync(int client, string package, PackageAction action, (int Number, RegistryProcess Process) replica)
    {
        var call = Stopwatch.GetTimestamp();
        var answer = await ActionOverHttp.SendAsync(replica.Process.Client, package, action, Ct);
        var returned = answer is null ? long.MaxValue : Stopwatch.GetTimestamp();

        // What says nothing about the package is no part of its history.
        if (answer != ActionOverHttp.NothingHappened && (answer is not null || !action.Reads))
            histories[package].Enqueue(new Operation($"client {client} of replica {replica.Number}", action, call, returned, answer));
        return answer;
    }

    private async Task DisturbAsync(Random random, Task over)
    {
        while (true)
        {
            await Task.WhenAny(over, Task.Delay(LongestPeace * random.NextDouble(), Ct));
            if (over.IsCompleted)
                return;
            if (await cluster.Storage.DisturbAsync(cluster.Pick(random).Number, random, Ct))
                disturbances++;
        }
    }

    /// <summary>Kills one replica after the other, never both, and starts each again, for as long as told and twice at least.</summary>
    private async Task KillSomeAsync(Random random, TimeSpan time)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < time || kills < 2; kills++)
        {
            await Task.Delay(LongestPeace * (1 + random.NextDouble()), Ct);
            await cluster.KillAsync(kills % cluster.Count);
            await cluster.StartAsync(kills % cluster.Count);
        }

        await Task.Delay(LongestPeace, Ct);
    }

    /// <summary>In peace again: every package, on every replica.</summary>
    private async Task ShowAllAsync()
    {
        foreach (var package in Packages)
            for (var replica = 0; replica < cluster.Count; replica++)
                await UntilAsync(
                    async () => await CallAsync(Clients, package, new PackageAction.ShowPackage(), (replica, cluster[replica])) is not null
                        && await CallAsync(Clients, package, new PackageAction.ShowChannels(), (replica, cluster[replica])) is not null,
                    "a replica answers in peace");
    }
}
