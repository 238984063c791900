using System.Net;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Http;

/// <summary>The host names that the registry accepts.</summary>
public sealed class AllowedHostTests
{
    private RegistryHost host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() =>
        host =
            await RegistryHost.StartAsync("--Hosts:Allowed=registry.example.org, [::1]", "--Proxies:Trusted=127.0.0.1");

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [TestCase("registry.example.org", HttpStatusCode.OK)]
    [TestCase("REGISTRY.example.org:5000", HttpStatusCode.OK)]
    [TestCase("[::1]:5000", HttpStatusCode.OK)]
    [TestCase("rebound.evil.example", HttpStatusCode.Forbidden)]
    [TestCase("127.0.0.1", HttpStatusCode.Forbidden)]
    [TestCase("a.registry.example.org", HttpStatusCode.Forbidden)]
    public async Task Only_allowed_hosts_are_served(string name, HttpStatusCode status)
    {
        foreach (var path in (string[])["/api/v1/packages", "/", "/swagger/index.html", "/version"])
        {
            using var direct = await GetAsync(path, name, forwarded: null);
            Assert.That(direct.StatusCode, Is.EqualTo(status), path);
            using var proxied = await GetAsync(path, "backend", forwarded: name);
            Assert.That(proxied.StatusCode, Is.EqualTo(status), $"{path} through a trusted proxy");
            if (status == HttpStatusCode.Forbidden)
                Assert.That(await direct.Content.ReadAsStringAsync(), Does.Contain("HOSTS__ALLOWED").And.Contain(name));
        }
    }

    [Test]
    public async Task Probes_accept_any_host()
    {
        foreach (var path in (string[])["/healthz", "/readyz", "/healthz/"])
        {
            using var response = await GetAsync(path, "10.0.0.7:8080", forwarded: null);
            Assert.That(response.StatusCode, Is.AnyOf(HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable), path);
        }
    }

    [Test]
    public async Task By_default_any_host_is_accepted()
    {
        await using var open = await RegistryHost.StartAsync();
        using var request =
            new HttpRequestMessage(HttpMethod.Get, "/version") { Headers = { Host = "anything.example" } };
        using var response = await open.Client.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string name, string? forwarded)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = name } };
        if (forwarded is not null)
            request.Headers.Add("X-Forwarded-Host", forwarded);
        return await host.Client.SendAsync(request);
    }
}
