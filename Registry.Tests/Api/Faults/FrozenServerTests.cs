using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Faults;

/// <summary>
/// The server of the storage stops for ten seconds and closes nothing. The backends freeze at the same time.
/// </summary>
[TestFixtureSource(typeof(ServerFaultTest), nameof(Backends))]
[Parallelizable(ParallelScope.Self)]
public sealed class FrozenServerTests(string backend) : ServerFaultTest(backend)
{
    private const string Package = "/api/v1/packages/freeze/one";

    /// <summary>How long one call to the storage may take here, in seconds.</summary>
    private const double CallSeconds = 2;

    /// <summary>How long a change is tried here, in seconds.</summary>
    private const double BoundSeconds = 2;

    private static readonly TimeSpan Freeze = TimeSpan.FromSeconds(10);

    /// <summary>
    /// What a request may take at most, as Documentation/storage.md has it: a change is tried for its bound, and up to
    /// three calls come before and after; and room for a machine that does much else.
    /// </summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(BoundSeconds + (3 * CallSeconds) + 15);

    private static readonly string[] Reads =
    [
        "/api/v1/packages", "/api/v1/packages/search?q=one", Package, $"{Package}/default/helm",
        $"{Package}/1.0.0/helm/pull", $"{Package}/channels",
        "/api/v1/app", $"/api/v1/app/{SampleArchive.Id}", "/api/v1", "/readyz",
    ];

    [Test]
    public async Task Every_request_is_answered_by_its_deadline_and_all_is_well_when_it_goes_on()
    {
        var patient = await StartReplicaAsync();
        var ledger = new PushLedger("freeze");
        Assert.That(
            await ledger.PushAsync(patient.Client, "one", "1.0.0", 3_000_000, CancellationToken),
            Is.EqualTo(HttpStatusCode.OK));
        Assert.That(
            await ledger.PushAsync(patient.Client, "one", "2.0.0", 1_000, CancellationToken),
            Is.EqualTo(HttpStatusCode.OK));
        using (var archive = await patient.Client.PostAsync(
            "/api/v1/app", new ByteArrayContent(await SampleArchive.BytesAsync()), CancellationToken))
            Assert.That(archive.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var host = await StartReplicaAsync(
            settings: [
                $"--Redis:DeadlineSeconds={CallSeconds}", $"--Etcd:TimeoutSeconds={CallSeconds}",
                $"--Updates:BoundSeconds={BoundSeconds}"
            ]);
        await UntilAsync(host, ready: true);

        // Some pushes are in the middle of whatever they do.
        var under = Enumerable.Range(0, 8)
            .Select(number => ledger.PushAsync(host.Client, "under", $"1.0.{number}", 700_000, CancellationToken))
            .ToArray();
        await Task.WhenAny(under);
        await Server.FreezeAsync();
        var frozen = Stopwatch.StartNew();
        var rounds = 0;
        for (; frozen.Elapsed < Freeze; rounds++)
        {
            // Nothing wakes the server before all of them are answered: a request that hangs is one that this test
            // never ends with.
            await Task.WhenAll(
                [
                    .. Reads.Select(path => DemandUnavailableAsync(host, HttpMethod.Get, path)),
                    .. Changes(host, ledger, rounds)
                ]);
            await Task.WhenAll(under);
        }

        Assert.That(rounds, Is.AtLeast(1));
        await Server.ThawAsync();
        await UntilAsync(host, ready: true);
        foreach (var path in Reads)
            await UntilAsync(
                async () =>
                {
                    using var answer = await host.Client.GetAsync(path, CancellationToken);
                    return answer.IsSuccessStatusCode;
                },
                path);

        // A write that reached the frozen server may have happened since, whole.
        var number = 0;
        await UntilAsync(
            async () =>
                await ledger.PushAsync(host.Client, "one", $"3.0.{number++}", 1_000, CancellationToken)
                    == HttpStatusCode.OK,
            "a push succeeds");
        await ledger.VerifyAsync(patient.Client, CancellationToken);
    }

    private IEnumerable<Task> Changes(RegistryHost host, PushLedger ledger, int round)
    {
        yield return DemandRefusedAsync(ledger.PushAsync(host.Client, "new", $"1.0.{round}", 1_000, CancellationToken));
        yield return DemandRefusedAsync(
            ledger.PushAsync(host.Client, "one", $"1.1.{round}", 1_500_000, CancellationToken));
        yield return DemandUnavailableAsync(host, HttpMethod.Delete, $"{Package}/7.0.0/helm");
        yield return DemandUnavailableAsync(host, HttpMethod.Post, $"{Package}/channels/beta/1.0.0");
        yield return DemandUnavailableAsync(host, HttpMethod.Post, "/api/v1/app", new ByteArrayContent([1, 2, 3]));
        yield return DemandUnavailableAsync(host, HttpMethod.Delete, $"/api/v1/app/{new string('0', 64)}");
    }

    private static async Task DemandRefusedAsync(Task<HttpStatusCode> push)
    {
        var began = Stopwatch.GetTimestamp();
        Assert.That(await push, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(Stopwatch.GetElapsedTime(began), Is.LessThan(Longest));
    }

    private async Task DemandUnavailableAsync(
        RegistryHost host, HttpMethod method, string path, HttpContent? content = null)
    {
        var began = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var answer = await host.Client.SendAsync(request, CancellationToken);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable), $"{method} {path}");
        Assert.That(answer.Headers.RetryAfter, Is.Not.Null, path);
        Assert.That(
            (await answer.Content.ReadFromJsonAsync<JsonObject>(CancellationToken))!.ToJsonString(),
            Does.Contain("\"unavailable\""),
            path);
        Assert.That(Stopwatch.GetElapsedTime(began), Is.LessThan(Longest), $"{method} {path}");
    }
}
