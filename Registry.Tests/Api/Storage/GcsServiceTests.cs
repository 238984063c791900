using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Api.Health;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Gcs;

namespace Registry.Tests.Api.Storage;

/// <summary>The whole service over the fake of Google Cloud Storage.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GcsServiceTests : IAsyncDisposable
{
    private const string ChartDigest = "72ed15c9a65961ecd034cca098ec18eb99002cd402824aae8a674a8ae41bd0ef";

    private readonly TemporaryFolder folder = new();
    private FakeGcs fake = null!;
    private RegistryHost host = null!;

    [SetUp]
    public async Task Start()
    {
        fake = await FakeGcs.StartAsync();
        host = await StartHostAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await fake.DisposeAsync();
        folder.Dispose();
    }

    [Test]
    public async Task A_pushed_chart_is_pulled_unchanged_from_every_replica()
    {
        var chart =
            await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Data", "elasticsearch-chart.tar.gz"));
        using var pushed = await host.Client.PostAsJsonAsync(
            "/api/v1/packages/titi/elasticsearch", new
            {
                blob = Convert.ToBase64String(
                chart),
                release = "1.0.0",
                media_type = "helm"
            });
        Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK), await pushed.Content.ReadAsStringAsync());

        await using var replica = await StartHostAsync();
        foreach (var client in (HttpClient[])[host.Client, replica.Client])
        {
            Assert.That(
                await client.GetByteArrayAsync("/api/v1/packages/titi/elasticsearch/1.0.0/helm/pull"),
                Is.EqualTo(chart));
            Assert.That(
                await client.GetByteArrayAsync($"/api/v1/packages/titi/elasticsearch/blobs/sha256/{ChartDigest}"),
                Is.EqualTo(chart));
            var list = await client.GetFromJsonAsync<JsonArray>("/api/v1/packages");
            Assert.That((string?)list!.Single()!["name"], Is.EqualTo("titi/elasticsearch"));
        }

        using var again = await replica.Client.PostAsJsonAsync(
            "/api/v1/packages/titi/elasticsearch", new
            {
                blob = Convert.ToBase64String(
                chart),
                release = "1.0.0",
                media_type = "helm"
            });
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That(
            fake.Bucket.Objects.Select(one => one.Name[..one.Name.LastIndexOf('/')]),
            Is.EquivalentTo(new[] { "blobs/packages/titi/elasticsearch", "documents/packages/titi" }));
    }

    [Test]
    public async Task An_archive_can_be_uploaded_listed_downloaded_and_deleted()
    {
        var archive = await SampleArchive.BytesAsync();
        using var uploaded =
            await host.Client.PostAsync("/api/v1/app?workspace=global%2F", new ByteArrayContent(archive));
        Assert.That(
            (string?)(await uploaded.Content.ReadFromJsonAsync<JsonObject>())!["app_archive_id"],
            Is.EqualTo(SampleArchive.Id));
        Assert.That(
            await host.Client.GetByteArrayAsync($"/api/v1/app/{SampleArchive.Id}?workspace=global%2F"),
            Is.EqualTo(archive));
        var list = await host.Client.GetFromJsonAsync<JsonArray>("/api/v1/app?workspace=global%2F");
        Assert.That((string?)list!.Single()!["size"], Is.EqualTo($"{SampleArchive.Length}"));
        Assert.That(
            (await host.Client.DeleteAsync($"/api/v1/app/{SampleArchive.Id}?workspace=global%2F")).StatusCode,
            Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(fake.Bucket.Objects, Is.Empty);
    }

    [Test]
    public async Task The_status_shows_the_bucket_and_whether_it_is_reachable()
    {
        await host.Services.GetRequiredService<StorageReadiness>().ProbeAsync(CancellationToken.None);
        var state = await host.Client.GetFromJsonAsync<JsonObject>("/api/v1");
        Assert.That(
            ((string?)state!["status"], (string?)state["storage"], (string?)state["name"], (string?)state["location"]),
            Is.EqualTo(("ok", "gcs", FakeGcs.BucketName, "EU")));

        fake.RemoveBucket();
        using var response = await host.Client.GetAsync("/api/v1");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        using var ready = await host.Client.GetAsync("/readyz");
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        using var pull = await host.Client.GetAsync("/api/v1/packages/titi/elasticsearch/1.0.0/helm/pull");
        Assert.That(
            pull.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable), "a failing storage is never a 404");
        Assert.That(pull.Headers.RetryAfter, Is.Not.Null);
        Assert.That(await pull.Content.ReadAsStringAsync(), Does.Not.Contain(FakeGcs.BucketName));
    }

    [Test]
    public async Task A_missing_bucket_is_an_error_at_startup()
    {
        fake.RemoveBucket();
        var fault = await Assert.ThrowsAsync<StorageException>(
            () => host.Services.GetRequiredService<StorageReadiness>().ProbeAsync(CancellationToken.None));
        Assert.That(fault!.Message, Does.Contain("GCS__BUCKET"));
        Assert.That(fake.CountOf(FakeGcsOperation.Insert), Is.Zero);
    }

    private Task<RegistryHost> StartHostAsync() => RegistryHost.StartAsync(
        "--STORAGE=gcs",
        $"--Gcs:Bucket={FakeGcs.BucketName}",
        $"--STORAGE_EMULATOR_HOST={fake.Address.Authority}",
        $"--Gcs:StagingFolder={folder.Below("staging")}");
}
