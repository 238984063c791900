using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Core.Archives;
using Registry.Core.Storage;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Kar;

[TestFixtureSource(typeof(Backends), nameof(Backends.Names))]
public sealed class UploadTests(string backend)
{
    private const int Limit = 100_000;

    private FaultyHost host = null!;

    [OneTimeSetUp]
    public async Task Start() => host = await FaultyHost.StartAsync(
        await Backends.NewStorageAsync(backend), static services =>
            services.AddSingleton(new ArchiveLimits { MaxArchiveBytes = Limit }));

    [OneTimeTearDown]
    public async Task Stop() => await host.DisposeAsync();

    [SetUp]
    public async Task Empty()
    {
        host.Faults.Clear();
        await host.DeleteArchivesAsync();
    }

    [Test]
    public async Task An_uploaded_archive_is_downloaded_unchanged()
    {
        var sample = await SampleArchive.BytesAsync();
        using var response = await host.Client.PostAsync(
            "/api/v1/app?workspace=http://github.com/kubernauts/kploy.net", new ByteArrayContent(sample));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var body = await response.Content.ReadFromJsonAsync<JsonObject>();
        Assert.That((string?)body!["app_archive_id"], Is.EqualTo(SampleArchive.Id));
        Assert.That(
            (string?)body["selfLink"],
            Is.EqualTo($"{host.Address.GetLeftPart(UriPartial.Authority)}/api/v1/app/{SampleArchive.Id}"));
        Assert.That(body, Has.Count.EqualTo(2));
        Assert.That(response.Headers.ETag, Is.Null);

        var copy = await host.Client.GetByteArrayAsync(
            (string?)body["selfLink"] + "?workspace=http://github.com/kubernauts/kploy.net");
        Assert.That(copy, Is.EqualTo(sample));
    }

    [TestCase("application/json")]
    [TestCase("application/x-www-form-urlencoded")]
    [TestCase("multipart/form-data; boundary=x")]
    [TestCase("text/plain; charset=utf-7")]
    [TestCase("nonsense")]
    [TestCase(null)]
    public async Task The_body_is_the_archive_whatever_its_type(string? type)
    {
        var bytes = "workspace=http%3A//form/x&a=b"u8.ToArray();
        using var content = new ByteArrayContent(bytes);
        if (type is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var response = await host.Client.PostAsync("/api/v1/app", content);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(
            await host.Client.GetByteArrayAsync($"/api/v1/app/{Convert.ToHexStringLower(SHA256.HashData(bytes))}"),
            Is.EqualTo(bytes));
    }

    [Test]
    public async Task A_chunked_body_is_an_archive()
    {
        var bytes = RandomNumberGenerator.GetBytes(Limit);
        using var request =
            new HttpRequestMessage(HttpMethod.Post, "/api/v1/app") { Content = new ByteArrayContent(bytes) };
        request.Headers.TransferEncodingChunked = true;
        using var response = await host.Client.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(
            (string?)(await response.Content.ReadFromJsonAsync<JsonObject>())!["app_archive_id"],
            Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(bytes))));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task An_empty_body_is_refused(bool chunked)
    {
        using var request =
            new HttpRequestMessage(HttpMethod.Post, "/api/v1/app") { Content = new ByteArrayContent([]) };
        request.Headers.TransferEncodingChunked = chunked;
        using var response = await host.Client.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(
            (string?)(await response.Content.ReadFromJsonAsync<JsonObject>())!["code"], Is.EqualTo("invalid-usage"));
        Assert.That(await host.CountArchivesAsync(), Is.Zero);
    }

    [TestCase("Content-Length: 90000\r\n\r\n")]
    [TestCase("Transfer-Encoding: chunked\r\n\r\n15f90\r\n")]
    public async Task A_client_that_disconnects_leaves_nothing_behind(string framing)
    {
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(host.Address.Host, host.Address.Port);
            await socket.GetStream()
                .WriteAsync(
                    Encoding.ASCII.GetBytes(
                        "POST /api/v1/app HTTP/1.1\r\nHost: a\r\n" + framing + new string('x', 80_000)));
            await UntilAsync(() => host.Faults.OpenWriters == 1);
            socket.LingerState = new LingerOption(true, 0);
        }

