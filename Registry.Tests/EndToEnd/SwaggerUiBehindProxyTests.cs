using NUnit.Framework;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.EndToEnd;

/// <summary>The page under a path of an nginx that does not forward the prefix.</summary>
public sealed class SwaggerUiBehindProxyTests : SwaggerUiTest
{
    private NginxServer? nginx;

    [Test]
    public async Task The_sample_chart_is_pushed_listed_and_pulled_with_the_defaults()
    {
        await Page.GotoAsync("swagger");
        var push = await TryAsync("CNR", "cnrPushRelease");
        await ExpectAsync(push, "200", "\"status\": \"ok\"");
        var list = await TryAsync("CNR", "cnrListPackages");
        await ExpectAsync(list, "200", "\"name\": \"hello/elasticsearch\"");

        var pull = await TryAsync("CNR", "cnrPullPackage");
        await ExpectStatusAsync(pull, "200");
        var download =
            await Page.RunAndWaitForDownloadAsync(() => pull.Locator(".live-responses-table a[download]").ClickAsync());
        Assert.That(download.SuggestedFilename, Is.EqualTo("hello_elasticsearch_1.0.0.tar.gz"));
        Assert.That(
            await File.ReadAllBytesAsync(await download.PathAsync()),
            Is.EqualTo(await File.ReadAllBytesAsync(Path.Combine(Data, "elasticsearch-1.0.0.tgz"))));
        AssertNoProblems();
    }

    protected override async Task<Uri> PublishAsync(Uri registry)
    {
        nginx = await NginxServer.StartAsync(
            registry, keepsPrefix: false, "proxy_set_header Host $http_host;", CancellationToken.None);
        return nginx.Address;
    }

    protected override async ValueTask UnpublishAsync()
    {
        if (nginx is not null)
            await nginx.DisposeAsync();
    }
}
