using System.Net;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Ui;

/// <summary>What the pages show of charts, their versions and channels, and namespaces.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed partial class ChartPageTests
{
    private RegistryHost host = null!;
    private string server = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        host = await RegistryHost.StartAsync();
        server = host.Address.Authority;
        await PushAsync("team", "web", "1.0.0", "deprecated: true\nappVersion: \"7.1\"");
        await PushAsync("team", "web", "1.1.0-rc.1");
        await PushAsync("team", "lib", "2.0.0", "type: library");
        await PushAsync("team/sub", "tool", "1.0.0");
        await PushAsync("", "root", "1.0.0");
        foreach (var (channel, release) in (IEnumerable<(string, string)>)
            [("stable", "1.0.0"), ("next", "1.1.0-rc.1")])
            using (var moved = await host.Client.PostAsync(
                $"/api/v1/packages/team/web/channels/{channel}/{release}", content: null))
                Assert.That(moved.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [Test]
    public async Task Counts_of_namespaces_agree()
    {
        var home = await GetAsync("/");
        Assert.That(home, Does.Match("packages/team/\">team <span>3<").And.Not.Contain("(no namespace)"));
        var page = await GetAsync("/packages/team/");
        Assert.That(page, Does.Contain("3 packages: 2 directly in it, and 1 in namespaces below"));
        Assert.That(page, Does.Contain("in namespace team/sub").And.Contain("../../packages/team/sub/\">team/sub <"));
        Assert.That(page, Does.Contain("The repository has the charts directly in team."));
        Assert.That(await GetAsync("/packages/team/sub/"), Does.Contain("Namespace with 1 package<"));
    }

    [Test]
    public async Task The_commands_of_a_channel_follow_it()
    {
        var page = await GetAsync("/packages/team/web");
        var commands = CommandPattern.Match(page).Groups["text"].Value.Split('\n');
        Assert.That(commands[0], Is.EqualTo($"helm repo add team@next http://{server}/helm/team/-/next &&"));
        Assert.That(commands[^1], Is.EqualTo("helm install my-web team@next/web --devel"));
        Assert.That(page, Does.Contain("helm install my-web team@stable/web<"));
        Assert.That(
            await host.Client.GetStringAsync($"{commands[0].Split(' ')[^2]}/index.yaml"), Does.Contain("1.1.0-rc.1"));
        var title = page[..page.IndexOf("<section", StringComparison.Ordinal)];
        Assert.That(title, Does.Contain("Channels:"));
        Assert.That(
            title, Does.Contain("stable → <a href=\"../../packages/team/web@1.0.0\" aria-label=\"stable: 1.0.0\""));
    }

    [Test]
    public async Task A_dependency_has_a_link_if_the_registry_has_it()
    {
        var repository = $"http://{server}/helm/team";
        await PushAsync(
            "users",
            "app",
            "1.0.0",
            $"""
            dependencies:
              - name: lib
                version: 2.x
                repository: {repository}
              - name: missing
                version: 1.x
                repository: {repository}
            """);
        var page = await GetAsync("/packages/users/app?tab=dependencies");
        Assert.That(page, Does.Contain("<a href=\"../../packages/team/lib\">lib</a>"));
        Assert.That(page, Does.Contain("missing").And.Not.Contain("packages/team/missing"));
    }

    [TestCase("/")]
    [TestCase("/packages")]
    [TestCase("/packages/team/web")]
    [TestCase("/packages/team/web?tab=versions")]
    public async Task Times_have_their_date(string path) =>
        Assert.That(
            await GetAsync(path),
            Does.Match(
                """<time [^>]*>\d+ [A-Z][a-z]{2} \d{4}</time>\s*<span class="ago">\((just now|\d+ minutes? ago)\)<"""));

    [Test]
    public async Task A_deprecated_chart_says_so_before_its_commands()
    {
        var page = await GetAsync("/packages/team/web@1.0.0");
        Assert.That(
            page.IndexOf("This chart is deprecated", StringComparison.Ordinal),
            Is.Positive.And.LessThan(page.IndexOf("helm repo add", StringComparison.Ordinal)));
        Assert.That(await GetAsync("/packages/team/lib"), Does.Not.Contain("is deprecated"));
    }

    [Test]
    public async Task A_library_shows_how_to_depend_on_it() => Assert.That(
        await GetAsync("/packages/team/lib"),
        Does.Contain(
            $"""
            dependencies:
              - name: "lib"
                version: "2.0.0"
                repository: "http://{server}/helm/team"
            """)
            .And.Contain("helm pull team/lib").And.Not.Contain("helm install"));

    [Test]
    public async Task Versions_are_marked()
    {
        var rows = (await GetAsync("/packages/team/web?tab=versions")).Split("<tr>")[2..];
        Assert.That(rows[0], Does.Contain(">prerelease<").And.Contain(">channel next<").And.Not.Contain(">latest<"));
        Assert.That(rows[1], Does.Contain(">latest<").And.Contain(">deprecated<").And.Contain(">7.1<"));
    }

    [TestCase("/packages?page=99", "./packages")]
    [TestCase("/packages?q=web&page=2", "?q=web")]
    [TestCase("/packages/team/?page=2", "../../packages/team/")]
    [TestCase("/packages/team/web?tab=versions&page=9", "?tab=versions&page=1")]
    public async Task A_page_after_the_last_redirects_to_the_last(string path, string location)
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var response = await client.GetAsync(new Uri(host.Address, path));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Found));
        Assert.That(response.Headers.Location!.OriginalString, Is.EqualTo(location));
    }

    [Test]
    public async Task A_list_has_one_search_and_folds_its_filters_until_one_is_set()
    {
        var page = await GetAsync("/packages");
        Assert.That(page.Split("type=\"search\""), Has.Length.EqualTo(2));
        Assert.That(page, Does.Contain("<details>").And.Not.Contain("<details open"));
        page = await GetAsync("/packages?media_type=helm");
        Assert.That(page, Does.Contain("<details open").And.Contain("have no releases and are not shown"));
    }

    private async Task PushAsync(string place, string name, string version, string more = "")
    {
        var chart = OneRegistry.Archive(
            ($"{name}/Chart.yaml", $"apiVersion: v2\nname: {name}\nversion: {version}\n{more}\n"));
        using var pushed = await host.Client.PostAsync(
            $"/helm/api/{place}{(place.Length == 0 ? "" : "/")}charts", new ByteArrayContent(chart));
        Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
    }

    private async Task<string> GetAsync(string path) =>
        WebUtility.HtmlDecode(await host.Client.GetStringAsync(path));

    [GeneratedRegex("<code>(?<text>helm repo add team@next[^<]*)</code>")]
    private static partial Regex CommandPattern { get; }
}
