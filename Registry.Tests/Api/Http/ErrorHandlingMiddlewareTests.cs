using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Core.Errors;
using Registry.Core.Storage;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Http;

public sealed class ErrorHandlingMiddlewareTests
{
    private FaultyHost host = null!;

    [OneTimeSetUp]
    public async Task Start() => host = await FaultyHost.StartAsync(routes: static app =>
    {
        foreach (var root in (string[])["", "/cnr"])
        {
            app.MapGet($"{root}/refusal", static IResult () => throw new RegistryException(
                ErrorCode.PackageExists, "Package exists already", (
                    "package",
                    "a/b"), ("release", null), ("limit", 5L), ("forced", false), ("types", new[] { "helm" })));
            app.MapGet(
                $"{root}/full", static IResult () => throw new StorageException(StorageFault.Full, "/secret/path"));
            app.MapGet(
                $"{root}/denied", static IResult () => throw new StorageException(StorageFault.Denied, "/secret/path"));
            app.MapGet($"{root}/bug", static IResult (HttpResponse response) =>
            {
                response.Headers.ETag = "\"x\"";
                response.Headers.ContentEncoding = "gzip";
                response.Headers["X-Kept"] = "1";
                throw new InvalidOperationException("/secret/path");
            });
            app.MapPost($"{root}/upload", static async (HttpRequest request, CancellationToken cancellationToken) =>
            {
                await request.Body.CopyToAsync(Stream.Null, cancellationToken);
                return Results.Ok();
            });
            app.MapGet(
                $"{root}/unsupported", static () => Results.StatusCode(StatusCodes.Status415UnsupportedMediaType));
            app.MapGet($"{root}/started", static async (HttpResponse response, CancellationToken cancellationToken) =>
            {
                await response.WriteAsync("half", cancellationToken);
                await response.Body.FlushAsync(cancellationToken);
                throw new InvalidOperationException("late");
            });
        }
    });

    [OneTimeTearDown]
    public async Task Stop() => await host.DisposeAsync();

