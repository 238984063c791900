using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Gcs;

namespace Registry.Tests.Api.Storage;

/// <summary>
/// Replicas over a service that limits how often an object changes. Google documents one change per object and second;
/// the limit here is four, which is reached just as surely and makes the tests shorter.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GcsBusyTests : IAsyncDisposable
{
    private const int Replicas = 3;
    private const int Clients = 32;
    private const int PushesEach = 3;

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(4)).Token;
    private readonly List<RegistryHost> hosts = [];
    private FakeGcs fake = null!;

    [SetUp]
    public async Task Start()
    {
        fake = await FakeGcs.StartAsync();
        for (var i = 0; i < Replicas; i++)
            hosts.Add(await RegistryHost.StartAsync([.. fake.NewStorage("busy"), "--Gcs:DeadlineSeconds=60"]));
        fake.Bucket.ChangePeriod = TimeSpan.FromMilliseconds(250);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts)
            await host.DisposeAsync();
        await fake.DisposeAsync();
    }

    [Test]
    public async Task Concurrent_pushes_to_one_package_succeed_or_conflict([Values] bool sameBytes)
    {
        var statuses = new ConcurrentDictionary<string, HttpStatusCode>();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            for (var i = 0; i < PushesEach; i++)
            {
                var release = $"1.{client}.{i}";
                var content = new SeededPackage(sameBytes ? 1 : (client * PushesEach) + i, 2_000);
                statuses[release] = await PushAsync(
                    hosts[client % Replicas].Client, release, await content.ToArrayAsync(cancellationToken));
            }
        }));
        Assert.That(fake.Bucket.Throttled, Is.Positive, "the limit was reached");
        Assert.That(
            statuses.Values,
            Is.All.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.Conflict),
            "a busy index is not a failure");
        var pushed = statuses.Where(static push => push.Value == HttpStatusCode.OK)
            .Select(static push => push.Key)
            .ToArray();
        Assert.That(pushed, Has.Length.GreaterThan(statuses.Count / 2));
        await Parallel.ForEachAsync(pushed, cancellationToken, async (release, cancellationToken) =>
        {
            using var pulled =
                await hosts[0].Client.GetAsync($"/api/v1/packages/busy/app/{release}/helm/pull", cancellationToken);
            Assert.That(pulled.StatusCode, Is.EqualTo(HttpStatusCode.OK), release);
        });
    }

    [Test]
    public async Task A_busy_index_is_a_conflict_after_the_retry_bound()
    {
        await using var host = await RegistryHost.StartAsync(
            [.. fake.NewStorage("busy"), "--Updates:BoundSeconds=1", "--Gcs:DeadlineSeconds=2"]);
        fake.Bucket.ChangePeriod = TimeSpan.Zero;
        Assert.That(
            await PushAsync(host.Client, "1.0.0", await new SeededPackage(1, 2_000).ToArrayAsync(cancellationToken)),
            Is.EqualTo(HttpStatusCode.OK));
        fake.Faults = static call => call.Operation == FakeGcsOperation.Insert
            && call.Name.Contains("/documents/", StringComparison.Ordinal)
            ? FakeGcsFault.Respond(429, "rateLimitExceeded")
            : null;
        Assert.That(
            await PushAsync(host.Client, "2.0.0", await new SeededPackage(2, 2_000).ToArrayAsync(cancellationToken)),
            Is.EqualTo(HttpStatusCode.Conflict));
        fake.Faults = null;
        using var show = await host.Client.GetAsync("/api/v1/packages/busy/app/2.0.0/helm", cancellationToken);
        Assert.That(show.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    private async Task<HttpStatusCode> PushAsync(HttpClient client, string release, byte[] content)
    {
        var blob = new ByteArrayContent(content);
        blob.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var form = new MultipartFormDataContent
        {
            { new StringContent(release), "release" },
            { new StringContent("helm"), "media_type" },
            { blob, "blob", "chart.tar.gz" },
        };
        using var response = await client.PostAsync("/api/v1/packages/busy/app", form, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Conflict)
            Assert.That(await response.Content.ReadAsStringAsync(cancellationToken), Does.Contain("resource-in-use"));
        return response.StatusCode;
    }
}
