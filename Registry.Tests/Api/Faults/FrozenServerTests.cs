using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Faults;

/// <summary>
/// The storage server freezes for ten seconds with open connections. The tests of all backends run in parallel.
/// </summary>
[TestFixtureSource(typeof(ServerFaultTest), nameof(Backends))]
public sealed class FrozenServerTests(string backend) : ServerFaultTest(backend)
{
    private const string Package = "/api/v1/packages/freeze/one";

    /// <summary>The deadline of one storage call in these tests, in seconds.</summary>
    private const double CallSeconds = 2;

    /// <summary>The retry bound of a change in these tests, in seconds.</summary>
    private const double BoundSeconds = 2;

    private static readonly TimeSpan Freeze = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The maximum duration of a request, as documented in Documentation/storage.md: the retry bound of a change, up to
    /// three calls before and after it, and a margin for a busy machine.
    /// </summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(BoundSeconds + (3 * CallSeconds) + 15);

    private static readonly string[] Reads =
    [
        "/api/v1/packages", "/api/v1/packages/search?q=one", Package, $"{Package}/default/helm",
        $"{Package}/1.0.0/helm/pull", $"{Package}/channels",
        "/api/v1/app", $"/api/v1/app/{SampleArchive.Id}", "/api/v1", "/readyz",
    ];

    [Test]
    public async Task Requests_meet_their_deadline_and_succeed_after_a_thaw()
    {
        var unaffected = await StartReplicaAsync();
        var ledger = new PushLedger("freeze");
        Assert.That(
            await ledger.PushAsync(unaffected.Client, "one", "1.0.0", 3_000_000, CancellationToken),
            Is.EqualTo(HttpStatusCode.OK));
        Assert.That(
            await ledger.PushAsync(unaffected.Client, "one", "2.0.0", 1_000, CancellationToken),
            Is.EqualTo(HttpStatusCode.OK));
        using (var archive = await unaffected.Client.PostAsync(
            "/api/v1/app", new ByteArrayContent(await SampleArchive.BytesAsync()), CancellationToken))
            Assert.That(archive.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var host = await StartReplicaAsync(
            settings: [
                $"--Redis:DeadlineSeconds={CallSeconds}", $"--Etcd:TimeoutSeconds={CallSeconds}",
                $"--Updates:BoundSeconds={BoundSeconds}"
            ]);
        await UntilAsync(host, ready: true);

        // Some pushes are in progress when the server freezes.
        var inProgress = Enumerable.Range(0, 8)
            .Select(number => ledger.PushAsync(host.Client, "under", $"1.0.{number}", 700_000, CancellationToken))
            .ToArray();
        await Task.WhenAny(inProgress);
        await Server.FreezeAsync();
        var frozen = Stopwatch.StartNew();
        var rounds = 0;
        for (; frozen.Elapsed < Freeze; rounds++)
        {
            // The server stays frozen until all requests have completed, so a request that hangs makes this test
            // hang.
            await Task.WhenAll(
                [
                    .. Reads.Select(path => AssertUnavailableAsync(host, HttpMethod.Get, path)),
                    .. Changes(host, ledger, rounds)
                ]);
            await Task.WhenAll(inProgress);
        }

        Assert.That(rounds, Is.AtLeast(1));
        await Server.ThawAsync();
        await UntilAsync(host, ready: true);
        foreach (var path in Reads)
            await UntilAsync(
                async () =>
                {
                    using var response = await host.Client.GetAsync(path, CancellationToken);
                    return response.IsSuccessStatusCode;
                },
                $"{path} succeeds");

        // A write that reached the frozen server may have taken effect since, but only as a whole.
        var number = 0;
        await UntilAsync(
            async () =>
                await ledger.PushAsync(host.Client, "one", $"3.0.{number++}", 1_000, CancellationToken)
                    == HttpStatusCode.OK,
            "a push succeeds");
        await ledger.VerifyAsync(unaffected.Client, CancellationToken);
    }

    private IEnumerable<Task> Changes(RegistryHost host, PushLedger ledger, int round)
    {
        yield return AssertRefusedAsync(ledger.PushAsync(host.Client, "new", $"1.0.{round}", 1_000, CancellationToken));
        yield return AssertRefusedAsync(
            ledger.PushAsync(host.Client, "one", $"1.1.{round}", 1_500_000, CancellationToken));
        yield return AssertUnavailableAsync(host, HttpMethod.Delete, $"{Package}/7.0.0/helm");
        yield return AssertUnavailableAsync(host, HttpMethod.Post, $"{Package}/channels/beta/1.0.0");
        yield return AssertUnavailableAsync(host, HttpMethod.Post, "/api/v1/app", new ByteArrayContent([1, 2, 3]));
        yield return AssertUnavailableAsync(host, HttpMethod.Delete, $"/api/v1/app/{new string('0', 64)}");
    }

    private static async Task AssertRefusedAsync(Task<HttpStatusCode> push)
    {
        var began = Stopwatch.GetTimestamp();
        Assert.That(await push, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(Stopwatch.GetElapsedTime(began), Is.LessThan(Longest));
    }

    private async Task AssertUnavailableAsync(
        RegistryHost host, HttpMethod method, string path, HttpContent? content = null)
    {
        var began = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var response = await host.Client.SendAsync(request, CancellationToken);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable), $"{method} {path}");
        Assert.That(response.Headers.RetryAfter, Is.Not.Null, path);
        Assert.That(
            (await response.Content.ReadFromJsonAsync<JsonObject>(CancellationToken))!.ToJsonString(),
            Does.Contain("\"unavailable\""),
            path);
        Assert.That(Stopwatch.GetElapsedTime(began), Is.LessThan(Longest), $"{method} {path}");
    }
}
