using Microsoft.Playwright;
using NUnit.Framework;

namespace Registry.Tests.EndToEnd;

/// <summary>Tests of the page at <c>/swagger</c>, with and without a path prefix.</summary>
public abstract class SwaggerUiTest : BrowserTests
{
    /// <summary>The folder with the sample chart and archive.</summary>
    protected static string Data { get; } = Path.Combine(AppContext.BaseDirectory, "Data");

    [Test]
    public async Task The_home_page_links_to_everything_and_shows_counts()
    {
        await PushAsync("hello/elasticsearch", "1.0.0");
        await Page.GotoAsync("./");
        Assert.That(await Page.TitleAsync(), Is.EqualTo("Application registry"));
        Assert.That(await Page.Locator("dd").AllInnerTextsAsync(), Is.EqualTo(new[] { "1", "1" }));
        var links = await Page.Locator("a:not([href^='#'])").EvaluateAllAsync<string[]>(
            "links => links.map(link => link.getAttribute('href'))");
        Assert.That(
            links,
            Does.Contain("./swagger").And.Contain("./openapi/v1.json").And.Contain("./packages/hello/elasticsearch"));
        // The other tests open the page of Swagger UI, which loads for long.
        foreach (var link in links.Except(["./swagger"]))
        {
            var response = await Page.GotoAsync(link);
            Assert.That(response!.Status, Is.EqualTo(200), link);
        }

        AssertNoProblems();
    }

    /// <summary>Opens an operation and executes it with the default values.</summary>
    protected async Task<ILocator> TryAsync(string tag, string operation)
    {
        var block = await OpenAsync(tag, operation);
        await block.Locator("button.execute").ClickAsync();
        return block;
    }

    protected async Task<ILocator> OpenAsync(string tag, string operation)
    {
        var block = Page.Locator($"#operations-{tag}-{operation}");
        await block.Locator(".opblock-summary-control").ClickAsync();
        await block.Locator("button.try-out__btn").ClickAsync();
        return block;
    }

    protected static async Task ExpectAsync(ILocator block, string status, string body)
    {
        await ExpectStatusAsync(block, status);
        await Assertions.Expect(block.Locator(".live-responses-table .response-col_description pre").First)
            .ToContainTextAsync(body);
    }

    protected static Task ExpectStatusAsync(ILocator block, string status) =>
        Assertions.Expect(block.Locator(".live-responses-table tr.response td.response-col_status"))
            .ToContainTextAsync(status);
}
