using System.Net;
using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Http;

/// <summary>Pages of other sites may read through the browser of a user, but not write.</summary>
public sealed class CrossOriginWriteTests
{
    private const string Package = "/api/v1/packages/a/b";

    private RegistryHost host = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        host = await RegistryHost.StartAsync(
            "--Proxies:Trusted=127.0.0.1", "--Cors:Origins=https://ui.example.org, http://localhost:3000");
        using var pushed = await SendAsync("POST", Package, origin: null, content: PushOf("1.0.0"));
        Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [TestCase("POST", Package)]
    [TestCase("POST", "/cnr" + Package)]
    [TestCase("POST", Package + "/channels/stable/1.0.0")]
    [TestCase("DELETE", Package + "/1.0.0/helm")]
    [TestCase("POST", "/api/v1/app")]
    [TestCase("PUT", "/nowhere")]
    [TestCase("PATCH", "/nowhere")]
    public async Task A_write_from_another_site_is_refused_with_a_hint_at_the_setting(
        string method, string path)
    {
        using var response =
            await SendAsync(method, path, "https://evil.example", method == "POST" ? PushOf("2.0.0") : null);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        using var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.That(error.RootElement.GetProperty("code").GetString(), Is.EqualTo("forbidden"));
        Assert.That(
            error.RootElement.GetProperty("message").GetString(),
            Does.Contain("CORS__ORIGINS").And.Contain("https://evil.example"));
        Assert.That(
            error.RootElement.TryGetProperty("error", out _),
            Is.EqualTo(path.StartsWith("/cnr", StringComparison.Ordinal)));
        Assert.That(
            response.Headers.GetValues("Access-Control-Allow-Origin"),
            Is.EqualTo(new[] { "*" }),
            "the page can read the error");

        Assert.That(await host.Client.GetStringAsync("/api/v1/packages"), Does.Contain("\"releases\":[\"1.0.0\"]"));
        Assert.That(await host.Client.GetStringAsync(Package + "/channels"), Does.StartWith("[]"));
        Assert.That(await host.Client.GetStringAsync("/api/v1/app"), Does.StartWith("[]"));
    }

