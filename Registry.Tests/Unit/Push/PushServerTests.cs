using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Api.Cnr.Push;
using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Storage;
using Registry.Tests.Unit.Content;

namespace Registry.Tests.Unit.Push;

/// <summary>The reader on Kestrel: its pipe, its limits, and what it does with an unfinished body.</summary>
public sealed class PushServerTests
{
    private const int MaxBodyBytes = 2 << 20;

    private readonly MemoryBlobs full = new() { FailAfterBytes = 10_000, Keep = false };
    private WebApplication app = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0")
            .ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = MaxBodyBytes);
        app = builder.Build();
        app.Run(RespondAsync);
        await app.StartAsync();
    }

    [OneTimeTearDown]
    public ValueTask StopAsync() => app.DisposeAsync();

    [Test]
    public async Task A_push_is_received([Values] bool isChunked) =>
        Assert.That(
            await PostAsync("/", Encoding.UTF8.GetBytes(Pushes.Minimal), isChunked),
            Is.EqualTo((HttpStatusCode.OK, SampleContent.Sha256(Pushes.Package))));

    [TestCase("{\"release\":\"1.0.0\",\"blob\":\"AAAA")]
    [TestCase("{\"blob\":\"!")]
    [TestCase("{\"release\":5,\"x\":\"")]
    [TestCase("nonsense")]
    public async Task A_body_over_the_limit_is_too_large_regardless_of_other_errors(string start)
    {
        var body = Encoding.UTF8.GetBytes(start + new string('A', MaxBodyBytes));
        // A body with a Content-Length is refused before it is read, and this bare server then closes the connection
        // while the client may still send.
        Assert.That(
            (await PostAsync("/", body, isChunked: true)).Status, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    [TestCase("{\"release\":5,\"x\":\"", "\"}")]
    [TestCase("nonsense", "")]
    public async Task A_client_still_sending_after_its_error_receives_the_response(string start, string end)
    {
        var body = Encoding.UTF8.GetBytes(start + new string('A', MaxBodyBytes - 100) + end);
        foreach (var isChunked in (bool[])[false, true])
            Assert.That((await PostAsync("/", body, isChunked)).Status, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task A_client_receives_the_response_when_the_storage_fails_midway()
    {
        var package = SampleContent.Gzip(
            SampleContent.Tar(System.Formats.Tar.TarEntryFormat.Ustar, ("a", SampleContent.Random(1 << 20))));
        var body = Encoding.UTF8.GetBytes($"{{\"blob\":\"{Convert.ToBase64String(package)}\",\"release\":\"1.0.0\"}}");
        foreach (var isChunked in (bool[])[false, true])
            Assert.That(
                (await PostAsync("/full", body, isChunked)).Status, Is.EqualTo(HttpStatusCode.InsufficientStorage));
        Assert.That(full.Writers, Is.Not.Empty.And.All.Property("Disposed").True);
    }

    private async Task<(HttpStatusCode Status, string Body)> PostAsync(string path, byte[] body, bool isChunked)
    {
        using var client =
            new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(app.Urls.First()) };
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TransferEncodingChunked = isChunked;
        using var response = await client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task RespondAsync(HttpContext context)
    {
        var blobs = context.Request.Path == "/full" ? full : new MemoryBlobs();
        var limits = new ContentLimits();
        try
        {
            await using var push = await PushRequestReader.ReadAsync(
                context.Request,
                cancellationToken =>
                    SampleContent.BeginPushAsync(blobs, limits, cancellationToken),
                limits.MaxMetadataBytes,
                context.RequestAborted);
            await context.Response.WriteAsync(
                (await push.Push.Upload.CompleteAsync(context.RequestAborted)).StoredDigest.Value);
        }
        catch (RegistryException exception)
        {
            context.Response.StatusCode = exception.Code == ErrorCode.InvalidUsage ? 400 : 422;
        }
        catch (BadHttpRequestException exception)
        {
            context.Response.StatusCode = exception.StatusCode;
        }
        catch (StorageException)
        {
            context.Response.StatusCode = 507;
        }
    }
}
