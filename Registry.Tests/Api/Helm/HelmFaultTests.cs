using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Api.Helm;

/// <summary>Helm repositories over a storage that fails.</summary>
public sealed class HelmFaultTests
{
    private FaultyHost host = null!;

    private static StorageException Fault => new(StorageFault.Unavailable, "down");

    [SetUp]
    public async Task Start() => host = await FaultyHost.StartAsync();

    [TearDown]
    public async Task Stop()
    {
        host.Faults.Clear();
        await host.DisposeAsync();
    }

    [Test]
    public async Task An_index_is_never_partial_when_the_storage_fails()
    {
        await PushAsync(HelmTest.Archive("app", "1.0.0"));
        await PushAsync(HelmTest.Archive("long", "1.0.0", $"description: {new string('x', 100_000)}"));
        host.Faults.Before = static call => call.Operation is StorageOperation.OpenBlob or StorageOperation.ReadBlob
            ? throw Fault
            : default;
        using var failed = await host.Client.GetAsync("helm/team/index.yaml");
        Assert.That(failed.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(failed.Headers.RetryAfter, Is.Not.Null);
        Assert.That(failed.Headers.ETag, Is.Null);
        host.Faults.Clear();
        using var index = JsonDocument.Parse(await host.Client.GetStringAsync("helm/team/index.yaml"));
        Assert.That(
            index.RootElement.GetProperty("entries").EnumerateObject().Select(static chart => chart.Name),
            Is.EqualTo((string[])["app", "long"]));
    }

    [TestCase("helm/team/index.yaml")]
    [TestCase("helm/team/-/stable/index.yaml")]
    [TestCase("helm/team/charts/app-1.0.0.tgz")]
    [TestCase("helm/team/charts/app-1.0.0.tgz.prov")]
    [TestCase("helm/api/team/charts")]
    [TestCase("helm/api/team/charts?unlisted")]
    [TestCase("helm/api/team/charts/app")]
    [TestCase("helm/api/team/charts/app/1.0.0")]
    public async Task A_storage_failure_is_not_an_absence(string path)
    {
        await PushAsync(HelmTest.Archive("app", "1.0.0"));
        host.Faults.FailAll(Fault);
        using var response = await host.Client.GetAsync(path);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
    }

    [TestCase(StorageOperation.BeginUpload)]
    [TestCase(StorageOperation.AppendUpload)]
    [TestCase(StorageOperation.CompleteAppend)]
    [TestCase(StorageOperation.CommitBlob)]
    public async Task A_push_that_the_storage_fails_stores_nothing(StorageOperation operation)
    {
        var chart = ChartPush.Of(ChartDoor.ChartMuseum, "team/app", "1.0.0", "large", bytes: 300_000).Chart;
        host.Faults.Before = call => call.Operation == operation ? throw Fault : default;
        using (var content = new ByteArrayContent(chart))
        using (var failed = await host.Client.PostAsync("helm/api/team/charts", content))
            Assert.That(failed.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        host.Faults.Clear();
        var uploads = host.Host.Services.GetRequiredService<IUploadStore>();
        Assert.That(await uploads.CountAsync(10, CancellationToken.None), Is.Zero);
        using var missing = await host.Client.GetAsync("helm/team/charts/app-1.0.0.tgz");
        Assert.That(missing.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        await PushAsync(chart);
    }

    [Test]
    public async Task A_small_chart_is_not_staged()
    {
        host.Faults.Before = static call => call.Operation == StorageOperation.BeginUpload ? throw Fault : default;
        await PushAsync(HelmTest.Archive("app", "1.0.0"));
    }

    private async Task PushAsync(byte[] archive)
    {
        using var content = new ByteArrayContent(archive);
        using var response = await host.Client.PostAsync("helm/api/team/charts", content);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
    }
}