    [TestCase("GET", "/refusal", 409, "package-exists")]
    [TestCase("GET", "/full", 507, "storage-full")]
    [TestCase("GET", "/denied", 503, "unavailable")]
    [TestCase("GET", "/bug", 500, "internal-error")]
    [TestCase("GET", "/nowhere", 404, "resource-not-found")]
    [TestCase("POST", "/refusal", 405, "method-not-allowed")]
    [TestCase("FOO", "/refusal", 405, "method-not-allowed")]
    [TestCase("GET", "/unsupported", 415, "unsupported-media-type")]
    public async Task Every_error_is_one_object_and_also_nested_under_cnr(
        string method, string path, int status, string code)
    {
        foreach (var root in (string[])["", "/cnr"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), root + path);
            using var response = await host.Client.SendAsync(request);
            Assert.That((int)response.StatusCode, Is.EqualTo(status));
            Assert.That(response.Content.Headers.ContentType?.ToString(), Is.EqualTo("application/json"));
            Assert.That(response.Headers.GetValues("Access-Control-Allow-Origin"), Is.EqualTo(new[] { "*" }));
            var text = await response.Content.ReadAsStringAsync();
            Assert.That(text, Does.Not.Contain("secret").And.Not.Contain("Exception"));
            using var json = JsonDocument.Parse(text);
            Check(json.RootElement, code);
            Assert.That(json.RootElement.TryGetProperty("error", out var nested), Is.EqualTo(root != ""));
            if (root != "")
                Check(nested, code);
        }
    }

    [Test]
    public async Task A_storage_that_denies_access_is_not_said_to_be_silent()
    {
        using var response = await host.Client.GetAsync("/denied");
        Assert.That(
            await response.Content.ReadAsStringAsync(),
            Does.Contain("The storage denies access").And.Contain("The log").And.Not.Contain("respond"));
    }

    [Test]
    public async Task Details_keep_their_types()
    {
        using var json = JsonDocument.Parse(await (await host.Client.GetAsync("/refusal")).Content.ReadAsStringAsync());
        Assert.That(
            json.RootElement.GetProperty("details").GetRawText(),
            Is.EqualTo("""{"package":"a/b","release":null,"limit":5,"forced":false,"types":["helm"]}"""));
    }

    [Test]
    public async Task A_wrong_method_gets_the_allowed_methods()
    {
        using var response = await host.Client.PostAsync("/refusal", null);
        Assert.That(response.Content.Headers.NonValidated["Allow"].ToString(), Is.EqualTo("GET, OPTIONS"));
    }

    [Test]
    public async Task Options_returns_the_methods_of_a_route()
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/refusal");
        using var response = await host.Client.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(response.Content.Headers.Allow, Is.EquivalentTo(new[] { "GET", "OPTIONS" }));
    }

    [Test]
    public async Task An_error_removes_content_headers_and_keeps_others()
    {
        using var response = await host.Client.GetAsync("/bug");
        Assert.That(response.Headers.ETag, Is.Null);
        Assert.That(response.Content.Headers.ContentEncoding, Is.Empty);
        Assert.That(response.Headers.Contains("X-Kept"));
    }

    [Test]
    public async Task A_fault_has_Retry_After()
    {
        using var response = await host.Client.GetAsync("/full");
        Assert.That(response.Headers.RetryAfter?.Delta, Is.GreaterThan(TimeSpan.Zero));
    }

    [Test]
    public async Task Head_returns_the_status_without_a_body()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/nowhere");
        using var response = await host.Client.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/json"));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.Empty);
    }

    [Test]
    public async Task A_body_beyond_the_servers_limit_is_413()
    {
        var response = await RawHttp.SendForResponseAsync(
            host.Address, "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\nx");
        Assert.That(response, Does.StartWith("HTTP/1.1 413").And.Contain("\"request-too-large\""));
    }

    [Test]
    public async Task A_broken_chunk_is_400()
    {
        var response = await RawHttp.SendAsync(
            host.Address, "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
        Assert.That(response, Does.StartWith("HTTP/1.1 400").And.Contain("\"invalid-usage\""));
    }

    [Test]
    public async Task A_started_response_is_aborted()
    {
        var response = await RawHttp.SendAsync(host.Address, "GET /started HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.That(response, Does.Not.EndWith("0\r\n\r\n"), "the last chunk would make the response look complete");
        Assert.That(() => host.Client.GetStringAsync("/started"), Throws.TypeOf<HttpRequestException>());
    }

    [Test]
    public async Task A_fault_is_logged_once_with_its_cause_and_a_refusal_is_not_logged()
    {
        await using var quiet = await FaultyHost.StartAsync(routes: static app =>
        {
            app.MapGet("/bug", static IResult () => throw new InvalidOperationException("the cause"));
            app.MapGet("/refusal", static IResult () => throw new RegistryException(ErrorCode.InvalidUsage, "no"));
        });
        await quiet.Client.GetAsync("/refusal");
        Assert.That(quiet.Log.Faults, Is.Empty);
        await quiet.Client.GetAsync("/bug");
        Assert.That(quiet.Log.Faults.Select(static f => f.Exception?.Message), Is.EqualTo(new[] { "the cause" }));
    }

    [Test]
    public async Task Unavailable_is_logged_as_a_one_line_warning()
    {
        await using var quiet = await FaultyHost.StartAsync(
            routes: static app =>
                app.MapGet(
                    "/early", static IResult () => throw new RegistryException(ErrorCode.Unavailable, "Not yet.")));
        await quiet.Client.GetAsync("/early");
        var logged = quiet.Log.Entries.Where(static entry => entry.Level >= LogLevel.Warning).ToList();
        Assert.That(logged, Has.Count.EqualTo(1));
        Assert.That(
            (logged[0].Level, logged[0].Message, logged[0].Exception),
            Is.EqualTo((LogLevel.Warning, "GET /early refused with 503: Not yet.", (Exception?)null)));
    }

    [Test]
    public async Task A_fault_is_logged_without_the_secret_of_a_token_in_the_path()
    {
        await using var quiet = await FaultyHost.StartAsync(routes: static app =>
        {
            app.MapGet("/fault/{token}", static IResult () => throw new StorageException(StorageFault.Denied, "down"));
            app.MapGet(
                "/early/{token}", static IResult () => throw new RegistryException(ErrorCode.Unavailable, "No."));
            app.MapGet("/late/{token}", static async (HttpResponse response, CancellationToken cancellationToken) =>
            {
                await response.WriteAsync("half", cancellationToken);
                await response.Body.FlushAsync(cancellationToken);
                throw new InvalidOperationException("late");
            });
        });
        var secret = new string('b', 49);
        var token = $"reg_{new string('a', 12)}_";
        for (var i = 0; i < 2; i++)
        {
            await quiet.Client.GetAsync($"/fault/{token}{secret}");
            await quiet.Client.GetAsync($"/early/{token}{secret}");
            Assert.That(
                () => quiet.Client.GetStringAsync($"/late/{token}{secret}"), Throws.TypeOf<HttpRequestException>());
        }

        // The end of the service logs the count of the repetitions, with the latest of them.
        var log = quiet.Log;
        await quiet.DisposeAsync();
        var messages = log.Entries.Select(static entry => entry.Message).ToList();
        Assert.That(messages, Has.None.Contains(secret));
        foreach (var expected in (string[])
            [
                $"GET /fault/{token}… failed with 503",
                $"GET /early/{token}… refused with 503: No.",
                $"GET /late/{token}… failed while sending the response: connection aborted",
            ])
            Assert.That(messages, Has.One.EqualTo(expected));
        Assert.That(messages, Has.One.Contains($"the latest: GET /fault/{token}… failed with 503"));
    }

    [Test]
    public async Task A_client_that_disconnects_is_not_a_fault()
    {
        var reached = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await using var quiet = await FaultyHost.StartAsync(
            routes: app => app.MapGet("/slow", async (HttpContext http) =>
        {
            reached.SetResult();
            http.Response.OnCompleted(() =>
            {
                ended.SetResult();
                return Task.CompletedTask;
            });
            await Task.Delay(Timeout.InfiniteTimeSpan, http.RequestAborted);
        }));
        using var cancel = new CancellationTokenSource();
        var request = quiet.Client.GetAsync("/slow", cancel.Token);
        await reached.Task;
        await cancel.CancelAsync();
        Assert.That(async () => await request, Throws.InstanceOf<OperationCanceledException>());
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(quiet.Log.Faults, Is.Empty);
    }

    private static void Check(JsonElement error, string code)
    {
        Assert.That(error.GetProperty("code").GetString(), Is.EqualTo(code));
        Assert.That(error.GetProperty("message").GetString(), Is.Not.Empty);
        Assert.That(error.GetProperty("details").ValueKind, Is.EqualTo(JsonValueKind.Object));
    }
}
