using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api;

/// <summary>The page at <c>/swagger</c>, seen by HTTP clients.</summary>
public sealed class SwaggerPageTests
{
    private RegistryHost host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => host = await RegistryHost.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [Test]
    public async Task The_page_loads_no_external_resource()
    {
        var page = await host.Client.GetStringAsync("/swagger/index.html");
        var assets = Regex.Matches(page, "(?:src|href)=\"([^\"]+)\"").Select(match => match.Groups[1].Value).ToList();
        assets.RemoveAll(asset => asset.StartsWith("data:", StringComparison.Ordinal));
        Assert.That(assets.Where(asset => asset.Contains("//", StringComparison.Ordinal)), Is.Empty);
        Assert.That(assets, Has.Some.EndsWith(".js"));
        foreach (var asset in assets)
        {
            using var response =
                await host.Client.GetAsync(new Uri(new Uri(host.Address, "/swagger/index.html"), asset));
            Assert.That((int)response.StatusCode, Is.EqualTo(200), asset);
        }

        Assert.That(
            page, Does.Contain("var urls = [{\"url\":\"../openapi/v1.json\"").And.Contain("validatorUrl: null"));
    }

    [TestCase("/swagger", "swagger/index.html")]
    [TestCase("/swagger/", "index.html")]
    public async Task The_page_address_redirects_relative_to_any_prefix(string path, string location)
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = host.Address,
        };
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Head])
        {
            using var response = await client.SendAsync(new HttpRequestMessage(method, path));
            Assert.That((int)response.StatusCode, Is.EqualTo(301));
            Assert.That(response.Headers.Location!.OriginalString, Is.EqualTo(location));
        }
    }

    [Test]
    public async Task HEAD_of_the_page_returns_the_headers_of_GET()
    {
        using var whole = await host.Client.GetAsync("/swagger/index.html");
        using var head = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/swagger/index.html"));
        Assert.That(head.Headers.ETag, Is.EqualTo(whole.Headers.ETag));
        Assert.That(
            head.Headers.GetValues("Content-Security-Policy"),
            Is.EqualTo(whole.Headers.GetValues("Content-Security-Policy")));
        Assert.That(await head.Content.ReadAsByteArrayAsync(), Is.Empty);
    }

    [TestCase("/swagger")]
    [TestCase("/swagger/index.html")]
    public async Task The_page_is_read_only(string path)
    {
        using var posted = await host.Client.PostAsync(path, null);
        using var options = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Options, path));
        Assert.That((int)posted.StatusCode, Is.EqualTo(405));
        Assert.That((int)options.StatusCode, Is.EqualTo(204));
        foreach (var response in (HttpResponseMessage[])[posted, options])
            Assert.That(response.Content.Headers.Allow, Is.EquivalentTo(new[] { "GET", "HEAD", "OPTIONS" }));
    }

    [TestCase("/swagger/index.html/")]
    [TestCase("/swagger/swagger-ui-bundle.js/")]
    public async Task Paths_below_the_page_are_not_found(string path)
    {
        using var response = await host.Client.GetAsync(path);
        Assert.That((int)response.StatusCode, Is.EqualTo(404));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("\"resource-not-found\""));
    }

    [Test]
    public async Task The_inline_script_is_allowed_by_its_hash()
    {
        using var response = await host.Client.GetAsync("/swagger/index.html");
        // Browsers normalize line breaks before they hash the script.
        var page = (await response.Content.ReadAsStringAsync()).Replace("\r\n", "\n", StringComparison.Ordinal);
        var scripts = Regex.Matches(page, "<script>(.*?)</script>", RegexOptions.Singleline);
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(scripts.Single().Groups[1].Value)));
        Assert.That(
            response.Headers.GetValues("Content-Security-Policy").Single(),
            Does.EndWith($"script-src 'self' 'sha256-{hash}'"));
    }

    [Test]
    public async Task The_scripts_of_the_page_are_compressed()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/swagger/swagger-ui-bundle.js")
        {
            Headers = { AcceptEncoding = { new("br") } },
        };
        using var response = await host.Client.SendAsync(request);
        Assert.That(response.Content.Headers.ContentEncoding, Is.EqualTo(new[] { "br" }));
        Assert.That(response.Headers.Vary, Does.Contain("Accept-Encoding"));
    }
}
