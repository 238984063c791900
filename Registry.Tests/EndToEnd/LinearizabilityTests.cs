using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Cluster;
using Registry.Tests.Support.Linearizability;

namespace Registry.Tests.EndToEnd;

/// <summary>
/// Clients of two replicas change and show packages, all clients the same package at a time, while the storage
/// connection is disturbed and replicas are killed. The responses must have an order in which a single registry could
/// have given them.
/// </summary>
[TestFixtureSource(typeof(ClusterStorage), nameof(ClusterStorage.Backends))]
[NonParallelizable]
public sealed class LinearizabilityTests(string backend) : EndToEndTest
{
    private const int Clients = 10;

    /// <summary>
    /// The number of responses after which all clients move to the next package: they race for one package, and its
    /// history stays short enough to search.
    /// </summary>
    private const int PerPackage = 100;

    /// <summary>How many responses a call with unknown outcome counts as: it makes the search much longer.</summary>
    private const int PerUnknown = 10;

    /// <summary>The number of responses of both replicas between two kills.</summary>
    private const int BetweenKills = 120;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long a client waits after a call with unknown outcome: each such call makes the search longer.
    /// </summary>
    private static readonly TimeSpan AfterUnknown = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, ConcurrentQueue<Operation>> histories = new();
    private RegistryCluster cluster = null!;
    private int responses;

    /// <summary>
    /// The number of responses, which selects the package: see <see cref="PerPackage"/> and <see cref="PerUnknown"/>.
    /// </summary>
    private int progress;
    private int disturbances;
    private int kills;
    private volatile bool isStarting;

    [Test]
    public async Task The_history_of_two_replicas_is_linearizable()
    {
        var seed = Setting("FUZZ_SEED", Environment.TickCount);
        await TestContext.Out.WriteLineAsync($"REGISTRY_FUZZ_SEED={seed}");
        await using var started = cluster = await RegistryCluster.StartAsync(
            backend, replicas: 2, CancellationToken, [
                ("UPDATES__BOUNDSECONDS", "4"), ("Logging__LogLevel__Registry", "Warning"),
                .. ClusterStorage.Deadline(4)
            ]);

        var watch = Stopwatch.StartNew();
        var over = new TaskCompletionSource();
        var clients = Enumerable.Range(0, Clients)
            .Select(client => CallAsync(client, unchecked(seed + client), over.Task))
            .ToArray();
        var disturber = DisturbAsync(new Random(seed), over.Task);
        await KillReplicasAsync(watch, Soak * 0.2);
        over.SetResult();
        await Task.WhenAll([disturber, .. clients]);
        await ShowAllAsync();

        var all = histories.Values.SelectMany(static history => history).ToList();
        await TestContext.Out.WriteLineAsync(
            $"{backend}: {all.Count} calls by {Clients} clients of 2 replicas in {watch.Elapsed.TotalSeconds:0.0} s, "
            + $"{all.Count(static call => call.Response is null)} with unknown outcome, {disturbances} disturbances, "
                + $"{kills} kills.");
        watch.Restart();
        foreach (var (package, history) in histories)
            Assert.That(
                Violation.Of([.. history])?.ToString(), Is.Null, $"REGISTRY_FUZZ_SEED={seed}, {backend}, {package}");
        await TestContext.Out.WriteLineAsync(
            $"{backend}: the histories of {histories.Count} packages checked in {watch.Elapsed.TotalSeconds:0.00} s.");
        Assert.That(all.Count(static call => call.Response is not null), Is.GreaterThan(200));
        Assert.That(
            all.Count(static call => call.Response == "200"), Is.GreaterThan(30), "acknowledged changes");
        Assert.That(kills + disturbances, Is.GreaterThan(1));
    }

    private async Task CallAsync(int client, int seed, Task over)
    {
        var actions = new RandomActions(seed);
        while (!over.IsCompleted)
        {
            var package =
                string.Create(CultureInfo.InvariantCulture, $"linear/p{Volatile.Read(ref progress) / PerPackage}");
            var action = await actions.NextAsync(CancellationToken);
            if (await CallAsync(client, package, action, cluster.Pick(actions.Random)) is null)
                await Task.WhenAny(over, Task.Delay(AfterUnknown, CancellationToken));
        }
    }

    private async Task<string?> CallAsync(
        int client, string package, PackageAction action, (int Number, RegistryProcess Process) replica)
    {
        var call = Stopwatch.GetTimestamp();
        var response = await ActionOverHttp.SendAsync(replica.Process.Client, package, action, CancellationToken);
        var returned = response is null ? long.MaxValue : Stopwatch.GetTimestamp();

        if (response is not null)
            Interlocked.Increment(ref responses);
        Interlocked.Add(ref progress, response is null ? PerUnknown : 1);

        // Responses without information about the package are not part of its history.
        if (response != ActionOverHttp.NoEffect && (response is not null || !action.Reads))
            histories.GetOrAdd(package, static _ => new ConcurrentQueue<Operation>())
                .Enqueue(
                    new Operation($"client {client} of replica {replica.Number}", action, call, returned, response));
        return response;
    }

    private async Task DisturbAsync(Random random, Task over)
    {
        while (true)
        {
            await Task.WhenAny(over, Task.Delay(LongestPause * random.NextDouble(), CancellationToken));
            if (over.IsCompleted)
                return;
            if (!isStarting
                && await cluster.Storage.DisturbAsync(cluster.Pick(random).Number, random, CancellationToken))
                disturbances++;
        }
    }

    /// <summary>
    /// Kills and restarts one replica after the other, never both at once, for the given time and at least twice.
    /// </summary>
    private async Task KillReplicasAsync(Stopwatch watch, TimeSpan time)
    {
        for (; watch.Elapsed < time || kills < 2; kills++)
        {
            await WaitForResponsesAsync();
            await cluster.KillAsync(kills % cluster.Count);

            // A registry that cannot probe its storage at startup exits, so it must not be disturbed.
            isStarting = true;
            await cluster.StartAsync(kills % cluster.Count);
            isStarting = false;
        }

        await WaitForResponsesAsync();
    }

    private async Task WaitForResponsesAsync()
    {
        var enough = Volatile.Read(ref responses) + BetweenKills;
        await UntilAsync(() => Task.FromResult(Volatile.Read(ref responses) >= enough), "the replicas respond");
    }

    /// <summary>Shows every package on every replica, after the disturbances.</summary>
    private async Task ShowAllAsync()
    {
        foreach (var package in histories.Keys)
            for (var replica = 0; replica < cluster.Count; replica++)
                await UntilAsync(
                    async () => await CallAsync(
                        Clients, package, new PackageAction.ShowPackage(), (replica, cluster[replica])) is not null
                        && await CallAsync(
                            Clients,
                            package,
                            new PackageAction.ShowChannels(),
                            (replica, cluster[replica])) is not null,
                    "a replica responds without disturbances");
    }
}
