using Microsoft.Playwright;
using NUnit.Framework;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.EndToEnd;

/// <summary>
/// A user works with the page at <c>/swagger</c>, without internet access; also under a path of an nginx that does not
/// forward the prefix.
/// </summary>
[TestFixture(false)]
[TestFixture(true)]
[Parallelizable(ParallelScope.Self)]
public sealed class SwaggerUiTests(bool behindProxy) : BrowserTests
{
    /// <summary>The timeout in milliseconds, long enough for busy machines.</summary>
    private const float Timeout = 30_000;

    private static readonly string Data = Path.Combine(AppContext.BaseDirectory, "Data");

    private NginxServer? nginx;

    protected override async Task<Uri> PublishAsync(Uri registry)
    {
        if (!behindProxy)
            return registry;
        nginx = await NginxServer.StartAsync(
            registry, keepsPrefix: false, "proxy_set_header Host $http_host;", CancellationToken.None);
        return nginx.Address;
    }

    protected override async ValueTask UnpublishAsync()
    {
        if (nginx is not null)
            await nginx.DisposeAsync();
    }

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
            Is.EqualTo(await File.ReadAllBytesAsync(Path.Combine(Data, "elasticsearch-chart.tar.gz"))));
        AssertNoProblems();
    }

    [Test]
    public async Task Each_CNR_mount_is_a_tag_with_a_description()
    {
        await Page.GotoAsync("swagger");
        await ExpectAsync(await TryAsync("Health", "healthCheckAlive"), "200", "\"status\": \"ok\"");
        await ExpectAsync(await TryAsync("appr", "apprShowVersion"), "200", "\"appr-api\": \"0.7.4\"");
        var groups = await Page.Locator(".opblock-tag")
            .EvaluateAllAsync<string[]>("tags => tags.map(tag => tag.getAttribute('data-tag'))");
        Assert.That(groups, Is.EqualTo(new[] { "CNR", "KAR", "Health", "appr" }));
        Assert.That(
            await Page.Locator(".opblock-tag[data-tag=appr] small").InnerTextAsync(),
            Does.Contain("/cnr/api/v1/packages"));
        AssertNoProblems();
    }

    [Test]
    public async Task An_app_archive_is_uploaded_from_a_file_and_listed()
    {
        await Page.GotoAsync("swagger");
        var upload = await OpenAsync("KAR", "karUploadArchive");
        await upload.Locator("input[type=file]").SetInputFilesAsync(Path.Combine(Data, "app.kploy"));
        await upload.Locator("button.execute").ClickAsync();
        await ExpectAsync(
            upload, "200", "\"app_archive_id\": \"328ebadef2f23d30bf9f806d4eb67c56e2869f471ca34f18780c7ce31576021d\"");
        await ExpectAsync(await TryAsync("KAR", "karListArchives"), "200", "\"size\": \"4952\"");
        AssertNoProblems();
    }

    [Test]
    public async Task A_form_with_a_file_sends_neither_force_nor_metadata_by_default()
    {
        await Page.GotoAsync("swagger");
        var push = await OpenAsync("CNR", "cnrPushRelease");
        await push.Locator(".body-param-content-type select, .opblock-section-request-body select.content-type").First
            .SelectOptionAsync("multipart/form-data");
        await push.Locator("input[type=file]").SetInputFilesAsync(Path.Combine(Data, "elasticsearch-chart.tar.gz"));
        await push.Locator("button.execute").ClickAsync();
        await ExpectAsync(push, "200", "\"status\": \"ok\"");
        var page = new Uri(Page.Url).GetLeftPart(UriPartial.Path);
        var shown =
            await Page.APIRequest.GetAsync($"{page}/../../api/v1/packages/hello/elasticsearch/1.0.0/helm");
        var manifest = await shown.TextAsync();
        Assert.That(manifest, Does.Contain("\"metadata\":null"));
        AssertNoProblems();

        await push.Locator("button.execute").ClickAsync();
        await ExpectAsync(push, "409", "package-exists");
    }

    [Test]
    public async Task The_home_page_links_to_everything_and_shows_counts()
    {
        await Page.GotoAsync("swagger");
        await ExpectAsync(await TryAsync("CNR", "cnrPushRelease"), "200", "\"status\": \"ok\"");

        await Page.GotoAsync("./");
        Assert.That(await Page.TitleAsync(), Is.EqualTo("Application registry"));
        Assert.That(await Page.Locator("dd").AllInnerTextsAsync(), Is.EqualTo(new[] { "1", "1" }));
        var links =
            await Page.Locator("a").EvaluateAllAsync<string[]>("links => links.map(link => link.getAttribute('href'))");
        Assert.That(links, Does.Contain("swagger").And.Contain("openapi/v1.json"));
        foreach (var link in links)
        {
            await Page.GotoAsync("./");
            var answer = await Page.RunAndWaitForResponseAsync(
                () => Page.Locator($"a[href='{link}']").ClickAsync(),
                response => response.Request.IsNavigationRequest && response.Status is < 300 or >= 400);
            Assert.That(answer.Status, Is.EqualTo(200), link);
        }

        AssertNoProblems();
    }

    /// <summary>Opens an operation and executes it with the default values.</summary>
    private async Task<ILocator> TryAsync(string tag, string operation)
    {
        var block = await OpenAsync(tag, operation);
        await block.Locator("button.execute").ClickAsync();
        return block;
    }

    private async Task<ILocator> OpenAsync(string tag, string operation)
    {
        var block = Page.Locator($"#operations-{tag}-{operation}");
        await block.Locator(".opblock-summary-control").ClickAsync();
        await block.Locator("button.try-out__btn").ClickAsync();
        return block;
    }

    private static async Task ExpectAsync(ILocator block, string status, string body)
    {
        await ExpectStatusAsync(block, status);
        await Assertions.Expect(block.Locator(".live-responses-table .response-col_description pre").First)
            .ToContainTextAsync(body, new() { Timeout = Timeout });
    }

    private static Task ExpectStatusAsync(ILocator block, string status) =>
        Assertions.Expect(block.Locator(".live-responses-table tr.response td.response-col_status"))
            .ToContainTextAsync(status, new() { Timeout = Timeout });
}
