using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using NUnit.Framework;
using NUnit.Framework.Interfaces;
using Registry.Tests.Api.Oci;
using Registry.Tests.Support;
using Registry.Tests.Support.Cluster;
using Registry.Tests.Support.Linearizability;

namespace Registry.Tests.EndToEnd;

/// <summary>64 clients of three replicas over one storage see a single registry.</summary>
[TestFixtureSource(typeof(ClusterStorage), nameof(ClusterStorage.Backends))]
[NonParallelizable]
public sealed class ReplicaTests(string backend) : EndToEndTest
{
    private const int Replicas = 3;
    private const int Clients = 64;

    /// <summary>Enough that all clients push at the same time for a while; more in a longer soak.</summary>
    private static readonly int Many = Math.Max(5 * Clients, 30 * (int)Soak.TotalSeconds);

    private RegistryCluster cluster = null!;

    /// <summary>Long enough for a busy machine: these tests do not measure time.</summary>
    protected override TimeSpan Timeout => TimeSpan.FromMinutes(15);

    [OneTimeSetUp]
    public async Task StartCluster() =>
        cluster = await RegistryCluster.StartAsync(
            backend, Replicas, CancellationToken.None, [
                ("Logging__LogLevel__Registry", "Warning"), ("UPDATES__BOUNDSECONDS", "120"),
                .. ClusterStorage.Deadline(60)
            ]);

    [OneTimeTearDown]
    public async Task EndCluster() => await (cluster?.DisposeAsync() ?? default);

