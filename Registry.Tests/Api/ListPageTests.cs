using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api;

/// <summary>Pages of lists and searches.</summary>
public sealed class ListPageTests
{
    private RegistryHost host = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        host = await RegistryHost.StartAsync();
        foreach (var name in (string[])["a/one", "a/two", "b/one", "b/three", "b/two", "c-d/e"])
            await host.PushAsync(name, "1.0.0");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [TestCase("/api/v1/packages?limit=2", "a/one a/two|b/one b/three|b/two c-d/e")]
    [TestCase("/cnr/api/v1/packages?limit=4", "a/one a/two b/one b/three|b/two c-d/e")]
    [TestCase("/api/v1/packages?limit=1000", "a/one a/two b/one b/three b/two c-d/e")]
    [TestCase("/api/v1/packages?limit=6", "a/one a/two b/one b/three b/two c-d/e")]
    [TestCase("/api/v1/packages?limit=2&namespace=b", "b/one b/three|b/two")]
    [TestCase("/api/v1/packages?query=O&limit=1&media_type=helm", "a/one|a/two|b/one|b/two")]
    [TestCase("/api/v1/packages?after=b/one", "b/three b/two c-d/e")]
    [TestCase("/api/v1/packages?after=b/p&limit=1", "b/three|b/two|c-d/e")]
    [TestCase("/api/v1/packages?after=z", "")]
    [TestCase("/api/v1/packages/search?q=T&limit=1", "a/two|b/three|b/two")]
    [TestCase("/api/v1/packages/search?q=o&after=a/two", "b/one b/two")]
    public async Task Pages_joined_by_their_links_equal_the_list(string path, string pages)
    {
        var read = new List<string>();
        for (string? next = path; next is not null;)
        {
            using var response = await host.Client.GetAsync(next);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            read.Add(string.Join(' ', (await response.Content.ReadFromJsonAsync<JsonElement[]>())!
                .Select(
                    element =>
                        element.ValueKind == JsonValueKind.String
                            ? element.GetString()
                            : element.GetProperty("name").GetString())));
            var link = response.Headers.TryGetValues("Link", out var values) ? values.Single() : null;
            Assert.That(link, Is.Null.Or.Match("^</[^>]+>; rel=\"next\"$"));
            next = link?[1..link.IndexOf('>')];
        }

        Assert.That(string.Join('|', read), Is.EqualTo(pages));
    }

    [TestCase("0")]
    [TestCase("1001")]
    [TestCase("-1")]
    [TestCase("+1")]
    [TestCase(" 1")]
    [TestCase("ten")]
    [TestCase("")]
    [TestCase("99999999999")]
    public async Task An_invalid_limit_is_refused(string limit)
    {
        foreach (var path in (string[])["/api/v1/packages?", "/cnr/api/v1/packages/search?q=a&"])
        {
            using var response = await host.Client.GetAsync($"{path}limit={Uri.EscapeDataString(limit)}");
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(
                await response.Content.ReadAsStringAsync(), Does.Contain("\"field\":\"limit\"").And.Contain("1000"));
        }
    }
}