    [Test]
    public async Task A_write_from_another_site_is_refused_before_its_body_is_read()
    {
        var response = await RawHttp.SendForResponseAsync(
            host.Address, $"POST {Package} HTTP/1.1\r\nHost: h\r\nOrigin: null\r\nContent-Length: "
                + "1000000\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
        Assert.That(response, Does.StartWith("HTTP/1.1 403 "));
    }

    [TestCase("registry.example.org", "http://registry.example.org", true)]
    [TestCase("registry.example.org", "https://registry.example.org", true)]
    [TestCase("registry.example.org:443", "https://registry.example.org", true)]
    [TestCase("registry.example.org", "https://registry.example.org:443", true)]
    [TestCase("Registry.Example.ORG:5000", "http://registry.example.org:5000", true)]
    [TestCase("[::1]:5000", "http://[::1]:5000", true)]
    [TestCase("registry.example.org", "http://registry.example.org:443", false)]
    [TestCase("registry.example.org:5000", "http://registry.example.org", false)]
    [TestCase("registry.example.org:5000", "http://registry.example.org:5001", false)]
    [TestCase("registry.example.org", "http://registry.example.org.evil.example", false)]
    [TestCase("registry.example.org", "http://evil.example#registry.example.org", false)]
    [TestCase("registry.example.org", "http://evil.example@registry.example.org", false)]
    [TestCase("registry.example.org", "chrome-extension://registry.example.org", false)]
    [TestCase("registry.example.org", "registry.example.org", false)]
    [TestCase("registry.example.org", "http://", false)]
    [TestCase("registry.example.org", "null", false)]
    [TestCase("registry.example.org", "https://ui.example.org", true)]
    [TestCase("registry.example.org", "https://UI.example.org:443", true)]
    [TestCase("registry.example.org", "http://ui.example.org", false)]
    [TestCase("registry.example.org", "http://localhost:3000", true)]
    [TestCase("registry.example.org", "http://localhost", false)]
    public async Task Same_origin_and_configured_origins_may_write(
        string called, string origin, bool allowed)
    {
        using var direct = await SendAsync("DELETE", Package + "/9.9.9/helm", origin, called: called);
        Assert.That(direct.StatusCode, Is.EqualTo(allowed ? HttpStatusCode.NotFound : HttpStatusCode.Forbidden));
        using var proxied =
            await SendAsync("DELETE", Package + "/9.9.9/helm", origin, called: "backend:5000", forwarded: called);
        Assert.That(
            proxied.StatusCode,
            Is.EqualTo(allowed ? HttpStatusCode.NotFound : HttpStatusCode.Forbidden),
            "through a trusted proxy");
    }

    [Test]
    public async Task Every_site_may_read_and_send_preflights()
    {
        foreach (var method in (string[])["GET", "HEAD", "OPTIONS"])
        {
            using var response = await SendAsync(method, "/api/v1/packages", "https://evil.example");
            Assert.That(response.IsSuccessStatusCode, method);
            Assert.That(response.Headers.GetValues("Access-Control-Allow-Origin"), Is.EqualTo(new[] { "*" }));
        }
    }

    [TestCase("/api/v1/packages")]
    [TestCase("/v2/_catalog")]
    [TestCase("/helm/team/index.yaml")]
    [TestCase("/nowhere")]
    public async Task Every_site_may_read_the_headers_of_all_protocols(string path)
    {
        using var response = await SendAsync("GET", path, "https://evil.example");
        Assert.That(response.Headers.GetValues("Access-Control-Expose-Headers"), Is.EqualTo((string[])
        [
            "Accept-Ranges, Content-Disposition, Content-Range, Docker-Content-Digest, "
                + "Docker-Distribution-API-Version, Docker-Upload-UUID, ETag, Link, Location, OCI-Filters-Applied, "
                + "OCI-Subject, OCI-Tag, Range, Retry-After, WWW-Authenticate",
        ]));
    }

    [Test]
    public async Task A_page_may_not_send_forwarded_headers()
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, Package);
        request.Headers.Add("Origin", "https://evil.example");
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add(
            "Access-Control-Request-Headers", "authorization,*,content-type,x-forwarded-host,X-Forwarded-Prefix");
        using var response = await host.Client.SendAsync(request);
        Assert.That(
            response.Headers.GetValues("Access-Control-Allow-Headers"),
            Is.EqualTo(new[] { "authorization, content-type" }));
    }

    [Test]
    public async Task A_preflight_with_non_ASCII_header_names_succeeds()
    {
        var response = await RawHttp.SendAsync(
            host.Address,
            "OPTIONS /api/v1/packages HTTP/1.1\r\nHost: h\r\nOrigin: null\r\nAccess-Control-Request-Method: GET\r\n"
            + "Access-Control-Request-Headers: x-\u00fc\r\nConnection: close\r\n\r\n");
        Assert.That(response, Does.StartWith("HTTP/1.1 204 "));
    }

    private static MultipartFormDataContent PushOf(string release) => new()
    {
        { new StringContent(release), "release" },
        { new StringContent("helm"), "media_type" },
        { new StringContent(Registry.Api.OpenApi.Sample.Chart), "blob" },
    };

    private async Task<HttpResponseMessage> SendAsync(
        string method,
        string path,
        string? origin,
        HttpContent? content = null,
        string? called = null,
        string? forwarded = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content };
        request.Headers.Host = called;
        if (origin is not null)
            request.Headers.TryAddWithoutValidation("Origin", origin);
        if (forwarded is not null)
            request.Headers.TryAddWithoutValidation("X-Forwarded-Host", forwarded);
        return await host.Client.SendAsync(request);
    }
}
