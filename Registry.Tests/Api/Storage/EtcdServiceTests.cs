using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Api.Hosting;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Api.Storage;

/// <summary>The whole service over a real etcd.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EtcdServiceTests : IAsyncDisposable
{
    private const string Package = "/api/v1/packages/titi/elasticsearch";
    private const string Archives = "/api/v1/app?workspace=http://github.com/kubernauts/kploy.net";

    private readonly CancellationToken ct = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
    private EtcdServer? server;
    private RegistryHost? host;

    public async ValueTask DisposeAsync()
    {
        await (host?.DisposeAsync() ?? default);
        await (server?.DisposeAsync() ?? default);
    }

    [Test]
    public async Task The_sample_chart_and_archive_go_in_are_listed_come_back_and_survive_a_crash_of_etcd()
    {
        await StartAsync();
        await host!.Services.GetRequiredService<StorageProbe>().ProveAsync(ct);
        var chart = await ChartAsync();
        var archive = await SampleArchive.BytesAsync();
        Assert.That((await PushAsync("3.0.1", chart)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using (var answer = await host.Client.PostAsync(Archives, new ByteArrayContent(archive), ct))
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await DemandBothAsync(chart, archive);

        await server!.KillAsync();
        using (var answer = await host.Client.GetAsync("/readyz", ct))
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        using (var answer = await PushAsync("3.0.2", chart))
            Assert.That((answer.StatusCode, answer.Headers.RetryAfter is null), Is.EqualTo((HttpStatusCode.ServiceUnavailable, false)));
        await server.StartAgainAsync(ct);
        await DemandBothAsync(chart, archive);
        Assert.That((await PushAsync("3.0.3", chart)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_full_etcd_is_507_and_what_was_there_is_served_and_can_be_deleted()
    {
        await StartAsync("--quota-backend-bytes=16777216");
        var chart = await ChartAsync();
        Assert.That((await PushAsync("1.0.0", chart)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        HttpStatusCode status;
        for (var patch = 0; (status = await UploadAsync(StorageShortcuts.Bytes(4_000_000, patch))) == HttpStatusCode.OK;)
            patch++;
        Assert.That(status, Is.EqualTo(HttpStatusCode.InsufficientStorage));
        using (var answer = await PushAsync("1.0.1", chart))
            Assert.That((answer.StatusCode, answer.Headers.RetryAfter is null), Is.EqualTo((HttpStatusCode.InsufficientStorage, false)));
        Assert.That(await host!.Client.GetByteArrayAsync($"{Package}/1.0.0/helm/pull", ct), Is.EqualTo(chart));
        using var deleted = await host.Client.DeleteAsync($"{Package}/1.0.0/helm", ct);
        Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_package_of_many_chunks_comes_back_byte_for_byte_whole_and_in_part()
    {
        await StartAsync();
        var package = Samples.TarGz(Convert.ToHexString(StorageShortcuts.Bytes(3_000_000)));
        Assert.That(package, Has.Length.GreaterThan(2_000_000), "several chunks");
        Assert.That((await PushAsync("1.0.0", package)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var pulled = await host!.Client.GetByteArrayAsync($"{Package}/1.0.0/helm/pull", ct);
        Assert.That(SHA256.HashData(pulled), Is.EqualTo(SHA256.HashData(package)));
        using var part = new HttpRequestMessage(HttpMethod.Get, $"{Package}/1.0.0/helm/pull") { Headers = { Range = new(1_000_000, 1_999_999) } };
        using var answer = await host.Client.SendAsync(part, ct);
        Assert.That((await answer.Content.ReadAsByteArrayAsync(ct)).AsSpan().SequenceEqual(package.AsSpan(1_000_000, 1_000_000)), Is.True);
    }

    [Test]
    public async Task Wrong_settings_end_the_start_and_name_themselves() => await Assert.ThatAsync(
        () => RegistryHost.StartAsync("--STORAGE=etcd", "--Etcd:Endpoints=nowhere", "--Etcd:Username=somebody"),
        Throws.Exception.With.Message.Contains("ETCD__ENDPOINTS").And.Message.Contains("ETCD__PASSWORD"));

    [Test]
    public async Task A_server_that_nobody_runs_is_named_by_the_probe()
    {
        host = await RegistryHost.StartAsync("--STORAGE=etcd", $"--Etcd:Endpoints=http://127.0.0.1:{EtcdServer.FreePort()}");
        await Assert.ThatAsync(
            () => host.Services.GetRequiredService<StorageProbe>().ProveAsync(ct),
            Throws.InstanceOf<StorageException>().With.Message.Contains("cannot be reached"));
    }

    private static Task<byte[]> ChartAsync() => File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Data", "elasticsearch-chart.tar.gz"));

    private async Task StartAsync(params string[] settings)
    {
        server = await EtcdServer.StartAsync(ct, settings);
        host = await RegistryHost.StartAsync("--STORAGE=etcd", $"--Etcd:Endpoints={server.Endpoint}", "--Etcd:TimeoutSeconds=2", "--Updates:BoundSeconds=4");
    }

    private Task<HttpResponseMessage> PushAsync(string release, byte[] package) => host!.Client.PostAsJsonAsync(
        Package, new { blob = Convert.ToBase64String(package), release, media_type = "helm" }, ct);

    private async Task<HttpStatusCode> UploadAsync(byte[] archive)
    {
        using var answer = await host!.Client.PostAsync(Archives, new ByteArrayContent(archive), ct);
        return answer.StatusCode;
    }

    private async Task DemandBothAsync(byte[] chart, byte[] archive)
    {
        Assert.That(await host!.Client.GetByteArrayAsync($"{Package}/3.0.1/helm/pull", ct), Is.EqualTo(chart));
        Assert.That(await host.Client.GetByteArrayAsync($"/api/v1/app/{SampleArchive.Id}?workspace=http://github.com/kubernauts/kploy.net", ct), Is.EqualTo(archive));
        var packages = await host.Client.GetFromJsonAsync<JsonArray>("/api/v1/packages", ct);
        Assert.That(packages!.Select(static package => (string?)package!["name"]), Is.EqualTo(new[] { "titi/elasticsearch" }));
        var archives = await host.Client.GetStringAsync(Archives, ct);
        Assert.That(archives, Does.Contain(SampleArchive.Id));
    }
}
