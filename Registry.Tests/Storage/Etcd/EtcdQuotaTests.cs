using System.Net;
using System.Net.Http.Json;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Etcd;

/// <summary>Deletes that etcd applies although it reports that they reach its quota.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EtcdQuotaTests : IAsyncDisposable
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;
    private EtcdServer server = null!;
    private QuotaProxy proxy = null!;
    private EtcdUnderTest storage = null!;

    /// <summary>The documents behind the proxy.</summary>
    private IDocumentStore documents = null!;

    [SetUp]
    public async Task StartAsync()
    {
        server = await EtcdServer.StartAsync(cancellationToken);
        proxy = await QuotaProxy.StartAsync(server);
        storage = new EtcdUnderTest(server, proxy.Endpoint);
        (documents, _, _) = await storage.OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await storage.DisposeAsync();
        await proxy.DisposeAsync();
        await server.DisposeAsync();
    }

    [Test]
    public async Task A_delete_that_reached_the_quota_has_deleted_the_document(
        [Values] bool matches, [Values(0, 1, 50)] int laterChanges)
    {
        var revision = await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        proxy.ReachQuota(async () =>
        {
            for (var change = 0; change < laterChanges; change++)
                await documents.PutAsync(
                    StoreKey.Of("packages", "sample", "other"), "one", Precondition.None, cancellationToken);
        });
        Assert.That(
            await documents.TryDeleteAsync(
                Sample, matches ? Precondition.Matches(revision) : Precondition.None, cancellationToken),
            Is.True);
        Assert.That(await documents.GetAsync(Sample, cancellationToken), Is.Null);
    }

    [Test]
    public async Task A_delete_that_reached_the_quota_and_left_no_record_has_an_unknown_outcome()
    {
        var replaced = await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        await documents.PutAsync(Sample, "two", Precondition.None, cancellationToken);
        proxy.ReachQuota();
        await Assert.ThatAsync(
            () => documents.TryDeleteAsync(Sample, Precondition.Matches(replaced), cancellationToken).AsTask(),
            Throws.InstanceOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.Full));
    }

    [Test]
    public async Task A_package_that_was_deleted_as_the_quota_was_reached_is_answered_200_and_logged()
    {
        await using var host = await RegistryHost.StartAsync("--STORAGE=etcd", $"--Etcd:Endpoints={proxy.Endpoint}");
        using (var pushed = await host.Client.PostAsJsonAsync(
            "/api/v1/packages/test/app",
            new { blob = Convert.ToBase64String(Samples.TarGz("a")), release = "1.0.0", media_type = "helm" },
            cancellationToken))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        proxy.ReachQuota();
        using var deleted = await host.Client.DeleteAsync("/api/v1/packages/test/app/1.0.0/helm", cancellationToken);
        Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(host.Messages, Has.Some.Contains("test/app").And.Contains("deleted").IgnoreCase);
    }
}
