using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Moq;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Api.Kar;

/// <summary>The status endpoint, for any backend.</summary>
public sealed class StatusTests
{
    private FaultyHost host = null!;

    [SetUp]
    public async Task Start() => host = await FaultyHost.StartAsync(services: Describe);

    [TearDown]
    public async Task Stop() => await host.DisposeAsync();

    [TestCase("/api/v1")]
    [TestCase("/api/v1/")]
    public async Task The_status_describes_the_storage(string path)
    {
        using var response = await host.Client.GetAsync(path);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType?.ToString(), Is.EqualTo("application/json"));
        var body = (await response.Content.ReadFromJsonAsync<JsonObject>())!;
        Assert.That(
            body.Select(static m => m.Key),
            Is.EquivalentTo(new[] { "kind", "status", "storage", "version", "name", "location" }));
        Assert.That(
            ((string?)body["kind"], (string?)body["status"], (string?)body["storage"]),
            Is.EqualTo(("registry#status", "ok", "memory")));
        Assert.That((string?)body["version"], Does.Match(@"^\d+\.\d+\.\d+"));
        Assert.That((string?)body["location"], Is.EqualTo("EU"));
    }

    [TestCase(StorageFault.Unavailable)]
    [TestCase(StorageFault.Denied)]
    public async Task A_storage_that_fails_is_unavailable(StorageFault fault)
    {
        host.Faults.FailAll(new StorageException(fault, "secret-host"));
        await CheckUnavailableAsync(host);
        host.Faults.Clear();
        Assert.That((await host.Client.GetAsync("/api/v1")).StatusCode, Is.EqualTo(HttpStatusCode.OK), "it recovers");
    }

    [Test]
    public async Task A_storage_that_hangs_is_unavailable()
    {
        var documents = new Mock<IDocumentStore>();
        documents.Setup(store => store.GetAsync(It.IsAny<StoreKey>(), It.IsAny<CancellationToken>()))
            .Returns(static async (StoreKey _, CancellationToken cancellationToken) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                return null;
            });
        await using var hanging =
            await FaultyHost.StartAsync(services: services => services.AddSingleton(documents.Object));
        await CheckUnavailableAsync(hanging);
    }

    [Test]
    public async Task Other_methods_get_405()
    {
        using var response = await host.Client.PostAsync("/api/v1", new ByteArrayContent([1]));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        Assert.That(response.Content.Headers.Allow, Is.EquivalentTo(new[] { "GET", "HEAD", "OPTIONS" }));
    }

    private static void Describe(IServiceCollection services) => services.AddSingleton<IStorageProbe>(new InMemoryProbe
    {
        Facts = new Dictionary<string, string> { ["name"] = "kploy.net", ["location"] = "EU" },
    });

    private static async Task CheckUnavailableAsync(FaultyHost host)
    {
        using var response = await host.Client.GetAsync("/api/v1");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(response.Headers.RetryAfter, Is.Not.Null);
        Assert.That(response.Headers.ETag, Is.Null);
        var text = await response.Content.ReadAsStringAsync();
        Assert.That((string?)JsonNode.Parse(text)!["status"], Is.EqualTo("unavailable"));
        Assert.That(text, Does.Not.Contain("secret"));
    }
}
