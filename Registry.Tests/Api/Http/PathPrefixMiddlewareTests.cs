using System.Net;
using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Http;

/// <summary>Links of a registry that clients reach under a path of another server.</summary>
public sealed class PathPrefixMiddlewareTests
{
    private RegistryHost plain = null!;
    private RegistryHost trusting = null!;
    private RegistryHost prefixed = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        plain = await RegistryHost.StartAsync();
        trusting = await RegistryHost.StartAsync("--Proxies:Trusted=127.0.0.1");
        prefixed = await RegistryHost.StartAsync("--PATHBASE=/registry/", "--Proxies:Trusted=127.0.0.1");
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        foreach (var host in (RegistryHost[])[plain, trusting, prefixed])
            await host.DisposeAsync();
    }

    [TestCase("/tools/registry", "/tools/registry")]
    [TestCase("/tools/", "/tools")]
    [TestCase("/other, /tools", "/tools")]
    [TestCase("/", "")]
    [TestCase("//evil.example", "")]
    [TestCase("/a//b", "")]
    [TestCase("https://evil.example/a", "")]
    [TestCase("evil", "")]
    [TestCase("/../a", "")]
    [TestCase("/a?b", "")]
    [TestCase("/\\evil.example", "")]
    [TestCase("/<script>", "")]
    [TestCase("/a\tb", "")]
    [TestCase("", "")]
    public async Task Every_link_has_the_valid_prefix_of_a_trusted_proxy(string header, string prefix)
    {
        Assert.That(
            await LinksAsync(trusting, "/", header),
            Is.All.StartsWith(prefix + "/api/").Or.StartsWith(prefix + "/cnr/"));
        Assert.That(
            await LinksAsync(plain, "/", header),
            Is.All.StartsWith("/api/").Or.StartsWith("/cnr/"),
            "no proxy is trusted");
    }

    [TestCase("/registry/", null, "/registry")]
    [TestCase("/", null, "/registry")]
    [TestCase("/registry/", "/tools", "/tools")]
    [TestCase("/", "/tools", "/tools")]
    [TestCase("/", "//evil.example", "/registry")]
    public async Task The_configured_prefix_is_removed_from_requests_and_added_to_links(
        string root, string? header, string prefix) =>
        Assert.That(
            await LinksAsync(prefixed, root, header),
            Is.All.StartsWith(prefix + "/api/").Or.StartsWith(prefix + "/cnr/"));

    [Test]
    public async Task Errors_keep_the_format_of_their_protocol_under_a_prefix()
    {
        using var error = JsonDocument.Parse(
            await (await prefixed.Client.GetAsync("/registry/cnr/api/v1/packages/a/b")).Content.ReadAsStringAsync());
        Assert.That(
            error.RootElement.GetProperty("error").GetProperty("code").GetString(), Is.EqualTo("package-not-found"));
    }

    [Test]
    public async Task A_dotted_path_does_not_resolve_under_a_prefix()
    {
        var response = await RawHttp.SendAsync(
            prefixed.Address, "GET /registry/api/v1/packages/x/../version HTTP/1.1\r\nHost: h\r\nConnection: "
                + "close\r\n\r\n");
        Assert.That(response, Does.StartWith("HTTP/1.1 404 ").And.Contain("package"));
    }

    [Test]
    public async Task The_prefix_without_a_slash_redirects()
    {
        using var client =
            new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = prefixed.Address };
        using var response = await client.GetAsync("/registry?appr-discovery=1");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MovedPermanently));
        Assert.That(response.Headers.Location!.OriginalString, Is.EqualTo("/registry/?appr-discovery=1"));

        var odd = await RawHttp.SendAsync(
            prefixed.Address, "GET /registry?\u0001 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Assert.That(odd, Does.StartWith("HTTP/1.1 301 ").And.Contain("Location: /registry/\r\n"));
    }

    /// <summary>
    /// Returns the paths of all links: discovery at both roots, the link of an archive, and the link to a next page.
    /// </summary>
    private static async Task<List<string>> LinksAsync(RegistryHost host, string root, string? prefix)
    {
        var links = new List<string>();
        foreach (var page in (string[])["", "cnr/"])
        {
            var html = await (await SendAsync(HttpMethod.Get, page)).Content.ReadAsStringAsync();
            var meta = html.Split('\n')
                .Single(line => line.Contains("name=\"cnr-package\"", StringComparison.Ordinal))
                .Split('"')[3]
                .Split(' ');
            Assert.That(meta[0], Is.EqualTo($"{host.Address.Authority}/{{name}}"));
            links.Add(new Uri(meta[1]).AbsolutePath);
        }

        using var uploaded = JsonDocument.Parse(
            await (await SendAsync(HttpMethod.Post, "api/v1/app", new StringContent("a"))).Content.ReadAsStringAsync());
        links.Add(new Uri(uploaded.RootElement.GetProperty("selfLink").GetString()!).AbsolutePath);
        foreach (var name in (string[])["a", "b"])
            await SendAsync(HttpMethod.Post, $"api/v1/packages/a/{name}", new StringContent(
                $$"""{"release":"1.0.0","force":true,"blob":"{{Registry.Api.OpenApi.Sample.Chart}}"}"""));
        links.Add(
            (await SendAsync(HttpMethod.Get, "api/v1/packages?limit=1")).Headers.GetValues("Link")
                .Single()
                .TrimStart('<'));
        return links;

        async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null)
        {
            using var request = new HttpRequestMessage(method, root + path) { Content = content };
            if (prefix is not null)
                request.Headers.TryAddWithoutValidation("X-Forwarded-Prefix", prefix);
            var response = await host.Client.SendAsync(request);
            Assert.That(response.IsSuccessStatusCode, $"{method} {root}{path}: {response.StatusCode}");
            return response;
        }
    }
}
