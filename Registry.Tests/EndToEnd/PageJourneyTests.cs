using System.Text.Json;
using Microsoft.Playwright;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>The pages in a browser, as people use them.</summary>
public sealed class PageJourneyTests : BrowserTests
{
    /// <summary>Text that attacks a page that does not encode it, or that loads the resources it names.</summary>
    private const string Hostile =
        "<img src=https://evil.example/i.png onerror=alert(1)><script>alert(2)</script>\"' onclick='alert(3)";

    private static readonly ColorScheme[] Schemes = [ColorScheme.Light, ColorScheme.Dark];

    private HttpClient Client => Host.Client;

    [TestCaseSource(nameof(Schemes))]
    public async Task Somebody_finds_a_chart_and_copies_its_command(ColorScheme scheme)
    {
        await BeginAsync(scheme);
        await PushAsync("team", Chart("web", "1.0.0", "description: A server for sites"));
        await PushAsync("team", Chart("other", "1.0.0"));
        await Page.GotoAsync("./");
        await Page.GetByRole(AriaRole.Searchbox, new() { Name = "Search packages" }).FillAsync("server sites");
        await Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(Page.Locator("article")).ToHaveCountAsync(1);
        await Page.GetByRole(AriaRole.Link, new() { Name = "team/web" }).ClickAsync();
        await Page.GetByRole(AriaRole.Button, new() { Name = "Copy: Install from the Helm repository" }).ClickAsync();

        var command = (await CopiedAsync()).Split('\n');
        Assert.That(command[^1], Is.EqualTo("helm install my-web team/web --version 1.0.0"));
        using var index = JsonDocument.Parse(
            await Client.GetStringAsync($"{command[0].Split(' ')[^2]}/index.yaml"));
        Assert.That(
            index.RootElement.GetProperty("entries").GetProperty("web")[0].GetProperty("version").GetString(),
            Is.EqualTo("1.0.0"));
        AssertNoProblems();
    }

