using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>SIGKILL during pushes.</summary>
public sealed class KillTests : EndToEndTest
{
    private const int Clients = 8;
    private const int Packages = 3;

    /// <summary>More in a longer soak.</summary>
    private static readonly int Kills = Math.Max(3, (int)Soak.TotalSeconds / 4);

    /// <summary>The pushes that were started, by package and release.</summary>
    private readonly ConcurrentDictionary<(string Package, string Release), SeededPackage> started = new();

    private readonly ConcurrentDictionary<(string Package, string Release), SeededPackage> acknowledged = new();

    [Test]
    public async Task Acknowledged_pushes_survive_kills_and_leftovers_are_reclaimed()
    {
        var random = new Random(20160104);
        var unacknowledged = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            var registry = await StartAsync();
            await VerifyAsync(registry);
            var before = acknowledged.Count;

            var midway = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var stuck = PushHalfAsync(registry, $"0.0.{kill}", midway, killed.Task);
            var pushers =
                Enumerable.Range(0, Clients).Select(client => PushUntilKilledAsync(registry, kill, client)).ToArray();
            await UntilAsync(() => Task.FromResult(acknowledged.Count >= before + 15), "pushes are acknowledged");
            await midway.Task.WaitAsync(CancellationToken);
            await Task.Delay(random.Next(0, 150), CancellationToken);

            await registry.KillAsync();
            killed.SetResult();
            await Task.WhenAll([stuck, .. pushers]);
            Assert.That(
                Directory.GetFiles(Path.Combine(Data, "staging")),
                Is.Not.Empty,
                "a push was interrupted while it was staged");
            unacknowledged += started.Count - acknowledged.Count;
        }

