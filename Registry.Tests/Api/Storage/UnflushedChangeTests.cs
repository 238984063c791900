using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Win32.SafeHandles;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;
using Registry.Tests.Api.Oci;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Storage;

/// <summary>Responses when a folder cannot be flushed.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class UnflushedChangeTests : IAsyncDisposable
{
    private const string Cause = "Input/output error";
    private const string Package = "/api/v1/packages/sample/app";

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
    private readonly TemporaryFolder folder = new();
    private RegistryHost registry = null!;

    /// <summary>The part of the data folder below which flushes fail while <see cref="fails"/> is set.</summary>
    private volatile string failsBelow = "";
    private volatile bool fails;

    [SetUp]
    public async Task Start()
    {
        var options = new FilesystemOptions { Path = folder.Below("data") };
        var volume = new FilesystemVolume(options, TimeProvider.System, Flush);
        registry = await RegistryHost.StartAsync(services => services.AddSingleton(volume));
    }

    public async ValueTask DisposeAsync()
    {
        await registry.DisposeAsync();
        folder.Dispose();
    }

    [Test]
    public async Task A_push_is_503_until_it_is_durable()
    {
        fails = true;
        Assert.That(await PushAsync(), Is.EqualTo(HttpStatusCode.ServiceUnavailable), "the content is not durable");
        Assert.That(await PushAsync(), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        fails = false;
        Assert.That(await PushAsync(), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await PushAsync(), Is.EqualTo(HttpStatusCode.Conflict));
    }

    [Test]
    public async Task A_push_with_an_unflushed_index_is_503_until_it_is_flushed()
    {
        failsBelow = "documents";
        fails = true;
        Assert.That(await PushAsync(), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(
            registry.Log.Faults.Count(static entry => $"{entry.Exception}".Contains(Cause, StringComparison.Ordinal)),
            Is.EqualTo(1));
        Assert.That(
            await StatusAsync(registry.Client.GetAsync($"{Package}/1.0.0/helm", cancellationToken)),
            Is.EqualTo(HttpStatusCode.OK), "it is readable");
        Assert.That(await PushAsync(), Is.EqualTo(HttpStatusCode.ServiceUnavailable), "not a conflict");
        Assert.That(
            await StatusAsync(registry.Client.DeleteAsync($"{Package}/2.0.0/helm", cancellationToken)),
            Is.EqualTo(HttpStatusCode.ServiceUnavailable),
            "not missing");
        fails = false;
        Assert.That(await PushAsync(), Is.EqualTo(HttpStatusCode.Conflict), "it is now durable");
    }

    [Test]
    public async Task A_delete_is_503_until_it_is_flushed()
    {
        Assert.That(await PushAsync(), Is.EqualTo(HttpStatusCode.OK));
        fails = true;
        for (var attempt = 0; attempt < 2; attempt++)
            Assert.That(
                await StatusAsync(registry.Client.DeleteAsync($"{Package}/1.0.0/helm", cancellationToken)),
                Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        fails = false;
        Assert.That(
            await StatusAsync(registry.Client.DeleteAsync($"{Package}/1.0.0/helm", cancellationToken)),
            Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task An_archive_change_is_503_until_it_is_flushed()
    {
        fails = true;
        for (var attempt = 0; attempt < 2; attempt++)
            Assert.That(await UploadAsync(), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        fails = false;
        Assert.That(await UploadAsync(), Is.EqualTo(HttpStatusCode.OK));
        fails = true;
        for (var attempt = 0; attempt < 2; attempt++)
            Assert.That(
                await StatusAsync(registry.Client.DeleteAsync($"/api/v1/app/{SampleArchive.Id}", cancellationToken)),
                Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        fails = false;
        Assert.That(
            await StatusAsync(registry.Client.DeleteAsync($"/api/v1/app/{SampleArchive.Id}", cancellationToken)),
            Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task A_chart_with_an_unflushed_index_is_503_until_it_is_flushed()
    {
        failsBelow = "documents";
        fails = true;
        for (var attempt = 0; attempt < 2; attempt++)
            Assert.That(await PushChartAsync(), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        fails = false;
        Assert.That(await PushChartAsync(), Is.EqualTo(HttpStatusCode.Conflict), "it is now durable");
    }

    [Test]
    public async Task A_deleted_blob_is_503_until_the_delete_is_flushed()
    {
        var digest = await new OciRepository(registry.Client, "sample/blob").PushBlobAsync([1]);
        fails = true;
        for (var attempt = 0; attempt < 2; attempt++)
            Assert.That(
                await StatusAsync(
                    registry.Client.DeleteAsync($"/v2/sample/blob/blobs/{digest}", cancellationToken)),
                Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        fails = false;
        Assert.That(
            await StatusAsync(registry.Client.DeleteAsync($"/v2/sample/blob/blobs/{digest}", cancellationToken)),
            Is.EqualTo(HttpStatusCode.NotFound));
    }

    private static async Task<HttpStatusCode> StatusAsync(Task<HttpResponseMessage> request)
    {
        using var response = await request;
        return response.StatusCode;
    }

    private Task<HttpStatusCode> PushAsync() =>
        StatusAsync(
            registry.Client.PostAsync(
                Package, new PushContent(new SeededPackage(1, 1_000), "1.0.0"), cancellationToken));

    private Task<HttpStatusCode> PushChartAsync()
    {
        var chart = OneRegistry.Archive(("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n"));
        return StatusAsync(
            registry.Client.PostAsync("/helm/api/sample/charts", new ByteArrayContent(chart), cancellationToken));
    }

    private async Task<HttpStatusCode> UploadAsync()
    {
        var content = new ByteArrayContent(await SampleArchive.BytesAsync());
        return await StatusAsync(registry.Client.PostAsync("/api/v1/app", content, cancellationToken));
    }

    private void Flush(SafeFileHandle opened, string path)
    {
        if (fails && path.StartsWith(folder.Below("data", failsBelow), StringComparison.Ordinal))
            throw new StorageException(StorageFault.Unavailable, $"Could not flush '{path}': {Cause}.");
        Disk.Flush(opened, path);
    }
}
