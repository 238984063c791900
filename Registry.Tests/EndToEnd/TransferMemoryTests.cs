using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Cluster;

namespace Registry.Tests.EndToEnd;

/// <summary>
/// Transfers stay within their memory budget, whatever clients do: stalled transfers are aborted, and the service stays
/// up.
/// </summary>
[TestFixtureSource(typeof(ClusterStorage), nameof(ClusterStorage.Backends))]
public sealed class TransferMemoryTests(string backend) : EndToEndTest
{
    private const string Package = "transfers/large";
    private const string PullPath = $"/api/v1/packages/{Package}/1.0.0/helm/pull";

    /// <summary>More pulls than fit into the budget, on every backend.</summary>
    private const int Pulls = 150;

    private const int Uploads = 50;

    private const long HeapLimit = 200L << 20;

    /// <summary>The heap plus the runtime and its libraries.</summary>
    private const long Allowed = HeapLimit + (160L << 20);

    [Test]
    public async Task Stalled_transfers_are_aborted_to_free_memory()
    {
        await using var storage = await ClusterStorage.StartAsync(backend, CancellationToken);
        var registry = await StartAsync(
        [
            (
                "DOTNET_GCHeapHardLimit",
                HeapLimit.ToString("x", CultureInfo.InvariantCulture)), ("TRANSFERS__BUFFERBYTES", "16777216"),
            .. ClusterStorage.Deadline(30), .. storage.SettingsOf(0),
        ]);
        using (var pushed = await PushAsync(registry, Package, "1.0.0", new SeededPackage(1, 6_000_000)))
            Assert.That(
                pushed.StatusCode,
                Is.EqualTo(HttpStatusCode.OK),
                await pushed.Content.ReadAsStringAsync(CancellationToken));

        using (var stalled = new Clients())
        {
            for (var i = 0; i < Pulls; i++)
                stalled.Add(await SlowClient.GetAsync(registry.Address, PullPath, "", CancellationToken));
            await AssertServesAsync(registry);
        }

        var body = JsonSerializer.Serialize(
            new
            {
                release = "1.0.0",
                media_type = "helm",
                blob = Convert.ToBase64String(
                await new SeededPackage(2, 1_200_000).ToArrayAsync(CancellationToken))
            });
        Task[] sending;
        using (var stalled = new Clients())
        {
            sending = Enumerable.Range(0, Uploads).Select(async i =>
            {
                var client = await SlowClient.ConnectAsync(registry.Address, CancellationToken);
                stalled.Add(client);
                await client.SendAsync(
                    $"POST /api/v1/packages/transfers/upload{i} HTTP/1.1\r\nHost: x\r\nContent-Length: "
                        + $"{body.Length}\r\n\r\n",
                    CancellationToken);
                await client.SendAsync(body[..^1000], CancellationToken);
            }).ToArray();
            await AssertServesAsync(registry);
        }

        // Some were refused before they were sent completely.
        await Task.WhenAll(sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.That(
            registry.Log.Where(static line => line.Contains("others need the memory", StringComparison.Ordinal)),
            Is.Not.Empty);
        Assert.That(
            registry.Log.Where(static line => line.Contains("OutOfMemory", StringComparison.Ordinal)), Is.Empty);
        await TestContext.Out.WriteLineAsync($"Peak memory: {registry.PeakMemory >> 20} MiB.");
        Assert.That(registry.PeakMemory, Is.LessThanOrEqualTo(Allowed));
    }

    /// <summary>Asserts that small requests succeed at once, and a pull after a few attempts.</summary>
    private async Task AssertServesAsync(RegistryProcess registry)
    {
        using (var alive = await registry.Client.GetAsync("/healthz", CancellationToken))
            Assert.That(alive.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using (var shown = await registry.Client.GetAsync($"/api/v1/packages/{Package}/1.0.0/helm", CancellationToken))
            Assert.That(shown.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await UntilAsync(
            async () =>
            {
                using var pulled = await registry.Client.GetAsync(PullPath, CancellationToken);
                if (pulled.StatusCode == HttpStatusCode.OK)
                    return true;
                Assert.That(pulled.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
                Assert.That(pulled.Headers.RetryAfter?.Delta, Is.Not.Null);
                return false;
            },
            "a pull is served");
    }

    private sealed class Clients : IDisposable
    {
        private readonly ConcurrentBag<SlowClient> clients = [];

        public void Add(SlowClient client) => clients.Add(client);

        public void Dispose()
        {
            foreach (var client in clients)
                client.Dispose();
        }
    }
}