        Assert.That(unacknowledged, Is.Positive, "pushes were in progress at the kill");
        var last = await StartAsync(
            ("UPDATES__BOUNDSECONDS", "0.25"),
            ("COLLECTION__GRACESECONDS", "1"),
            ("COLLECTION__STAGEDIDLESECONDS", "1"),
            ("COLLECTION__PERIODSECONDS", "0.5"));
        var referenced = await VerifyAsync(last);
        await UntilAsync(
            () => Task.FromResult(Directory.GetFiles(Path.Combine(Data, "staging")).Length == 0),
            "staged uploads are discarded");
        await UntilAsync(
            () => Task.FromResult(StoredBlobs().SetEquals(referenced)),
            "the stored blobs are the referenced ones");
        Assert.That(await VerifyAsync(last), Is.EqualTo(referenced));
    }

    [Test]
    public async Task Acknowledged_pushes_through_each_door_survive_kills()
    {
        var random = new Random(20160105);
        var doors = Enum.GetValues<ChartDoor>();
        var pushes = new ConcurrentDictionary<(string Package, string Release), ChartPush>();
        var pushed = new ConcurrentDictionary<ChartPush, bool>();
        for (var kill = 0; kill < Kills; kill++)
        {
            var registry = await StartAsync();
            await VerifyDoorsAsync(registry);
            var before = pushed.Count;
            var pushers = Enumerable.Range(0, Clients).Select(PushChartsAsync).ToArray();
            await UntilAsync(
                () => Task.FromResult(
                    pushed.Count >= before + 15
                    && doors.All(door => pushed.Skip(before).Any(each => each.Key.Door == door))),
                "pushes are acknowledged through each door");
            await Task.Delay(random.Next(0, 150), CancellationToken);
            await registry.KillAsync();
            await Task.WhenAll(pushers);

            async Task PushChartsAsync(int client)
            {
                for (var number = 0; ; number++)
                {
                    var release = $"{kill + 1}.{client}.{number}";
                    var push = ChartPush.Of(
                        doors[(client + number) % doors.Length],
                        $"doors/p{(client + number) % Packages}",
                        release,
                        $"{client}",
                        number % 5 == 4 ? 1 << 20 : 0);
                    pushes[(push.Package, release)] = push;
                    try
                    {
                        Assert.That(await push.TryPushAsync(registry.Client), Is.True, $"{push.Package} {release}");
                    }
                    catch (HttpRequestException)
                    {
                        return;
                    }

                    pushed[push] = true;
                }
            }
        }

        Assert.That(pushes, Has.Count.GreaterThan(pushed.Count), "pushes were in progress at the kill");
        var verify = Launch([.. RegistryProcess.Command, "verify"], ("FILESYSTEM__PATH", Data));
        Assert.That(await verify.ExitAsync(), Is.Zero, string.Join('\n', verify.Log) + verify.Errors);
        Assert.That(verify.Log, Has.One.EqualTo("Findings: 0."));

        var last = await StartAsync(
            ("UPDATES__BOUNDSECONDS", "0.25"),
            ("COLLECTION__GRACESECONDS", "1"),
            ("COLLECTION__STAGEDIDLESECONDS", "1"),
            ("COLLECTION__PERIODSECONDS", "0.5"));
        await UntilAsync(
            () => Task.FromResult(
                last.Log.Count(static line => line.Contains("Collected ", StringComparison.Ordinal)) >= 4),
            "leftovers are collected");
        await VerifyDoorsAsync(last);

        // Every acknowledged release is there, and every release is complete, for CNR, OCI and Helm clients.
        async Task VerifyDoorsAsync(RegistryProcess registry)
        {
            var found = new HashSet<(string, string)>();
            foreach (var package in
                (await GetJsonAsync(registry, "/api/v1/packages?namespace=doors")).EnumerateArray())
            {
                var name = package.GetProperty("name").GetString()!;
                var releases = package.GetProperty("releases").EnumerateArray()
                    .Select(static release => release.GetString()!).ToList();
                var tags = (await GetJsonAsync(registry, $"/v2/{name}/tags/list")).GetProperty("tags");
                Assert.That(
                    tags.EnumerateArray().Select(static tag => tag.GetString()), Is.EquivalentTo(releases), name);
                foreach (var release in releases)
                {
                    await pushes[(name, release)].AssertReadableAsync(registry.Client);
                    found.Add((name, release));
                }
            }

            Assert.That(
                pushed.Keys.Select(static push => (push.Package, push.Release)).Except(found),
                Is.Empty,
                "acknowledged but missing");
        }
    }

    private async Task PushUntilKilledAsync(RegistryProcess registry, int kill, int client)
    {
        for (var number = 0; ; number++)
        {
            var key = ($"kill/p{(client + number) % Packages}", $"{kill + 1}.{client}.{number}");
            // Large pushes tend to be interrupted while they are staged, small ones while the index is written.
            var content =
                new SeededPackage((kill * 100_000) + (client * 10_000) + number, number % 4 == 3 ? 1 << 20 : 2 << 10);
            started[key] = content;
            try
            {
                using var response = await PushAsync(registry, key.Item1, key.Item2, content);
                Assert.That(
                    response.StatusCode,
                    Is.EqualTo(HttpStatusCode.OK),
                    await response.Content.ReadAsStringAsync(CancellationToken));
            }
            catch (HttpRequestException)
            {
                return;
            }

            acknowledged[key] = content;
        }
    }

    /// <summary>Sends half of a package, and then waits until the registry is killed.</summary>
    private async Task PushHalfAsync(RegistryProcess registry, string release, TaskCompletionSource midway, Task killed)
    {
        var content = new PushContent(new SeededPackage(-1, 4 << 20), release, () =>
        {
            midway.SetResult();
            return killed;
        });
        try
        {
            using var response =
                await registry.Client.PostAsync("/api/v1/packages/kill/half", content, CancellationToken);
            Assert.Fail($"Half a package returned {response.StatusCode}.");
        }
        catch (HttpRequestException)
        {
            // Expected: the registry was killed.
        }
    }

    /// <summary>
    /// Verifies that every acknowledged release is listed and every listed one is complete; returns the digests of
    /// their blobs.
    /// </summary>
    private async Task<HashSet<string>> VerifyAsync(RegistryProcess registry)
    {
        var listed = new HashSet<(string, string)>();
        var digests = new HashSet<string>();
        foreach (var package in (await GetJsonAsync(registry, "/api/v1/packages?namespace=kill")).EnumerateArray())
        {
            var name = package.GetProperty("name").GetString()!;
            foreach (var manifest in (await GetJsonAsync(registry, $"/api/v1/packages/{name}")).EnumerateArray())
            {
                var release = manifest.GetProperty("release").GetString()!;
                var bytes = await registry.Client.GetByteArrayAsync(
                    $"/api/v1/packages/{name}/{release}/helm/pull", CancellationToken);
                await using var tar = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
                Assert.That(
                    Convert.ToHexStringLower(await SHA256.HashDataAsync(tar, CancellationToken)),
                    Is.EqualTo(manifest.GetProperty("content").GetProperty("digest").GetString()));
                Assert.That(
                    bytes,
                    SameBytes.As(await started[(name, release)].ToArrayAsync(CancellationToken)),
                    $"{name} {release}");
                listed.Add((name, release));
                digests.Add(Convert.ToHexStringLower(SHA256.HashData(bytes)));
            }

            Assert.That(
                package.GetProperty("releases").EnumerateArray().Select(release => (name, release.GetString()!)),
                Is.EquivalentTo(listed.Where(entry => entry.Item1 == name)));
        }

        Assert.That(acknowledged.Keys.Except(listed), Is.Empty, "acknowledged but missing");
        return digests;
    }

    private HashSet<string> StoredBlobs() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Data, "blobs"), "@*", SearchOption.AllDirectories)
            .Select(static path => Path.GetFileName(path)[1..]),
    ];
}