    [TestCaseSource(nameof(Schemes))]
    public async Task Somebody_pushes_first_to_an_empty_registry(ColorScheme scheme)
    {
        await BeginAsync(scheme);
        await Page.GotoAsync("./");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Copy: Push it" }).ClickAsync();
        var command = (await CopiedAsync()).Split(' ');
        Assert.That(command[..3], Is.EqualTo(new[] { "helm", "push", "app-0.1.0.tgz" }));
        var target = new Uri(command[3]);
        Assert.That(target.Authority, Is.EqualTo(Client.BaseAddress!.Authority));
        await PushAsync(target.AbsolutePath.Trim('/'), Chart("app", "0.1.0"));

        await Page.ReloadAsync();
        await Page.GetByRole(AriaRole.Link, new() { Name = "team/app" }).ClickAsync();
        await Assertions.Expect(Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("app");
        AssertNoProblems();
    }

    [Test]
    public async Task Every_page_is_accessible_and_fits_a_phone()
    {
        await Page.SetViewportSizeAsync(360, 740);
        await CheckAsync("./");
        await CheckAsync("packages");
        await PushAsync(
            "team",
            Chart("web", "1.0.0", "dependencies: [{name: a, version: 1.x, repository: \"https://x.example\"}]"));
        await PushAsync("team", Chart("web", "1.1.0", "deprecated: true\nkeywords: [one, two]"));
        await PushAsync("team", Chart("long", $"1.0.0-{new string('p', 60)}+{new string('b', 60)}"));
        var registry = new GuardedRegistry(Host);
        var image = await OciImage.PushAsync(registry, "images/app", ["1.0.0", "latest"]);
        await OciImage.PushAsync(
            registry,
            "images/app",
            [],
            $$"""
            ,"artifactType":"application/spdx+json",
            "subject":{"mediaType":"{{OciMediaTypes.Manifest}}","digest":"sha256:{{image.Digest}}","size":1}
            """);
        using (await Client.PostAsync("api/v1/app", new ByteArrayContent([1])))
        {
        }

        foreach (var path in (string[])
            ["./", "packages", "packages?q=none", "packages/team/", "packages/team/web", "packages/team/web?tab=values",
                "packages/team/web?tab=files", "packages/team/web?tab=files&file=values.yaml",
                "packages/team/web@1.0.0?tab=dependencies", "packages/team/web?tab=versions",
                "packages/team/web?tab=details", "packages/team/long", "packages/images/app",
                "packages/images/app?tab=details", "archives", "archives?workspace=global/"])
            await CheckAsync(path);
        AssertNoProblems();
        await CheckAsync("packages/none/such");
    }

    [Test]
    public async Task A_readme_leaves_room_for_every_column_of_a_table_and_prints_all_of_it()
    {
        const string Widths =
            """
            () => { const table = document.querySelector('.prose table'), cell = table.querySelector('td');
              return [cell.offsetWidth / table.clientWidth, table.scrollWidth - table.clientWidth,
                document.documentElement.scrollWidth - document.documentElement.clientWidth] }
            """;
        var cells = string.Concat(Enumerable.Repeat("a description with many words ", 4));
        await PushAsync("team", OneRegistry.Archive(
            ("wide/Chart.yaml", "apiVersion: v2\nname: wide\nversion: 1.0.0\n"),
            (
                "wide/README.md",
                $"| a | b | Default |\n|---|---|---|\n| `{new string('k', 120)}` | {cells} | {cells} |\n\n"
                    + "<details><summary>More</summary>\n\nFolded text\n\n</details>\n"
                    + $"\n| a | b | Default |\n|---|---|---|\n| `{new string('k', 120)}` | {cells} | 1 |\n")));
        await Page.GotoAsync("packages/team/wide");
        var widths = await Page.EvaluateAsync<double[]>(Widths);
        Assert.That(widths[0], Is.LessThan(0.5));
        Assert.That(widths[1], Is.Zero);

        // The printed page.
        await Page.EmulateMediaAsync(new() { Media = Media.Print });
        await Page.SetViewportSizeAsync(700, 900);
        widths = await Page.EvaluateAsync<double[]>(Widths);
        Assert.That(widths[1..], Is.All.Zero);
        await Assertions.Expect(Page.GetByText("Folded text")).ToBeVisibleAsync();
        Assert.That(
            await Page.Locator("th", new() { HasText = "Default" }).EvaluateAllAsync<int[]>(
                """
                headers => headers.map(header => {
                  const text = document.createRange();
                  text.selectNodeContents(header);
                  return text.getClientRects().length;
                })
                """),
            Is.All.EqualTo(1));
        Assert.That(
            await Page.EvaluateAsync<string>("() => getComputedStyle(document.querySelector('.card')).breakInside"),
            Is.EqualTo("auto"));
        AssertNoProblems();
    }

    [Test]
    public async Task Malicious_packages_run_no_scripts()
    {
        await BeginAsync(ColorScheme.Light);
        var text = JsonSerializer.Serialize(Hostile);
        var script = "javascript:alert(4)";
        await PushAsync("evil", OneRegistry.Archive(
            ("app/Chart.yaml", $$"""
                apiVersion: v2
                name: app
                version: 1.0.0
                appVersion: {{text}}
                kubeVersion: {{text}}
                description: {{text}}
                home: {{script}}
                icon: https://evil.example/icon.png
                sources: [{{text}}, "{{script}}", "data:text/html,<script>alert(5)</script>"]
                keywords: [{{text}}, "a&b"]
                maintainers: [{name: {{text}}, email: {{text}}, url: "{{script}}"}]
                dependencies: [{name: {{text}}, version: {{text}}, repository: "{{script}}", condition: {{text}}}]
                annotations: {a: {{text}}}
                """),
            ("app/README.md", $"{Hostile}\n\n# {Hostile}\n\n[a]({script}) ![b](https://evil.example/b.png)\n\n"
                + $"<iframe src=https://evil.example></iframe>\n\n{new string('>', 5000)} deep"),
            ("app/values.yaml", $"# {Hostile}\na: 1\n"),
            ("app/icon.svg", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(6)'><script>alert(7)</script>"
                + "<image href='https://evil.example/i.png'/></svg>"),
            ($"app/templates/{Hostile[..60].Replace('/', '_')}", Hostile),
            ("app/large", new string('x', 2 << 20)),
            ("app/bomb", new string('\0', 12 << 20))));
        foreach (var path in (string[])
            ["./", "packages", "packages?q=" + Uri.EscapeDataString(Hostile),
                "packages?namespace=" + Uri.EscapeDataString(Hostile),
                "packages?keyword=" + Uri.EscapeDataString(Hostile),
                "packages?media_type=" + Uri.EscapeDataString(Hostile),
                "packages/evil/app", "packages/evil/app?tab=values", "packages/evil/app?tab=files",
                "packages/evil/app?tab=files&file=" + Uri.EscapeDataString(Hostile),
                "packages/evil/app?tab=dependencies", "packages/evil/app?tab=versions", "packages/evil/app?tab=details",
                "packages/evil/app?tab=" + Uri.EscapeDataString(Hostile)])
        {
            await Page.GotoAsync(path);
            Assert.That(
                await Page.EvaluateAsync<int>(
                    """
                    () => document.querySelectorAll(
                      `main script, iframe, [onclick], [onerror], [style],
                      a[href^='javascript'], a[href^='data']`).length
                    """),
                Is.Zero,
                path);
        }

        await Page.GotoAsync("packages/evil/app?tab=files");
        await Assertions.Expect(Page.GetByText("Not all files are shown")).ToBeVisibleAsync();
        AssertNoProblems();

        // Opened as a separate page, last: the browser reports what it blocks as an error.
        await Page.GotoAsync("icons/evil/app@1.0.0");
    }

    [Test]
    public async Task Everything_can_be_read_without_scripts()
    {
        await PushAsync("team", Chart("web", "1.0.0"));
        await using var context = await Page.Context.Browser!.NewContextAsync(
            new() { BaseURL = Client.BaseAddress!.ToString(), JavaScriptEnabled = false });
        var page = await context.NewPageAsync();
        await page.GotoAsync("packages/team/web");
        await page.GetByText("Other clients").ClickAsync();
        await Assertions.Expect(page.GetByText("oras pull")).ToBeVisibleAsync();
        Assert.That(await page.Locator("button").CountAsync(), Is.Zero);
    }

    private static byte[] Chart(string name, string version, string more = "") => OneRegistry.Archive(
        ($"{name}/Chart.yaml", $"apiVersion: v2\nname: {name}\nversion: {version}\n{more}\n"),
        ($"{name}/README.md", "# Title\n\nText with `code`, [a link](https://example.org) and\n\n> a quote.\n\n"
            + "| a | b |\n|---|---|\n| a-long-parameter.with.dots | 2 |\n\n```\n"
            + new string('x', 200) + "\n```\n"),
        ($"{name}/values.yaml", $"# {new string('v', 200)}\nreplicas: 1\n"));

    private async Task BeginAsync(ColorScheme scheme)
    {
        await Page.EmulateMediaAsync(new() { ColorScheme = scheme });
        await Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        // The page says for two seconds that something was copied.
        await Page.Clock.InstallAsync();
        await Page.Clock.PauseAtAsync(TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(1));
        Page.Dialog += (_, dialog) => Assert.Fail($"A dialog opened: {dialog.Message}");
    }

    /// <summary>Returns what was copied, once the page says so.</summary>
    private async Task<string> CopiedAsync()
    {
        await Assertions.Expect(Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Copied");
        return await Page.EvaluateAsync<string>("() => navigator.clipboard.readText()");
    }

    private async Task PushAsync(string place, byte[] chart)
    {
        using var response = await Client.PostAsync($"helm/api/{place}/charts", new ByteArrayContent(chart));
        Assert.That(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>
    /// Opens a page, and checks that it is accessible in both color schemes and does not scroll sideways.
    /// </summary>
    private async Task CheckAsync(string path)
    {
        await Page.GotoAsync(path);
        await AssertAccessibleAsync(path);
        Assert.That(
            await Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"),
            Is.LessThanOrEqualTo(360),
            path);
        Assert.That(
            await Page.EvaluateAsync<string[]>(
                """
                () => [...document.querySelectorAll('main table')]
                  .filter(table => !table.closest('.prose') && table.rows[0].cells.length > 2
                    && getComputedStyle(table.rows[1].cells[0]).display !== 'block')
                  .map(table => table.innerText)
                """),
            Is.Empty,
            $"{path}: tables that are not stacked");
        Assert.That(
            await Page.EvaluateAsync<string[]>(
                """
                () => [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')]
                  .filter((heading, i, all) => heading.tagName[1] - (i ? all[i - 1].tagName[1] : 0) > 1)
                  .map(heading => heading.innerText)
                """),
            Is.Empty,
            $"{path}: headings that skip a level");
    }
}
