using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api;

/// <summary>The whole service over Redis.</summary>
public sealed class RedisServiceTests
{
    private const string Package = "/api/v1/packages/kubernauts/elasticsearch";
    private const string TarDigest = "72ed15c9a65961ecd034cca098ec18eb99002cd402824aae8a674a8ae41bd0ef";

    private RedisServer server = null!;
    private CancellationToken ct;

    [SetUp]
    public async Task StartServer()
    {
        ct = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;
        server = await RedisServer.StartDurableAsync(ct);
    }

    [TearDown]
    public async Task StopServer() => await server.DisposeAsync();

    [Test]
    public async Task A_chart_and_an_archive_go_in_come_back_are_listed_and_outlive_a_crash_of_the_server()
    {
        var chart = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Data", "elasticsearch-chart.tar.gz"), ct);
        var archive = await SampleArchive.BytesAsync();
        await using var host = await StartAsync();
        var push = new JsonObject { ["blob"] = Convert.ToBase64String(chart), ["release"] = "0.0.1", ["media_type"] = "helm" };
        using var pushed = await host.Client.PostAsJsonAsync(Package, push, ct);
        Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using var uploaded = await host.Client.PostAsync("/api/v1/app", new ByteArrayContent(archive), ct);
        Assert.That(uploaded.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await DemandBothAsync(host, chart, archive);

        await using var replica = await StartAsync();
        await DemandBothAsync(replica, chart, archive);

        await server.KillAsync();
        using (var refused = await host.Client.GetAsync(Package, ct))
        {
            Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(refused.Headers.RetryAfter, Is.Not.Null);
        }

        using (var unready = await host.Client.GetAsync("/readyz", ct))
            Assert.That(unready.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        await server.StartAgainAsync(ct);
        while (!(await host.Client.GetAsync("/readyz", ct)).IsSuccessStatusCode)
            await Task.Delay(50, ct);
        await DemandBothAsync(host, chart, archive);
        await DemandBothAsync(replica, chart, archive);

        using var deleted = await replica.Client.DeleteAsync($"{Package}/0.0.1/helm", ct);
        Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using var gone = await host.Client.GetAsync(Package, ct);
        Assert.That(gone.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), "what one replica acknowledged every other shows");
    }

    [Test]
    public async Task A_server_without_room_is_507_and_keeps_nothing_of_the_push()
    {
        await using var host = await StartAsync();
        await server.CommandAsync("config", "set", "maxmemory", "1mb");
        using var refused = await host.Client.PostAsync("/api/v1/app", new ByteArrayContent(await SampleArchive.BytesAsync()), ct);
        Assert.That((int)refused.StatusCode, Is.EqualTo(507));
        Assert.That((await refused.Content.ReadFromJsonAsync<JsonObject>(ct))!["code"]!.GetValue<string>(), Is.EqualTo("storage-full"));
        await server.CommandAsync("config", "set", "maxmemory", "0");
        Assert.That(await host.Client.GetStringAsync("/api/v1/app", ct), Is.EqualTo("[]"));
    }

    private static async Task DemandBothAsync(RegistryHost host, byte[] chart, byte[] archive)
    {
        var list = await host.Client.GetFromJsonAsync<JsonArray>("/api/v1/packages");
        Assert.That(list!.Select(entry => entry!["name"]!.GetValue<string>()), Is.EqualTo(new[] { "kubernauts/elasticsearch" }));
        var show = await host.Client.GetFromJsonAsync<JsonObject>($"{Package}/default/helm");
        Assert.That(show!["content"]!["digest"]!.GetValue<string>(), Is.EqualTo(TarDigest));
        Assert.That(await host.Client.GetByteArrayAsync($"{Package}/0.0.1/helm/pull"), Is.EqualTo(chart));
        Assert.That(await host.Client.GetByteArrayAsync($"{Package}/blobs/sha256/{TarDigest}"), Is.EqualTo(chart));
        var pull = await host.Client.GetFromJsonAsync<JsonObject>($"{Package}/0.0.1/helm/pull/json");
        Assert.That(Convert.FromBase64String(pull!["blob"]!.GetValue<string>()), Is.EqualTo(chart));
        Assert.That(await host.Client.GetByteArrayAsync($"/api/v1/app/{SampleArchive.Id}"), Is.EqualTo(archive));
        var archives = await host.Client.GetFromJsonAsync<JsonArray>("/api/v1/app");
        Assert.That(archives!.Single()!["name"]!.GetValue<string>(), Does.Contain(SampleArchive.Id));
        Assert.That((await host.Client.GetFromJsonAsync<JsonObject>("/api/v1"))!["storage"]!.GetValue<string>(), Is.EqualTo("redis"));
    }

    private Task<RegistryHost> StartAsync() => RegistryHost.StartAsync("--STORAGE=redis", $"--Redis:Configuration={server.Configuration}");
}
