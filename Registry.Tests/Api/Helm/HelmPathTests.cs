using System.Net;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Helm;

/// <summary>Paths that are no repository of charts.</summary>
public sealed class HelmPathTests
{
    private RegistryHost host = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        host = await RegistryHost.StartAsync();
        using var pushed = await PushAsync("helm/api/team/charts");
        Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [TestCase("helm/api/index.yaml")]
    [TestCase("helm/api/team/index.yaml")]
    [TestCase("helm/team//index.yaml")]
    [TestCase("helm//index.yaml")]
    [TestCase("helm/.team/index.yaml")]
    [TestCase("helm/team/-/index.yaml")]
    [TestCase("helm/team/-/.x/index.yaml")]
    [TestCase("helm/team/-/a/b/index.yaml")]
    [TestCase("helm/team/index.yml")]
    [TestCase("helm/team")]
    [TestCase("helm")]
    public async Task What_is_no_repository_is_not_found(string path)
    {
        using var response = await host.Client.GetAsync(path);
        await HelmTest.ErrorOfAsync(response, HttpStatusCode.NotFound);
    }

    [TestCase("index.yaml")]
    [TestCase("helm/team")]
    public async Task An_address_that_is_no_repository_says_where_repositories_are(string path)
    {
        using var response = await host.Client.GetAsync(path);
        Assert.That(
            await HelmTest.ErrorOfAsync(response, HttpStatusCode.NotFound),
            Does.Contain("/helm/NAMESPACE ").And.Contain("/helm/NAMESPACE/-/CHANNEL "));
    }

    [TestCase("helm/api/team/-/stable/charts")]
    [TestCase("helm/api/-/stable/charts")]
    [TestCase("helm/api/api/charts")]
    [TestCase("helm/api/.x/charts")]
    [TestCase("helm/api//charts")]
    public async Task There_is_nothing_to_write_to_below_a_channel_or_an_invalid_namespace(string path)
    {
        using var response = await PushAsync(path);
        await HelmTest.ErrorOfAsync(response, HttpStatusCode.NotFound);
    }

    private async Task<HttpResponseMessage> PushAsync(string path)
    {
        using var content = new ByteArrayContent(HelmTest.Archive("app", "1.0.0"));
        return await host.Client.PostAsync(path, content);
    }
}
