using System.Diagnostics;
using System.Net;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Cluster;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.EndToEnd;

/// <summary>
/// Two replicas that collect every second, on every backend, all at the same time: what is referred to is never
/// collected, what is not does not stay, and who reads what is collected knows.
/// </summary>
public sealed class CollectionSoakTests : EndToEndTest
{
    /// <summary>
    /// The grace is four times the bound, which is the least that is allowed. What readers may still need goes soon
    /// after.
    /// </summary>
    private static readonly (string, string?)[] Settings =
    [
        (
            "COLLECTION__PERIODSECONDS",
            "1"), (
                "COLLECTION__GRACESECONDS",
                "1"), ("UPDATES__BOUNDSECONDS", "0.25"), ("COLLECTION__STAGEDIDLESECONDS", "3"),
        (
            "Logging__LogLevel__Registry",
            "Warning"), (
                "Logging__LogLevel__Registry.Core.Maintenance.BlobCollector",
                "Information"), .. ClusterStorage.Deadline(30),
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
        return (cluster, soak, ReadWhatIsDeletedAsync(cluster, soak));
    });

    [OneTimeTearDown]
    public async Task EndAll()
    {
        foreach (var run in runs.Values)
        {
            // Whether they failed is for the tests to say.
            await Task.WhenAny(Task.WhenAll(run.Soak, run.Reader));
            if (run.Cluster.IsCompletedSuccessfully)
                await (await run.Cluster).DisposeAsync();
        }
    }

    [TestCaseSource(typeof(ClusterStorage), nameof(ClusterStorage.Backends))]
    public async Task What_is_referred_to_is_never_collected_and_what_is_not_does_not_stay(string backend)
    {
        await TestContext.Out.WriteLineAsync($"REGISTRY_FUZZ_SEED={seed}");
        await TestContext.Out.WriteLineAsync($"{backend}: {await runs[backend].Soak}.");
    }

    [TestCaseSource(typeof(ClusterStorage), nameof(ClusterStorage.Backends))]
    public async Task Who_reads_a_blob_while_it_is_collected_gets_all_of_it_or_a_broken_connection(string backend) =>
        await TestContext.Out.WriteLineAsync($"{backend}: {await runs[backend].Reader}.");

    private static void Demand(bool holds, string otherwise)
    {
        if (!holds)
            throw new InvalidOperationException(otherwise);
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
            // A machine that does much else is late with its periods.
            Demand(
                watch.Elapsed < 10 * GraceAndTwoPeriods,
                $"after {watch.Elapsed.TotalSeconds:0} s there is still:\n{string.Join('\n', differences)}");
            await Task.Delay(100, end);
        }

        Demand(soak.Collected > 0, "nothing was collected, and so nothing was tried");
        return $"{soak}; nothing was left over {watch.Elapsed.TotalSeconds:0.0} s after the last push";
    }

    /// <summary>
    /// Pulls slowly while the release is deleted and its blob collected and all that is left of it reclaimed, then as
    /// fast as it comes.
    /// </summary>
    private async Task<string> ReadWhatIsDeletedAsync(Task<RegistryCluster> starting, Task soak)
    {
        const string Release = "/api/v1/packages/slow/one/1.0.0/helm";
        var cluster = await starting;
        var storage = await cluster.Storage.OpenAsync();
        var package = new SeededPackage(seed, 32 << 20);
        for (var status = HttpStatusCode.ServiceUnavailable; status != HttpStatusCode.OK;)
        {
            // With so short a bound and grace, a push of this size on a machine that does much else may be told to try
            // again.
            using var pushed = await cluster[0].Client.PostAsync(
                "/api/v1/packages/slow/one", new PushContent(package, "1.0.0") { Force = true }, end);
            status = pushed.StatusCode;
            Demand(
                status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable,
                $"the push was answered with {status}");
        }

        var expected = await package.ToArrayAsync(end);

        using var answer =
            await cluster[0].Client.GetAsync($"{Release}/pull", HttpCompletionOption.ResponseHeadersRead, end);
        Demand(
            answer.StatusCode == HttpStatusCode.OK && answer.Content.Headers.ContentLength == expected.Length,
            $"{answer}");
        var reader = new CheckedReader(await answer.Content.ReadAsStreamAsync(end), expected);
        await reader.ReadAsync(64 << 10, end);
        using (var deleted = await cluster[1].Client.DeleteAsync(Release, end))
            Demand(deleted.StatusCode == HttpStatusCode.OK, $"the delete was answered with {deleted.StatusCode}");
        for (var collected = 0L;
             collected == 0 || Stopwatch.GetElapsedTime(collected) < IdleAndTwoPeriods || !soak.IsCompleted;)
        {
            // Slowly, but not so slowly that the server hangs up.
            await reader.ReadAsync(16 << 10, end);
            await Task.Delay(100, end);
            var blobs = await storage.Blobs.InfosAsync(StoreKey.Of("packages", "slow"), ScopeDepth.Subtree, null, end);
            if (collected == 0 && blobs.Count == 0)
                collected = Stopwatch.GetTimestamp();
        }

        await cluster.Storage.ForgetAsync(end);
        await reader.ReadAsync(int.MaxValue, end);
        Demand(
            reader.IsBroken || reader.Count == expected.Length,
            $"200, and only {reader.Count} of {expected.Length} bytes");
        using var after = await cluster[0].Client.GetAsync($"{Release}/pull", end);
        Demand(after.StatusCode == HttpStatusCode.NotFound, $"after it all it was answered with {after.StatusCode}");
        return reader.IsBroken ? $"the connection broke after {reader.Count} bytes" : "all bytes came";
    }

    /// <summary>Reads a body and compares it with what it should be; knows whether its connection broke.</summary>
    private sealed class CheckedReader(Stream body, byte[] expected)
    {
        private readonly byte[] buffer = new byte[64 << 10];

        public int Count { get; private set; }

        public bool IsBroken { get; private set; }

        /// <summary>Reads so many bytes, or to the end.</summary>
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
                    Demand(
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
