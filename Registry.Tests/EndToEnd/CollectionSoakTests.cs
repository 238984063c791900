using System.Diagnostics;
using System.Net;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Cluster;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.EndToEnd;

/// <summary>
/// Two replicas that collect every second, on all backends in parallel: referenced blobs are never collected,
/// unreferenced ones do not stay, and readers notice when a blob is collected.
/// </summary>
[NonParallelizable]
public sealed class CollectionSoakTests : EndToEndTest
{
    /// <summary>
    /// Uses the minimum grace period, four times the retry bound. What readers may still need is discarded soon
    /// afterwards.
    /// </summary>
    private static readonly (string, string?)[] Settings =
    [
        ("COLLECTION__PERIODSECONDS", "1"),
        ("COLLECTION__GRACESECONDS", "1"),
        ("UPDATES__BOUNDSECONDS", "0.25"),
        ("COLLECTION__STAGEDIDLESECONDS", "3"),
        ("Logging__LogLevel__Registry", "Warning"),
        ("Logging__LogLevel__Registry.Core.Maintenance.BlobCollector", "Information"),
        .. ClusterStorage.Deadline(30),
    ];

    private static readonly TimeSpan GraceAndTwoPeriods = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan IdleAndTwoPeriods = TimeSpan.FromSeconds(5);

    private readonly CancellationToken end = new CancellationTokenSource(TimeSpan.FromMinutes(5) + (2 * Soak)).Token;
    private readonly int seed = Setting("FUZZ_SEED", Environment.TickCount);
    private Dictionary<string, (Task<RegistryCluster> Cluster, Task<string> Soak, Task<string> Reader)> runs = [];

    [OneTimeSetUp]
    public void StartAll() => runs = ClusterStorage.Backends.ToDictionary(static backend => backend, backend =>
    {
        var cluster = RegistryCluster.StartAsync(backend, 2, end, Settings);
        var soak = SoakAsync(cluster);
        return (cluster, soak, ReadDeletedBlobAsync(cluster, soak));
    });

    [OneTimeTearDown]
    public async Task EndAll()
    {
        foreach (var run in runs.Values)
        {
            // The tests report failures.
            await Task.WhenAny(Task.WhenAll(run.Soak, run.Reader));
            if (run.Cluster.IsCompletedSuccessfully)
                await (await run.Cluster).DisposeAsync();
        }
    }

    [TestCaseSource(typeof(ClusterStorage), nameof(ClusterStorage.Backends))]
    public async Task Exactly_the_unreferenced_blobs_are_collected(string backend)
    {
        await TestContext.Out.WriteLineAsync($"REGISTRY_FUZZ_SEED={seed}");
        await TestContext.Out.WriteLineAsync($"{backend}: {await runs[backend].Soak}.");
    }

    [TestCaseSource(typeof(ClusterStorage), nameof(ClusterStorage.Backends))]
    public async Task A_pull_during_collection_is_complete_or_breaks(string backend) =>
        await TestContext.Out.WriteLineAsync($"{backend}: {await runs[backend].Reader}.");

    private static void Require(bool condition, string message)
    {
        if (!condition)
            throw new InvalidOperationException(message);
    }

    private async Task<string> SoakAsync(Task<RegistryCluster> starting)
    {
        var cluster = await starting;
        var storage = await cluster.Storage.OpenAsync();
        var soak = new CollectionSoak(cluster, seed);
        await soak.RunAsync(Soak, end);

        var watch = Stopwatch.StartNew();
        await Task.Delay(GraceAndTwoPeriods, end);
        IReadOnlyList<string> differences;
        while ((differences = await soak.DifferencesAsync(storage, end)).Count > 0)
        {
            // On a busy machine the collectors run late.
            Require(
                watch.Elapsed < 10 * GraceAndTwoPeriods,
                $"after {watch.Elapsed.TotalSeconds:0} s there are still:\n{string.Join('\n', differences)}");
            await Task.Delay(100, end);
        }

        Require(soak.Collected > 0, "nothing was collected, so nothing was tested");
        return $"{soak}; nothing was left over {watch.Elapsed.TotalSeconds:0.0} s after the last push";
    }