        await UntilAsync(() => host.Faults.OpenWriters == 0);
        Assert.That(await host.CountArchivesAsync(), Is.Zero);
        Assert.That(host.Log.Faults, Is.Empty);
    }

    [TestCase("http%3A%2F%2F%5B%3A%3A1%2Fx")]
    [TestCase("http://%5D/x")]
    [TestCase("http://h/%ff")]
    [TestCase("%C0%AF")]
    public async Task A_malformed_workspace_is_refused_by_every_operation(string workspace)
    {
        foreach (var (method, path) in new[]
        {
            ("POST", ""),
            ("GET", ""),
            ("GET", "/" + SampleArchive.Id),
            ("HEAD", "/" + SampleArchive.Id),
            ("DELETE", "/" + SampleArchive.Id)
        })
        {
            using var request =
                new HttpRequestMessage(new HttpMethod(method), $"/api/v1/app{path}?workspace={workspace}");
            if (method == "POST")
                request.Content = new ByteArrayContent([1]);
            using var response = await host.Client.SendAsync(request);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest), method);
            if (method != "HEAD")
                Assert.That(
                    (string?)(await response.Content.ReadFromJsonAsync<JsonObject>())!["code"],
                    Is.EqualTo("invalid-usage"));
        }

        Assert.That(await host.CountArchivesAsync(), Is.Zero);
    }

    [TestCase(4096)]
    [TestCase(32_000)]
    public async Task A_workspace_too_long_to_store_is_refused(int length)
    {
        using var response = await host.Client.PostAsync(
            $"/api/v1/app?workspace=http://h/{new string('a', length)}", new ByteArrayContent([1]));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(
            (string?)(await response.Content.ReadFromJsonAsync<JsonObject>())!["code"], Is.EqualTo("invalid-usage"));
    }

    [TestCase(StorageFault.Unavailable, 503)]
    [TestCase(StorageFault.Full, 507)]
    public async Task A_storage_failure_has_its_status(StorageFault fault, int status)
    {
        host.Faults.FailAll(new StorageException(fault, "/secret/path"));
        using var response = await host.Client.PostAsync("/api/v1/app", new ByteArrayContent([1]));
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(response.Headers.RetryAfter, Is.Not.Null);
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Not.Contain("secret"));
    }

    [Test]
    public async Task The_self_link_uses_the_host_header()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/app?workspace=http://h/x")
        {
            Content = new ByteArrayContent([1])
        };
        request.Headers.Host = "registry.example:8080";
        using var response = await host.Client.SendAsync(request);
        Assert.That(
            (string?)(await response.Content.ReadFromJsonAsync<JsonObject>())!["selfLink"],
            Does.StartWith("http://registry.example:8080/api/v1/app/").And.Not.Contain("workspace"));

        var old = await RawHttp.SendAsync(host.Address, "POST /api/v1/app HTTP/1.0\r\nContent-Length: 1\r\n\r\nx");
        Assert.That(old, Does.Contain("http://127.0.0.1/api/v1/app/"));
    }

    [TestCase("/api/v1/app/")]
    [TestCase("/api/v1/app/" + SampleArchive.Id)]
    [TestCase("/api/v1/app/a/b")]
    public async Task Only_the_collection_accepts_uploads(string path)
    {
        using var response = await host.Client.PostAsync(path, new ByteArrayContent([1]));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        Assert.That(response.Content.Headers.Allow, Is.EquivalentTo(new[] { "GET", "HEAD", "DELETE", "OPTIONS" }));
        Assert.That(await host.CountArchivesAsync(), Is.Zero);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
            await Task.Delay(10, deadline.Token);
    }
}
