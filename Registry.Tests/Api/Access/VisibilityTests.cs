using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Registry.Tests.Api.Helm;
using Registry.Tests.Api.Oci;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Access;

/// <summary>Lists, counts and entity tags do not reveal what the caller may not pull.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed partial class VisibilityTests
{
    private static readonly string[] Lists =
    [
        "/api/v1/packages", "/api/v1/packages?limit=2", "/api/v1/packages/search?q=a", "/cnr/api/v1/packages",
        "/v2/_catalog", "/v2/_catalog?n=2", "/helm/team/index.yaml", "/helm/team/-/stable/index.yaml",
        "/helm/api/team/charts", "/helm/api/team/charts?unlisted",
    ];

    private GuardedRegistry registry = null!;
    private string first = "";
    private string second = "";

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        registry = await GuardedRegistry.StartAsync(anonymous: "");
        (first, second) = await PushTeamAsync(registry, "team");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await registry.DisposeAsync();

    [TestCaseSource(nameof(Lists))]
    public async Task A_list_has_what_the_caller_may_pull_and_nothing_of_the_rest(string path)
    {
        // Alternate the callers, to detect a body that is cached for one and sent to the other.
        for (var i = 0; i < 2; i++)
        {
            var (ofFirst, ofSecond) = (await registry.GetAsync(path, first), await registry.GetAsync(path, second));
            if (!path.Contains("unlisted", StringComparison.Ordinal))
            {
                Assert.That(ofFirst, Does.Contain("alpha"));
                Assert.That(ofSecond, Does.Contain("beta"));
            }

            Assert.That(ofFirst, Does.Not.Contain("beta").And.Not.Contain("gamma"));
            Assert.That(ofSecond, Does.Not.Contain("alpha").And.Not.Contain("gamma"));
        }
    }

    [TestCaseSource(nameof(Lists))]
    public async Task The_entity_tag_changes_only_with_what_the_caller_may_pull(string path)
    {
        var team = $"tags{Array.IndexOf(Lists, path)}";
        var (one, two) = await PushTeamAsync(registry, team);
        path = path.Replace("team", team, StringComparison.Ordinal);
        var before = await TagAsync(path, one);
        Assert.That(await TagAsync(path, two), Is.Not.EqualTo(before));
        await registry.PushAsync($"{team}/beta", "2.0.0", HelmTest.Archive("beta", "2.0.0"));
        await registry.PushAsync($"{team}/epsilon", "1.0.0", HelmTest.Archive("epsilon", "1.0.0"));
        Assert.That(await TagAsync(path, one), Is.EqualTo(before));
        await registry.PushAsync($"{team}/alpha", "2.0.0", HelmTest.Archive("alpha", "2.0.0"));
        Assert.That(await TagAsync(path, one), Is.Not.EqualTo(before));
    }

    [TestCaseSource(nameof(Lists))]
    public async Task A_condition_of_one_caller_says_nothing_about_the_list_of_another(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {second}");
        request.Headers.TryAddWithoutValidation("If-None-Match", await TagAsync(path, first));
        using var response = await registry.Client.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Headers.CacheControl!.Private, Is.True);
        Assert.That(response.Headers.Vary, Is.EquivalentTo(
            path.StartsWith("/v2", StringComparison.Ordinal)
                ? (string[])["Authorization"]
                : ["Accept-Encoding", "Authorization"]));
    }

    [TestCase("/")]
    [TestCase("/cnr/")]
    public async Task A_page_counts_what_the_caller_may_pull(string path)
    {
        await using var counted = await GuardedRegistry.StartAsync(anonymous: "");
        var (one, two) = await PushTeamAsync(counted, "team");
        await counted.PushAsync("team/beta", "2.0.0", HelmTest.Archive("beta", "2.0.0"));
        Assert.That(Counts(await counted.GetAsync(path, null)), Is.Empty);
        Assert.That(Counts(await counted.GetAsync(path, one)), Is.EqualTo(new[] { "1", "1" }));
        Assert.That(Counts(await counted.GetAsync(path, two)), Is.EqualTo(new[] { "1", "2" }));
        Assert.That(
            Counts(await counted.GetAsync(path, GuardedRegistry.AdminSecret)), Is.EqualTo(new[] { "3", "4" }));
    }

    [Test]
    public async Task Pages_of_a_list_skip_what_the_caller_may_not_pull()
    {
        var some = (await registry.IssueAsync("team/alpha=pull team/gamma=pull")).Text;
        using var page = await registry.SendAsync("GET", "/api/v1/packages/search?q=a&limit=1", some);
        Assert.That(await page.Content.ReadAsStringAsync(), Is.EqualTo("[\"team/alpha\"]\n"));
        var next = OciRepository.HeaderOf(page, "Link")!.Split('<', '>')[1];
        Assert.That(await registry.GetAsync(next, some), Is.EqualTo("[\"team/gamma\"]\n"));
    }

    [Test]
    public async Task A_hidden_package_does_not_shadow_the_archive_of_another()
    {
        // Both have an archive of the same name. Where both are visible, it is that of the shorter name.
        await registry.PushAsync("shadow/app", "1.0.0-1.0.0", HelmTest.Archive("app", "1.0.0-1.0.0"));
        await registry.PushAsync("shadow/app-1.0.0", "1.0.0", HelmTest.Archive("app-1.0.0", "1.0.0"));
        var some = (await registry.IssueAsync("shadow/app-1.0.0=pull")).Text;
        const string File = "/helm/shadow/charts/app-1.0.0-1.0.0.tgz";
        Assert.That(await registry.GetAsync("/helm/shadow/index.yaml", some), Does.Contain("app-1.0.0-1.0.0.tgz"));
        Assert.That(await registry.GetAsync("/helm/api/shadow/charts?unlisted", some), Is.EqualTo("[]\n"));
        using var own = await registry.SendAsync("GET", File, some);
        using var whole = await registry.SendAsync("GET", File, GuardedRegistry.AdminSecret);
        Assert.That(own.Headers.ETag, Is.Not.EqualTo(whole.Headers.ETag).And.Not.Null);
    }

    [Test]
    public async Task The_versions_of_a_chart_are_not_those_that_were_kept_for_another_caller()
    {
        // Two other packages own the archive of one version each, so whoever may pull only one of them is shown the
        // other version: the lists differ, and are equally long.
        const string Chart = "x-1.0.0-1.0.0";
        await registry.PushAsync("versions/x", "1.0.0-1.0.0-3.0.0", HelmTest.Archive("x", "1.0.0-1.0.0-3.0.0"));
        await registry.PushAsync("versions/x-1.0.0", "1.0.0-4.0.0", HelmTest.Archive("x-1.0.0", "1.0.0-4.0.0"));
        foreach (var version in (string[])["3.0.0", "4.0.0"])
            await registry.PushAsync($"versions/{Chart}", version, HelmTest.Archive(Chart, version));
        var tags = new List<EntityTagHeaderValue?>();
        foreach (var (visible, version) in (IEnumerable<(string, string)>)[("x", "4.0.0"), ("x-1.0.0", "3.0.0")])
        {
            var secret = (await registry.IssueAsync($"versions/{visible}=pull versions/{Chart}=pull")).Text;
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/helm/api/versions/charts/{Chart}");
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {secret}");
            request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
            using var response = await registry.Client.SendAsync(request);
            tags.Add(response.Headers.ETag);
            await using var gzip = new GZipStream(
                await response.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
            using var list = await JsonDocument.ParseAsync(gzip);
            Assert.That(
                list.RootElement.EnumerateArray().Select(
                    static entry => entry.GetProperty("version").GetString()),
                Is.EqualTo(new[] { version }));
        }

        Assert.That(tags, Is.Unique.And.All.Not.Null);
    }

    [Test]
    public async Task A_list_of_archives_has_the_workspaces_that_the_caller_may_pull()
    {
        foreach (var workspace in (string[])["me", "me/one", "me/two"])
            using (await registry.SendAsync(
                "POST",
                $"/api/v1/app?workspace=http://h/{workspace}",
                GuardedRegistry.AdminSecret,
                new ByteArrayContent([1])))
            {
            }

        var one = (await registry.IssueAsync("kar:h/me/one=pull")).Text;
        var below = (await registry.IssueAsync("kar:h/me/*=pull")).Text;
        const string Path = "/api/v1/app?workspace=http://h/me";
        Assert.That(Workspaces(await registry.GetAsync(Path, one)), Is.EqualTo(new[] { "h/me/one/" }));
        Assert.That(
            Workspaces(await registry.GetAsync(Path, below)), Is.EqualTo(new[] { "h/me/one/", "h/me/two/" }));
        Assert.That(
            Workspaces(await registry.GetAsync(Path, GuardedRegistry.AdminSecret)),
            Is.EqualTo(new[] { "h/me/", "h/me/one/", "h/me/two/" }));
    }

    /// <summary>Pushes packages to a namespace, and issues tokens for one of them each.</summary>
    private static async Task<(string First, string Second)> PushTeamAsync(GuardedRegistry registry, string team)
    {
        foreach (var name in (string[])["alpha", "beta", "gamma"])
        {
            await registry.PushAsync($"{team}/{name}", "1.0.0", HelmTest.Archive(name, "1.0.0"));
            using var added = await registry.SendAsync(
                "POST", $"/api/v1/packages/{team}/{name}/channels/stable/1.0.0", GuardedRegistry.AdminSecret);
            Assert.That(added.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        return (
            (await registry.IssueAsync($"{team}/alpha=pull,push {team}/delta=pull")).Text,
            (await registry.IssueAsync($"{team}/beta=pull")).Text);
    }

    private static IEnumerable<string> Workspaces(string list) =>
        WorkspaceName.Matches(list).Select(static match => match.Groups[1].Value).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Counts(string page) =>
        Count.Matches(page).Select(static match => match.Groups[1].Value);

    private async Task<string> TagAsync(string path, string secret)
    {
        using var response = await registry.SendAsync("GET", path, secret);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        return response.Headers.ETag!.ToString();
    }

    [GeneratedRegex("\"name\":\"([^\"]*/)[0-9a-f]{64}\\.zip\"")]
    private static partial Regex WorkspaceName { get; }

    [GeneratedRegex("<dd>([0-9,]+)</dd>")]
    private static partial Regex Count { get; }
}
