using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Kar;

[TestFixtureSource(typeof(Backends), nameof(Backends.Names))]
public sealed class DownloadTests(string backend)
{
    private const string Address = "/api/v1/app/" + SampleArchive.Id;

    private FaultyHost host = null!;

    [OneTimeSetUp]
    public async Task Start() => host = await FaultyHost.StartAsync(await Backends.NewStorageAsync(backend));

    [SetUp]
    public async Task Upload()
    {
        host.Faults.Clear();
        await host.Client.PostAsync("/api/v1/app", new ByteArrayContent(await SampleArchive.BytesAsync()));
    }

    [OneTimeTearDown]
    public async Task Stop() => await host.DisposeAsync();

    [Test]
    public async Task The_ETag_of_an_archive_is_its_id()
    {
        using var response = await host.Client.GetAsync(Address);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType?.ToString(), Is.EqualTo("application/octet-stream"));
        Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(SampleArchive.Length));
        Assert.That(response.Headers.ETag?.ToString(), Is.EqualTo($"\"{SampleArchive.Id}\""));
        Assert.That(response.Content.Headers.ContentDisposition, Is.Null);

        using var again =
            new HttpRequestMessage(HttpMethod.Get, Address) { Headers = { IfNoneMatch = { response.Headers.ETag! } } };
        Assert.That((await host.Client.SendAsync(again)).StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
    }

    [Test]
    public async Task Head_and_range_are_served()
    {
        using var head = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, Address));
        Assert.That(head.Content.Headers.ContentLength, Is.EqualTo(SampleArchive.Length));

        using var part = await host.Client.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, Address) { Headers = { Range = new(1, 3) } });
        Assert.That(part.StatusCode, Is.EqualTo(HttpStatusCode.PartialContent));
        Assert.That(await part.Content.ReadAsByteArrayAsync(), Is.EqualTo((await SampleArchive.BytesAsync())[1..4]));
    }

    [TestCase("/api/v1/app/deadbeef")]
    [TestCase("/api/v1/app/328EBADEF2F23D30BF9F806D4EB67C56E2869F471CA34F18780C7CE31576021D")]
    [TestCase(Address + ".zip")]
    [TestCase(Address + "/")]
    [TestCase(Address + "?workspace=http://h/x")]
    [TestCase("/api/v1/app/")]
    [TestCase("/api/v1/app/%2e%2e/" + SampleArchive.Id)]
    [TestCase("/api/v1/app/a%2Fb")]
    [TestCase("/api/v1/app/a/b/c")]
    [TestCase("/api/v1/app/%00")]
    [TestCase("/api/v1/app/%C3%A4")]
    [TestCase("/api/v1/app/..%2f..%2fetc%2fpasswd")]
    public async Task An_unknown_or_malformed_id_is_not_found(string path)
    {
        foreach (var method in (string[])["GET", "HEAD", "DELETE"])
        {
            if (method == "DELETE" && path == "/api/v1/app/")
                continue;
            var response = await RawHttp.SendAsync(
                host.Address, $"{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            Assert.That(response, Does.StartWith("HTTP/1.1 404").Or.StartWith("HTTP/1.1 400"), method);
            if (method != "HEAD" && response.StartsWith("HTTP/1.1 404", StringComparison.Ordinal))
                Assert.That(response, Does.Contain("\"archive-not-found\"").Or.Contain("\"resource-not-found\""));
        }

        Assert.That((await host.Client.GetAsync(Address)).StatusCode, Is.EqualTo(HttpStatusCode.OK), "it still exists");
    }

    [Test]
    public async Task A_deleted_archive_is_gone()
    {
        using var deleted = await host.Client.DeleteAsync(Address);
        Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        using var again = await host.Client.DeleteAsync(Address);
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(
            (string?)(await again.Content.ReadFromJsonAsync<JsonObject>())!["code"], Is.EqualTo("archive-not-found"));
        Assert.That((await host.Client.GetAsync(Address)).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [TestCase("GET")]
    [TestCase("HEAD")]
    [TestCase("DELETE")]
    public async Task A_storage_fault_is_never_not_found(string method)
    {
        host.Faults.FailAll(new StorageException(StorageFault.Denied, "secret"));
        using var response = await host.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), Address));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
    }

    [Test]
    public async Task A_download_that_fails_midway_breaks_the_connection()
    {
        host.Faults.BlobBytes = SampleArchive.Length - 1;
        Assert.That(() => host.Client.GetByteArrayAsync(Address), Throws.TypeOf<HttpRequestException>());
        host.Faults.Clear();
        Assert.That(await host.Client.GetByteArrayAsync(Address), Has.Length.EqualTo(SampleArchive.Length));
    }

    [Test]
    public async Task Other_methods_get_405_with_the_allowed_ones()
    {
        using var response = await host.Client.PutAsync(Address, new ByteArrayContent([1]));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        Assert.That(response.Content.Headers.Allow, Is.EquivalentTo(new[] { "GET", "HEAD", "DELETE", "OPTIONS" }));
    }
}