    /// <summary>
    /// Pulls slowly while the release is deleted and its blob collected and completely reclaimed, then at full speed.
    /// </summary>
    private async Task<string> ReadDeletedBlobAsync(Task<RegistryCluster> starting, Task soak)
    {
        const string Release = "/api/v1/packages/slow/one/1.0.0/helm";
        var cluster = await starting;
        var storage = await cluster.Storage.OpenAsync();
        var package = new SeededPackage(seed, 32 << 20);
        for (var status = HttpStatusCode.ServiceUnavailable; status != HttpStatusCode.OK;)
        {
            // With such a short bound and grace period, a push of this size may get 503 on a busy machine.
            using var pushed = await cluster[0].Client.PostAsync(
                "/api/v1/packages/slow/one", new PushContent(package, "1.0.0") { Force = true }, end);
            status = pushed.StatusCode;
            Require(
                status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable,
                $"the push returned {status}");
        }

        var expected = await package.ToArrayAsync(end);

        using var response =
            await cluster[0].Client.GetAsync($"{Release}/pull", HttpCompletionOption.ResponseHeadersRead, end);
        Require(
            response.StatusCode == HttpStatusCode.OK && response.Content.Headers.ContentLength == expected.Length,
            $"{response}");
        var reader = new CheckedReader(await response.Content.ReadAsStreamAsync(end), expected);
        await reader.ReadAsync(64 << 10, end);
        using (var deleted = await cluster[1].Client.DeleteAsync(Release, end))
            Require(deleted.StatusCode == HttpStatusCode.OK, $"the delete returned {deleted.StatusCode}");
        for (var collected = 0L;
             collected == 0 || Stopwatch.GetElapsedTime(collected) < IdleAndTwoPeriods || !soak.IsCompleted;)
        {
            // Slow, but fast enough that the server does not cut the connection.
            await reader.ReadAsync(16 << 10, end);
            await Task.Delay(100, end);
            var blobs = await storage.Blobs.InfosAsync(StoreKey.Of("packages", "slow"), ScopeDepth.Subtree, null, end);
            if (collected == 0 && blobs.Count == 0)
                collected = Stopwatch.GetTimestamp();
        }

        await cluster.Storage.CompactAsync(end);
        await reader.ReadAsync(int.MaxValue, end);
        Require(
            reader.IsBroken || reader.Count == expected.Length,
            $"status 200, but only {reader.Count} of {expected.Length} bytes");
        using var after = await cluster[0].Client.GetAsync($"{Release}/pull", end);
        Require(after.StatusCode == HttpStatusCode.NotFound, $"the pull after collection returned {after.StatusCode}");
        return reader.IsBroken ? $"the connection broke after {reader.Count} bytes" : "all bytes arrived";
    }

    /// <summary>Reads a body, compares it with the expected bytes, and detects a broken connection.</summary>
    private sealed class CheckedReader(Stream body, byte[] expected)
    {
        private readonly byte[] buffer = new byte[64 << 10];

        public int Count { get; private set; }

        public bool IsBroken { get; private set; }

        /// <summary>Reads this many bytes, or to the end.</summary>
        public async Task ReadAsync(int bytes, CancellationToken cancellationToken)
        {
            try
            {
                for (var rest = bytes; rest > 0 && !IsBroken;)
                {
                    var read =
                        await body.ReadAsync(buffer.AsMemory(0, Math.Min(rest, buffer.Length)), cancellationToken);
                    if (read == 0)
                        return;
                    Require(
                        Count + read <= expected.Length
                            && buffer.AsSpan(0, read).SequenceEqual(expected.AsSpan(Count, read)),
                        $"wrong bytes from byte {Count}");
                    Count += read;
                    rest -= read;
                }
            }
            catch (IOException)
            {
                IsBroken = true;
            }
        }
    }
}
