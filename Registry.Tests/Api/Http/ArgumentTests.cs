using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Http;

/// <summary>Binding of arguments to actions.</summary>
public sealed class ArgumentTests
{
    private const string Form = "application/x-www-form-urlencoded";

    private RegistryHost host = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        host = await RegistryHost.StartAsync();
        foreach (var name in (string[])["a/one", "b/two"])
            await host.PushAsync(name, "1.0.0");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [TestCase("", "a/one b/two")]
    [TestCase("?namespace=a", "a/one")]
    [TestCase("?NAMESPACE=a", "a/one")]
    [TestCase("?namespace=b&namespace=a", "b/two")]
    [TestCase("?namespace=&namespace=a", "")]
    [TestCase("?namespace=", "")]
    [TestCase("?namespace", "")]
    [TestCase("?namespace[]=a", "a/one b/two")]
    [TestCase("?namespace.x=a&[namespace]=a", "a/one b/two")]
    public async Task An_empty_argument_stays_empty_and_the_first_of_several_wins(string query, string names)
    {
        var packages = await host.Client.GetFromJsonAsync<JsonElement[]>($"/api/v1/packages{query}");
        Assert.That(
            string.Join(' ', packages!.Select(static package => package.GetProperty("name").GetString())),
            Is.EqualTo(names));
    }

    [TestCase("/api/v1/packages/a/one/1.0.0?namespace=b&name=two&release=2.0.0")]
    [TestCase("/api/v1/packages/a/one/1.0.0?")]
    public async Task Query_parameters_do_not_override_path_segments(string path)
    {
        using var response = await host.Client.GetAsync(path);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("\"a/one\""));
    }

    /// <summary>The body never arrives: an action that waited for it would not respond.</summary>
    [TestCase("DELETE", "/api/v1/packages/a/none/1.0.0/helm", Form)]
    [TestCase("DELETE", "/api/v1/packages/a/none/1.0.0/helm", "multipart/form-data; boundary=x")]
    [TestCase("POST", "/api/v1/packages/a/none/channels/stable/1.0.0", Form)]
    [TestCase("DELETE", "/api/v1/packages/a/none/channels/stable", Form)]
    [TestCase("GET", "/api/v1/packages/a/none", Form)]
    public async Task An_action_without_a_body_does_not_read_a_form(string method, string path, string type)
    {
        var response = await RawHttp.SendForResponseAsync(
            host.Address, $"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: "
                + $"{type}\r\nContent-Length: 1000\r\n\r\n");
        Assert.That(response, Does.StartWith("HTTP/1.1 404").And.Contain("package-not-found").And.Contain("a/none"));
    }
}
