using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using NUnit.Framework;
using Registry.Api.Http;
using Registry.Core.Archives;
using Registry.Core.Storage;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Http;

/// <summary>HTTP responses with blobs, whatever the backend.</summary>
public sealed class BlobResultTests
{
    private static readonly byte[] Bytes = RandomNumberGenerator.GetBytes(300_000);
    private static readonly Digest Digest = Digest.FromHash(SHA256.HashData(Bytes));

    private FaultyHost host = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        host = await FaultyHost.StartAsync(routes: app => app.MapMethods("/cnr/blob", ["GET", "HEAD"], SendAsync));
        var global = Workspace.TryDerive(null, out var workspace) ? workspace : default;
        await new AppArchiveRegistry(
            host.Blobs,
            new ArchiveLimits(),
            Samples.Events).UploadAsync(global, new MemoryStream(Bytes), Samples.Caller, default);
    }

    [OneTimeTearDown]
    public async Task Stop() => await host.DisposeAsync();

    [SetUp]
    public void Clear() => host.Faults.Clear();

    [Test]
    public async Task A_get_returns_the_whole_blob_with_all_headers()
    {
        using var response = await host.Client.GetAsync("/cnr/blob");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), SameBytes.As(Bytes));
        Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(Bytes.Length));
        Assert.That(response.Content.Headers.ContentType?.ToString(), Is.EqualTo("application/x-gzip"));
        Assert.That(
            response.Content.Headers.ContentDisposition?.ToString(), Is.EqualTo("attachment; filename=\"a.tar.gz\""));
        Assert.That(response.Headers.ETag?.ToString(), Is.EqualTo($"\"{Digest}\""));
        Assert.That(response.Headers.AcceptRanges.ToString(), Is.EqualTo("bytes"));
        Assert.That(response.Headers.GetValues("X-Extra"), Is.EqualTo(new[] { "yes" }));
    }

    [Test]
    public async Task Head_returns_the_headers_without_the_body()
    {
        using var response = await SendAsync(HttpMethod.Head, static r => r.Headers.Range = new RangeHeaderValue(0, 9));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(Bytes.Length));
        Assert.That(response.Headers.ETag?.ToString(), Is.EqualTo($"\"{Digest}\""));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.Empty);
    }

    [TestCase("bytes=0-9", 0, 10)]
    [TestCase("bytes=10-10", 10, 1)]
    [TestCase("bytes=299999-", 299_999, 1)]
    [TestCase("bytes=100000-999999999", 100_000, 200_000)]
    [TestCase("bytes=-5", 299_995, 5)]
    [TestCase("bytes=-999999999", 0, 300_000)]
    [TestCase("BYTES=1-2", 1, 2)]
    public async Task A_valid_range_returns_206(string range, int from, int length)
    {
        using var response = await SendAsync(HttpMethod.Get, r => r.Headers.TryAddWithoutValidation("Range", range));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.PartialContent));
        Assert.That(
            response.Content.Headers.ContentRange?.ToString(), Is.EqualTo($"bytes {from}-{from + length - 1}/300000"));
        Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(length));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), SameBytes.As(Bytes[from..(from + length)]));
    }

    [TestCase("bytes=300000-")]
    [TestCase("bytes=300000-300001")]
    [TestCase("bytes=-0")]
    public async Task A_range_past_the_end_is_416_with_the_length(string range)
    {
        using var response = await SendAsync(HttpMethod.Get, r => r.Headers.TryAddWithoutValidation("Range", range));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.RequestedRangeNotSatisfiable));
        Assert.That(response.Content.Headers.ContentRange?.ToString(), Is.EqualTo("bytes */300000"));
        Assert.That(await CodeOf(response), Is.EqualTo("range-not-satisfiable"));
        Assert.That(response.Headers.ETag, Is.Null);
    }

    [TestCase("bytes=9-0")]
    [TestCase("bytes=a-b")]
    [TestCase("bytes=")]
    [TestCase("bytes=-")]
    [TestCase("bytes=0-1,5-6")]
    [TestCase("lines=0-9")]
    [TestCase("bytes=99999999999999999999-")]
    [TestCase("nonsense")]
    public async Task An_invalid_or_multiple_range_returns_the_whole_blob(string range)
    {
        using var response = await SendAsync(HttpMethod.Get, r => r.Headers.TryAddWithoutValidation("Range", range));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), SameBytes.As(Bytes));
    }

    [TestCase("\"{0}\"", 206)]
    [TestCase("W/\"{0}\"", 200)]
    [TestCase("\"other\"", 200)]
    [TestCase("Mon, 04 Jan 2016 12:31:04 GMT", 200)]
    public async Task If_range_decides_between_part_and_whole(string condition, int status)
    {
        using var response = await SendAsync(HttpMethod.Get, r =>
        {
            r.Headers.Range = new RangeHeaderValue(0, 9);
            r.Headers.TryAddWithoutValidation("If-Range", string.Format(condition, Digest));
        });
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
    }

    [TestCase("GET", "If-None-Match", "\"{0}\"", 304)]
    [TestCase("HEAD", "If-None-Match", "\"{0}\"", 304)]
    [TestCase("GET", "If-None-Match", "W/\"{0}\"", 304)]
    [TestCase("GET", "If-None-Match", "\"a\", \"{0}\"", 304)]
    [TestCase("GET", "If-None-Match", "*", 304)]
    [TestCase("GET", "If-None-Match", "\"a\"", 200)]
    [TestCase("GET", "If-None-Match", "no tag", 200)]
    [TestCase("GET", "If-Match", "\"{0}\"", 200)]
    [TestCase("GET", "If-Match", "*", 200)]
    [TestCase("GET", "If-Match", "W/\"{0}\"", 412)]
    [TestCase("GET", "If-Match", "\"a\"", 412)]
    [TestCase("HEAD", "If-Match", "\"a\"", 412)]
    public async Task Conditional_headers_are_evaluated(string method, string header, string value, int status)
    {
        using var response = await SendAsync(
            new HttpMethod(method), r => r.Headers.TryAddWithoutValidation(header, string.Format(value, Digest)));
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        if (status == 304)
        {
            Assert.That(response.Headers.ETag?.ToString(), Is.EqualTo($"\"{Digest}\""));
            Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.Empty);
        }
    }

    [Test]
    public async Task A_client_that_accepts_gzip_gets_the_same_bytes()
    {
        using var response = await SendAsync(HttpMethod.Get, static r => r.Headers.AcceptEncoding.ParseAdd("gzip, br"));
        Assert.That(response.Content.Headers.ContentEncoding, Is.Empty);
        Assert.That(await response.Content.ReadAsByteArrayAsync(), SameBytes.As(Bytes));
    }

    [Test]
    public async Task A_storage_failure_before_the_first_byte_is_503()
    {
        host.Faults.FailAll(new StorageException(StorageFault.Unavailable, "secret-host"));
        using var opened = await host.Client.GetAsync("/cnr/blob");
        Assert.That(opened.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(opened.Content.Headers.ContentDisposition, Is.Null);

        host.Faults.Clear();
        host.Faults.BlobBytes = 0;
        using var read = await host.Client.GetAsync("/cnr/blob");
        Assert.That(read.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await read.Content.ReadAsStringAsync(), Does.Not.Contain("secret"));
    }

    [TestCase(1, false)]
    [TestCase(1, true)]
    [TestCase(70_000, false)]
    [TestCase(299_999, false)]
    [TestCase(299_999, true)]
    public async Task A_storage_failure_after_the_first_byte_breaks_the_connection(int after, bool ends)
    {
        host.Faults.BlobBytes = after;
        host.Faults.TruncatesSilently = ends;
        var response =
            await RawHttp.SendAsync(host.Address, "GET /cnr/blob HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.That(
            response, Does.StartWith("HTTP/1.1 200").Or.Empty, "buffered data may be lost with the connection");
        Assert.That(BodyOf(response).Length, Is.LessThan(Bytes.Length));
        Assert.That(() => host.Client.GetByteArrayAsync("/cnr/blob"), Throws.TypeOf<HttpRequestException>());
        Assert.That(host.Log.Faults.Select(static f => f.Message), Has.Some.Contains("connection aborted"));
    }

    [Test]
    public async Task A_wrong_recorded_length_is_503()
    {
        using var response = await host.Client.GetAsync("/cnr/blob?length=299999");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
    }

    private static Task SendAsync(HttpContext http)
    {
        var blobs = (IBlobStore)http.RequestServices.GetService(typeof(IBlobStore))!;
        var length = http.Request.Query.TryGetValue("length", out var other) ? int.Parse(other!) : Bytes.Length;
        var key = new BlobKey(StoreKey.Of("archives", "global"), Digest);
        var result = new BlobResult(async (range, cancellationToken) =>
            (await blobs.OpenAsync(key, range, cancellationToken))!, length, Digest.Value, "application/x-gzip")
        {
            FileName = "a.tar.gz",
            Headers = [("X-Extra", "yes")],
        };
        return result.ExecuteResultAsync(
            new ActionContext(http, new RouteData(), new Microsoft.AspNetCore.Mvc.Abstractions.ActionDescriptor()));
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Action<HttpRequestMessage> change)
    {
        using var request = new HttpRequestMessage(method, "/cnr/blob");
        change(request);
        return await host.Client.SendAsync(request);
    }

    /// <summary>Returns the body, of which a varying part arrives before the connection breaks.</summary>
    private static string BodyOf(
        string response) =>
        response.IndexOf("\r\n\r\n", StringComparison.Ordinal) is var end and >= 0 ? response[(end + 4)..] : "";

    private static async Task<string?> CodeOf(HttpResponseMessage response)
    {
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return json.RootElement.GetProperty("code").GetString();
    }
}
