using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api;

/// <summary>CNR shows and changes only the packages whose namespace has exactly one part.</summary>
public sealed class OtherNamespaceTests
{
    private RegistryHost host = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        host = await RegistryHost.StartAsync();
        foreach (var name in (string[])["app", "org/app", "org/charts/app", "org/zoo"])
            await host.PushAsync(name, "1.0.0");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [TestCase("", "org/app org/zoo")]
    [TestCase("?namespace=org", "org/app org/zoo")]
    [TestCase("?namespace=org/charts", "")]
    [TestCase("?namespace=", "")]
    [TestCase("?query=app", "org/app")]
    [TestCase("?query=app&media_type=helm", "org/app")]
    [TestCase("?limit=1&after=org/app", "org/zoo")]
    [TestCase("/search?q=app", "org/app")]
    [TestCase("/search?q=charts", "")]
    public async Task Lists_and_searches_leave_the_others_out(string address, string expected)
    {
        foreach (var root in (string[])["/api/v1/packages", "/cnr/api/v1/packages"])
        {
            using var response = await host.Client.GetAsync(root + address);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(response.Headers.Contains("Link"), Is.False);
            var names = (await response.Content.ReadFromJsonAsync<JsonElement[]>())!.Select(static element =>
                element.ValueKind == JsonValueKind.String
                    ? element.GetString()
                    : element.GetProperty("name").GetString());
            Assert.That(string.Join(' ', names), Is.EqualTo(expected));
        }
    }

    [TestCase("GET", "org%2Fcharts/app")]
    [TestCase("GET", "org%2Fcharts/app/1.0.0/helm")]
    [TestCase("GET", "org%252Fcharts/app/1.0.0/helm")]
    [TestCase("GET", "org/charts%2Fapp/1.0.0/helm")]
    [TestCase("DELETE", "org%2Fcharts/app/1.0.0/helm")]
    [TestCase("POST", "org%2Fcharts/app/channels/stable/1.0.0")]
    [TestCase("GET", "%2F/app")]
    [TestCase("GET", "org/charts/app")]
    public async Task CNR_cannot_address_packages_of_other_namespaces(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/api/v1/packages/{path}");
        using var response = await host.Client.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }
}
