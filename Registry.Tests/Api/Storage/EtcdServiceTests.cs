using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Api.Health;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Api.Storage;

/// <summary>The whole service over a real etcd.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EtcdServiceTests : IAsyncDisposable
{
    private const string Package = "/api/v1/packages/titi/elasticsearch";

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
    private EtcdServer? server;
    private RegistryHost? host;

    public async ValueTask DisposeAsync()
    {
        await (host?.DisposeAsync() ?? default);
        await (server?.DisposeAsync() ?? default);
    }

    [Test]
    public async Task A_package_of_many_chunks_is_pulled_whole_and_in_part()
    {
        await StartAsync();
        var package = Samples.TarGz(Convert.ToHexString(StorageShortcuts.Bytes(3_000_000)));
        Assert.That(package, Has.Length.GreaterThan(2_000_000), "several chunks");
        Assert.That((await PushAsync("1.0.0", package)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var pulled = await host!.Client.GetByteArrayAsync($"{Package}/1.0.0/helm/pull", cancellationToken);
        Assert.That(SHA256.HashData(pulled), Is.EqualTo(SHA256.HashData(package)));
        using var part = new HttpRequestMessage(HttpMethod.Get, $"{Package}/1.0.0/helm/pull")
        {
            Headers = { Range = new(1_000_000, 1_999_999) }
        };
        using var response = await host.Client.SendAsync(part, cancellationToken);
        Assert.That(
            (await response.Content.ReadAsByteArrayAsync(cancellationToken)).AsSpan()
                .SequenceEqual(package.AsSpan(1_000_000, 1_000_000)),
            Is.True);
    }

    [Test]
    public async Task Invalid_settings_abort_startup_and_are_reported() => await Assert.ThatAsync(
        () => RegistryHost.StartAsync("--STORAGE=etcd", "--Etcd:Endpoints=nowhere", "--Etcd:Username=somebody"),
        Throws.Exception.With.Message.Contains("ETCD__ENDPOINTS").And.Message.Contains("ETCD__PASSWORD"));

    [Test]
    public async Task The_probe_reports_an_unreachable_server()
    {
        host = await RegistryHost.StartAsync(
            "--STORAGE=etcd", $"--Etcd:Endpoints=http://127.0.0.1:{EtcdServer.FreePort()}");
        await Assert.ThatAsync(
            () => host.Services.GetRequiredService<StorageReadiness>().ProbeAsync(cancellationToken),
            Throws.InstanceOf<StorageException>().With.Message.Contains("cannot be reached"));
    }

    private async Task StartAsync()
    {
        server = await EtcdServer.StartAsync(cancellationToken);
        host = await RegistryHost.StartAsync("--STORAGE=etcd", $"--Etcd:Endpoints={server.Endpoint}");
    }

    private Task<HttpResponseMessage> PushAsync(string release, byte[] package) => host!.Client.PostAsJsonAsync(
        Package, new { blob = Convert.ToBase64String(package), release, media_type = "helm" }, cancellationToken);
}
