using System.Net;
using NUnit.Framework;
using Registry.Api.Hosting;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Helm;

/// <summary>A release of an earlier version, which has not been completed yet.</summary>
public sealed class IncompleteReleaseTests
{
    private RegistryHost host = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        host = await RegistryHost.StartAsync(services => services.Remove(
            services.Single(static service => service.ImplementationType == typeof(CompletionService))));
        await host.PushAsync("team/app", "1.0.0");
        await host.PushIncompleteAsync("team/old", "1.0.0");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [Test]
    public async Task An_index_is_unavailable_while_releases_of_an_earlier_version_are_completed()
    {
        using var response = await host.Client.GetAsync("helm/team/index.yaml");
        Assert.That(
            await HelmTest.ErrorOfAsync(response, HttpStatusCode.ServiceUnavailable),
            Does.Contain("are being completed"));
        Assert.That(response.Headers.RetryAfter, Is.Not.Null);
        Assert.That(await host.Client.GetStringAsync("helm/other/index.yaml"), Does.Contain("\"entries\":{}"));
    }

    [TestCase("/v2/team/old/tags/list", HttpStatusCode.ServiceUnavailable)]
    [TestCase("/v2/team/old/manifests/1.0.0", HttpStatusCode.ServiceUnavailable)]
    [TestCase("/helm/team/charts/old-1.0.0.tgz", HttpStatusCode.ServiceUnavailable)]
    [TestCase("/helm/team/charts/old-1.0.0.tgz.prov", HttpStatusCode.ServiceUnavailable)]
    [TestCase("/helm/team/charts/old-2.0.0.tgz", HttpStatusCode.NotFound)]
    [TestCase("/v2/team/app/tags/list", HttpStatusCode.OK)]
    public async Task Only_what_an_incomplete_release_belongs_to_is_unavailable(string path, HttpStatusCode expected)
    {
        using var response = await host.Client.GetAsync(path);
        Assert.That(response.StatusCode, Is.EqualTo(expected));
        Assert.That(
            response.Headers.RetryAfter, expected == HttpStatusCode.ServiceUnavailable ? Is.Not.Null : Is.Null);
    }
}