    [TearDown]
    public async Task PrintFailures()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == TestStatus.Failed)
            await TestContext.Out.WriteLineAsync(
                string.Join(
                    '\n',
                    cluster.Log.Where(static line => !line.Contains(" info: ", StringComparison.Ordinal))
                        .TakeLast(100)));
    }

    [Test]
    public async Task An_acknowledged_change_is_visible_on_every_replica_at_once()
    {
        var seed = Setting("FUZZ_SEED", Environment.TickCount);
        await TestContext.Out.WriteLineAsync($"REGISTRY_FUZZ_SEED={seed}");
        var actions = new RandomActions(seed);
        var state = PackageState.Absent;
        for (var number = 0; number < 40; number++)
        {
            var action = await actions.NextChangeAsync(CancellationToken);
            var replica = actions.Random.Next(Replicas);
            (state, var expected) = action.On(state);
            Assert.That(await SendAsync(replica, action), Is.EqualTo(expected), $"{number}: {action}");
            await Task.WhenAll(Enumerable.Range(0, Replicas).Where(other => other != replica)
                .Select(
                    other => AssertStateAsync(other, state, $"{number}: {action} on {replica}, read from {other}")));
        }
    }

    [Test]
    public async Task Exactly_one_of_64_pushes_to_several_replicas_succeeds()
    {
        for (var round = 0; round < 3; round++)
        {
            var path = $"/api/v1/packages/race/one/1.0.{round}/helm/pull";
            var contents = Enumerable.Range(0, Clients)
                .Select(client => new SeededPackage((round * Clients) + client, 2048))
                .ToArray();
            var statuses = await RaceAsync(Clients, async client =>
            {
                using var response =
                    await PushAsync(cluster[client % Replicas], "race/one", $"1.0.{round}", contents[client]);
                if (response.StatusCode != HttpStatusCode.OK)
                    await AssertErrorAsync(response, HttpStatusCode.Conflict, "package-exists");
                return response.StatusCode;
            });

            Assert.That(statuses.Count(static status => status == HttpStatusCode.OK), Is.EqualTo(1));
            var winner = await contents[Array.IndexOf(statuses, HttpStatusCode.OK)].ToArrayAsync(CancellationToken);
            foreach (var replica in cluster.Replicas)
                Assert.That(
                    await replica.Client.GetByteArrayAsync(path, CancellationToken), Is.EqualTo(winner).AsCollection);
        }
    }

    [Test]
    public async Task Exactly_one_of_64_pushes_through_different_doors_succeeds()
    {
        const string Package = "doors/app";
        var doors = Enum.GetValues<ChartDoor>();
        var releases = new List<string>();
        for (var round = 0; round < 2; round++)
        {
            var release = $"1.0.{round}";
            releases.Add(release);
            var pushes = Enumerable.Range(0, Clients)
                .Select(client => ChartPush.Of(
                    doors[client / Replicas % doors.Length], Package, release, $"client {client}"))
                .ToArray();
            var won = await RaceAsync(
                Clients, client => pushes[client].TryPushAsync(cluster[client % Replicas].Client));
            Assert.That(won.Count(static each => each), Is.EqualTo(1));

            var winner = pushes[Array.IndexOf(won, true)];
            var manifests = new List<byte[]>();
            foreach (var replica in cluster.Replicas)
            {
                manifests.Add(await winner.AssertReadableAsync(replica.Client));
                var tags = await GetJsonAsync(replica, $"/v2/{Package}/tags/list");
                Assert.That(
                    tags.GetProperty("tags").EnumerateArray().Select(static tag => tag.GetString()),
                    Is.EqualTo(releases).AsCollection);
            }

            Assert.That(manifests, Has.All.EqualTo(manifests[0]));

            // What was stored by digest is there, although its tag was refused.
            foreach (var (push, client) in pushes.Select(static (push, client) => (push, client)))
                if (push.Door == ChartDoor.Oci)
                    Assert.That(
                        await cluster[(client + 1) % Replicas].Client.GetByteArrayAsync(
                            $"/v2/{Package}/manifests/{OciRepository.DigestOf(push.Manifest)}", CancellationToken),
                        Is.EqualTo(push.Manifest).AsCollection);
        }
    }

    [Test]
    public async Task Every_replica_has_all_releases_pushed_by_64_clients()
    {
        static string ReleaseOf(int number) => $"1.{number / 100}.{number % 100}";
        await PushAllAsync(number => ("many/one", ReleaseOf(number)));

        var watch = Stopwatch.StartNew();
        var digests = await Task.WhenAll(
            Enumerable.Range(0, Many).Select(number => Content(number).DigestsAsync(CancellationToken)));
        var expected =
            Enumerable.Range(0, Many).Select(number => $"{ReleaseOf(number)} {digests[number].Tar}").ToHashSet();
        foreach (var replica in cluster.Replicas)
        {
            var listed = (await GetJsonAsync(replica, "/api/v1/packages?namespace=many")).EnumerateArray().Single();
            Assert.That(listed.GetProperty("releases").GetArrayLength(), Is.EqualTo(Many));
            var shown =
                (await GetJsonAsync(replica, "/api/v1/packages/many/one")).EnumerateArray().Select(Describe).ToList();
            Assert.That(shown, Has.Count.EqualTo(Many));
            Assert.That(expected.SetEquals(shown), Is.True, "the pushed releases are shown");
        }

        await PullAllAsync(number => $"/api/v1/packages/many/one/{ReleaseOf(number)}/helm/pull", digests, watch);
    }

    [Test]
    public async Task Every_replica_has_all_packages_pushed_by_64_clients()
    {
        static string PackageOf(int number) => $"each/p{number:d4}";
        await PushAllAsync(number => (PackageOf(number), "1.0.0"));

        var watch = Stopwatch.StartNew();
        var digests = await Task.WhenAll(
            Enumerable.Range(0, Many).Select(number => Content(number).DigestsAsync(CancellationToken)));
        var names = Enumerable.Range(0, Many).Select(PackageOf).ToList();
        foreach (var replica in cluster.Replicas)
        {
            var listed = (await GetJsonAsync(replica, "/api/v1/packages?namespace=each")).EnumerateArray();
            Assert.That(
                listed.Select(static package => package.GetProperty("name").GetString()!).SequenceEqual(names),
                Is.True,
                "listed");
            var found = (await GetJsonAsync(replica, "/api/v1/packages/search?q=each/p")).EnumerateArray();
            Assert.That(found.Select(static name => name.GetString()!).SequenceEqual(names), Is.True, "found");
        }

        await RaceAsync(Clients, async client =>
        {
            for (var number = client; number < Many; number += Clients)
            {
                var shown = await GetJsonAsync(
                    cluster[(number / Clients) % Replicas], $"/api/v1/packages/{PackageOf(number)}/default/helm");
                Assert.That(Describe(shown), Is.EqualTo($"1.0.0 {digests[number].Tar}"));
            }

            return true;
        });
        await PullAllAsync(number => $"/api/v1/packages/{PackageOf(number)}/1.0.0/helm/pull", digests, watch);
    }

    private static SeededPackage Content(int number) => new(number, 128);

    private static string Describe(JsonElement manifest) =>
        $"{manifest.GetProperty("release").GetString()} "
            + $"{manifest.GetProperty("content").GetProperty("digest").GetString()}";

    /// <summary>Distributes all pushes over the clients, each of which uses its own replica.</summary>
    private async Task PushAllAsync(Func<int, (string Package, string Release)> target)
    {
        var next = -1;
        var watch = Stopwatch.StartNew();
        await RaceAsync(Clients, async client =>
        {
            for (int number; (number = Interlocked.Increment(ref next)) < Many;)
            {
                var (package, release) = target(number);
                using var response = await PushAsync(cluster[client % Replicas], package, release, Content(number));
                Assert.That(
                    response.StatusCode,
                    Is.EqualTo(HttpStatusCode.OK),
                    await response.Content.ReadAsStringAsync(CancellationToken));
            }

            return true;
        });
        await TestContext.Out.WriteLineAsync(
            $"{backend}: {Many} pushes by {Clients} clients of {Replicas} replicas in "
                + $"{watch.Elapsed.TotalSeconds:0.0} s, {Many / watch.Elapsed.TotalSeconds:0} a second.");
    }

    /// <summary>Pulls each package from another replica than the one it was pushed to, where that is known.</summary>
    private async Task PullAllAsync(
        Func<int, string> path, (string Tar, string Gzip, long Length)[] digests, Stopwatch watch)
    {
        await RaceAsync(Clients, async client =>
        {
            for (var number = client; number < Many; number += Clients)
            {
                var pulled = await cluster[(number / Clients) % Replicas].Client.GetByteArrayAsync(
                    path(number), CancellationToken);
                Assert.That(Convert.ToHexStringLower(SHA256.HashData(pulled)), Is.EqualTo(digests[number].Gzip));
            }

            return true;
        });
        await TestContext.Out.WriteLineAsync(
            $"{backend}: listed, shown and pulled in {watch.Elapsed.TotalSeconds:0.0} s.");
    }

    private async Task<string?> SendAsync(
        int replica,
        PackageAction action) =>
        await ActionOverHttp.SendAsync(cluster[replica].Client, "seen/one", action, CancellationToken);

    /// <summary>Asserts the state of the package in all reads of one replica.</summary>
    private async Task AssertStateAsync(int replica, PackageState state, string when)
    {
        IEnumerable<PackageAction> shows =
            [
                new PackageAction.ShowPackage(), new PackageAction.ShowChannels(),
                .. state.Releases.Select(static release => new PackageAction.ShowRelease(release))
            ];
        foreach (var show in shows)
            Assert.That(await SendAsync(replica, show), Is.EqualTo(show.On(state).Response), when);

        var listed = (await GetJsonAsync(cluster[replica], "/api/v1/packages?namespace=seen")).EnumerateArray()
            .SelectMany(
                static package =>
                    package.GetProperty("releases").EnumerateArray().Select(static release => release.GetString()));
        Assert.That(listed, Is.EqualTo(state.Releases).AsCollection, when);
        var found = (await GetJsonAsync(cluster[replica], "/api/v1/packages/search?q=seen")).EnumerateArray()
            .Select(static name => name.GetString());
        Assert.That(found, Is.EqualTo(state.Exists ? (string[])["seen/one"] : []).AsCollection, when);
    }
}
