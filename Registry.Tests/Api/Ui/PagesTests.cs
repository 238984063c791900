using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Ui;

/// <summary>The pages, as a browser requests them.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed partial class PagesTests
{
    private const string Chart = """
        apiVersion: v2
        name: web
        version: VERSION
        description: A <b>web</b> server
        home: https://example.org/web
        sources: ["javascript:alert(1)"]
        keywords: [http]
        maintainers: [{name: "Ada & co", email: ada@example.org}]
        dependencies: [{name: common, version: 2.x, repository: "https://charts.example.org"}]
        """;

    private RegistryHost host = null!;
    private string server = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        host = await RegistryHost.StartAsync();
        server = host.Address.Authority;
        foreach (var version in (string[])["1.0.0", "1.1.0+b1", "2.0.0-rc.1"])
            await PushAsync("team/web", version, "helm", WebChart(version));
        await PushAsync("team/web", "1.0.0", "kpm", OneRegistry.Archive(("manifest.yaml", "a: 1")));
        await PushAsync("team/plain", "1.0.0", "helm", OneRegistry.Archive(("readme.txt", "no chart")));
        await PushAsync("Odd_.name/_x", "1.0.0", "kpm", WebChart("1.0.0"));
        using (var channel = await host.Client.PostAsync("/api/v1/packages/team/web/channels/stable/1.0.0", null))
            Assert.That(channel.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using (var deep = await host.Client.PostAsync(
            "/helm/api/org/unit/charts", new ByteArrayContent(WebChart("3.0.0"))))
            Assert.That(deep.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        using (var bare = await host.Client.PostAsync("/helm/api/charts", new ByteArrayContent(WebChart("4.0.0"))))
            Assert.That(bare.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        using var archive = await host.Client.PostAsync(
            "/api/v1/app?workspace=https://github.com/me/<app>;x'", new ByteArrayContent([1, 2, 3]));
        Assert.That(archive.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [OneTimeTearDown]
    public async Task Stop() => await host.DisposeAsync();

    [Test]
    public async Task The_home_page_shows_namespaces_and_recent_pushes()
    {
        var page = await GetAsync("/");
        Assert.That(page, Does.Contain("href=\"./packages/team/\"").And.Contain("href=\"./packages/org/unit/\""));
        Assert.That(page, Does.Contain("href=\"./packages/team/web\"").And.Contain("A &lt;b&gt;web&lt;/b&gt; server"));
        Assert.That(await GetAsync("/cnr/"), Does.Contain("href=\"../packages/team/web\""));
    }

    [TestCase("/packages", 5)]
    [TestCase("/packages?q=server", 3)]
    [TestCase("/packages?q=WEB+server", 3)]
    [TestCase("/packages?namespace=team", 2)]
    [TestCase("/packages?media_type=kpm", 2)]
    [TestCase("/packages?keyword=http", 3)]
    [TestCase("/packages?q=server&namespace=org", 1)]
    [TestCase("/packages?q=nothing", 0)]
    [TestCase("/packages/team/", 2)]
    [TestCase("/packages/org/", 1)]
    public async Task Lists_have_what_matches(string path, int count) =>
        Assert.That(RowPattern.Matches(await GetAsync(path)), Has.Count.EqualTo(count));

    [Test]
    public async Task A_search_with_a_typo_says_so()
    {
        const string Note = "No package matches all words. Similar results: 1 package";
        Assert.That(await GetAsync("/packages?q=plaim"), Does.Contain(Note).And.Contain("packages/team/plain"));
        Assert.That(await GetAsync("/packages?q=plain"), Does.Not.Contain("similar"));
    }

    [Test]
    public async Task A_list_has_pages()
    {
        await using var many = await RegistryHost.StartAsync();
        for (var i = 0; i < 30; i++)
            await many.PushAsync($"a/p{i:d2}", "1.0.0");
        var first = await many.Client.GetStringAsync("/packages?q=p&media_type=helm");
        Assert.That(RowPattern.Matches(first), Has.Count.EqualTo(24));
        Assert.That(first, Does.Contain("href=\"?q=p&amp;media_type=helm&amp;page=2\""));
        var second = await many.Client.GetStringAsync("/packages?q=p&media_type=helm&page=2");
        Assert.That(RowPattern.Matches(second), Has.Count.EqualTo(6));
        Assert.That(second, Does.Contain("rel=\"prev\"").And.Not.Contain("rel=\"next\""));
    }

    [Test]
    public async Task A_package_shows_its_latest_stable_release()
    {
        var page = await GetAsync("/packages/team/web");
        Assert.That(page, Does.Contain("<title>team/web 1.1.0&#x2B;b1 "));
        Assert.That(page, Does.Contain("href=\"https://example.org/web\" rel=\"noreferrer noopener nofollow\""));
        Assert.That(page, Does.Contain("javascript:alert(1)").And.Not.Contain("href=\"javascript"));
        Assert.That(page, Does.Contain("Ada &amp; co").And.Contain("ada@example.org"));
        Assert.That(page, Does.Contain("<h2 id=\"readme-web\">Web</h2>"));
        Assert.That(page, Does.Contain($"helm repo add team http://{server}/helm/team"));
        Assert.That(page, Does.Contain("helm install my-web team/web --version 1.1.0&#x2B;b1"));
        Assert.That(
            page, Does.Contain($"helm install my-web oci://{server}/team/web --version 1.1.0&#x2B;b1 --plain-http"));
        Assert.That(page, Does.Contain($"oras pull --plain-http {server}/team/web:1.1.0_b1"));
        Assert.That(
            page, Does.Contain($"skopeo copy --src-tls-verify=false docker://{server}/team/web:1.1.0_b1 dir:"));
        Assert.That(page, Does.Contain($"curl -fLO http://{server}/helm/team/charts/web-1.1.0&#x2B;b1.tgz"));
        Assert.That(page, Does.Contain($"appr pull http://{server}/team/web@1.1.0&#x2B;b1 -t helm"));
        Assert.That(page, Does.Contain("src=\"../../icons/team/web@1.1.0&#x2B;b1?type=helm\""));
    }

    [TestCase("?tab=values", "replicas: 2")]
    [TestCase("?tab=files", "templates/web.yaml")]
    [TestCase("?tab=files&file=templates/web.yaml", "kind: &lt;Web&gt;")]
    [TestCase("?tab=files&file=missing", "There is no such file")]
    [TestCase("?tab=dependencies", "https://charts.example.org")]
    [TestCase("?tab=versions", "packages/team/web@2.0.0-rc.1")]
    [TestCase("?tab=details", "sha256:")]
    [TestCase("?tab=unknown", "readme-web")]
    [TestCase("@1.0.0", "Follow channel stable")]
    [TestCase("@1.0.0?type=kpm", "-t kpm")]
    [TestCase("@1.0.0?type=kpm&tab=files", "manifest.yaml")]
    [TestCase("@2.0.0-rc.1", "The latest version is")]
    public async Task Each_part_has_an_address(string rest, string expected) =>
        Assert.That(await GetAsync($"/packages/team/web{rest}"), Does.Contain(expected));

    [Test]
    public async Task The_page_says_why_a_release_is_not_a_chart()
    {
        var page = await GetAsync("/packages/team/plain");
        Assert.That(page, Does.Contain("Helm cannot use this version: The archive contains no Chart.yaml"));
        Assert.That(page, Does.Not.Contain("helm install"));
    }

    [Test]
    public async Task The_page_says_why_the_Helm_repository_does_not_list_a_chart()
    {
        await using var own = await RegistryHost.StartAsync();
        foreach (var (name, version) in (IEnumerable<(string, string)>)
            [("app-1.0.0", "2.0.0"), ("app", "1.0.0-2.0.0"), ("app", "18446744073709551616.0.0")])
        {
            var archive = OneRegistry.Archive(
                ($"{name}/Chart.yaml", $"apiVersion: v2\nname: {name}\nversion: 1.0.0"));
            using var push = await own.Client.PostAsJsonAsync(
                $"/api/v1/packages/own/{name}",
                new { release = version, media_type = "helm", blob = Convert.ToBase64String(archive) });
            Assert.That(push.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        var shadowed = await own.Client.GetStringAsync("/packages/own/app-1.0.0");
        Assert.That(
            shadowed,
            Does.Contain("The Helm repository does not list this version: app-1.0.0-2.0.0.tgz is an archive of the "
                + "package own/app."));
        Assert.That(shadowed, Does.Contain("helm install my-app-1-0-0 oci://").And.Not.Contain("helm repo add"));
        Assert.That(shadowed, Does.Contain("/api/v1/packages/own/app-1.0.0/2.0.0/helm/pull"));
        var large = await own.Client.GetStringAsync("/packages/own/app@18446744073709551616.0.0");
        Assert.That(large, Does.Contain("Helm accepts no version with a number of more than 64 bits."));
        Assert.That(large, Does.Not.Contain("helm install").And.Not.Contain("helm repo add"));
    }

    [TestCase("/packages/org/unit/web", "helm repo add org&#x2B;unit http://{0}/helm/org/unit &amp;&amp;&#xA;")]
    [TestCase("/packages/web", "helm repo add registry http://{0}/helm &amp;&amp;&#xA;")]
    [TestCase("/packages/Odd_.name/_x", "/api/v1/packages/Odd_.name/_x/1.0.0/kpm/pull")]
    public async Task Names_of_any_form_have_pages(string path, string expected) => Assert.That(
        await GetAsync(path), Does.Contain(string.Format(null, expected, server)));

    [TestCase("/packages/org/unit", "unit/")]
    [TestCase("/packages/team", "team/")]
    public async Task A_namespace_without_its_slash_redirects(string path, string location)
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var response = await client.GetAsync(new Uri(host.Address, path));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Found));
        Assert.That(response.Headers.Location!.OriginalString, Is.EqualTo(location));
    }

    [TestCase("/packages/none/such", 404)]
    [TestCase("/packages/none/", 404)]
    [TestCase("/packages/team/web@9.9.9", 404)]
    [TestCase("/packages/team/web@", 404)]
    [TestCase("/packages/team/web@1.0.0?type=none", 404)]
    [TestCase("/packages/-<script>alert(1)</script>", 404)]
    [TestCase("/packages/a%2Fb", 404)]
    [TestCase("/packages?page=0", 400)]
    [TestCase("/packages?page=x", 400)]
    [TestCase("/packages?page=%2B1", 400)]
    [TestCase("/packages?page=%201", 400)]
    [TestCase("/archives?workspace=none.example/x", 404)]
    public async Task Errors_are_pages_with_their_status(string path, int status)
    {
        using var response = await host.Client.GetAsync(path);
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("text/html; charset=utf-8"));
        Assert.That(response.Headers.Contains("Content-Security-Policy"));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("<main").And.Not.Contain("<script>"));
    }

    [Test]
    public async Task An_unknown_path_is_a_page_for_browsers_and_json_for_others()
    {
        using var json = await host.Client.GetAsync("/missing");
        Assert.That(json.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/missing");
        request.Headers.Add("Accept", "text/html,*/*;q=0.8");
        using var page = await host.Client.SendAsync(request);
        Assert.That(page.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(page.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/html"));
    }

    [Test]
    public async Task A_storage_that_does_not_respond_is_a_page_with_503()
    {
        await using var faulty = await FaultyHost.StartAsync();
        faulty.Faults.FailAll(new StorageException(StorageFault.Unavailable, "down"));
        faulty.Client.DefaultRequestHeaders.Add("Accept", "text/html");
        foreach (var path in (string[])["/", "/packages", "/packages/team/app", "/packages/team/", "/archives"])
        {
            using var response = await faulty.Client.GetAsync(path);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable), path);
            Assert.That(response.Headers.RetryAfter, Is.Not.Null, path);
            Assert.That(
                await response.Content.ReadAsStringAsync(), Does.Contain("The storage does not respond."), path);
        }
    }

    [Test]
    public async Task An_icon_is_an_image_in_a_sandbox()
    {
        using var response = await host.Client.GetAsync("/icons/team/web@1.0.0?type=helm");
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("image/svg+xml"));
        Assert.That(response.Headers.GetValues("Content-Security-Policy").Single(), Does.EndWith("; sandbox"));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.StartWith("<svg"));
        foreach (var path in (string[])["team/web@1.0.0?type=kpm", "team/plain@1.0.0", "team/web", "none@1.0.0"])
            using (var missing = await host.Client.GetAsync($"/icons/{path}"))
                Assert.That(missing.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
    }

    [Test]
    public async Task Assets_are_kept_by_their_hash()
    {
        var link = AssetPattern.Match(await GetAsync("/")).Groups["link"].Value;
        using var response = await host.Client.GetAsync($"/{link}");
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/css"));
        Assert.That(response.Headers.CacheControl!.ToString(), Does.Contain("max-age=31536000"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/assets/other/site.css");
        request.Headers.IfNoneMatch.Add(response.Headers.ETag!);
        using var other = await host.Client.SendAsync(request);
        Assert.That(other.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
        Assert.That(other.Headers.CacheControl!.NoCache);
        using var missing = await host.Client.GetAsync("/assets/x/site.map");
        Assert.That(missing.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Archives_are_listed_by_workspace_and_downloaded_by_the_command()
    {
        var page = await GetAsync("/archives");
        var link = WorkspacePattern.Match(page).Groups["link"].Value;
        Assert.That(page, Does.Contain("github.com/me/&lt;app&gt;/"));
        var archives = await GetAsync($"/{link}");
        var command = WebUtility.HtmlDecode(CommandPattern.Match(archives).Groups["text"].Value);
        Assert.That(
            await host.Client.GetByteArrayAsync(command.Split('\'')[1]), Is.EqualTo(new byte[] { 1, 2, 3 }));
    }

    [Test]
    public async Task A_page_without_packages_has_the_first_steps()
    {
        await using var empty = await RegistryHost.StartAsync();
        var page = await empty.Client.GetStringAsync("/");
        Assert.That(page, Does.Contain($"helm push app-0.1.0.tgz oci://{empty.Address.Authority}/team --plain-http"));
        var list = await empty.Client.GetStringAsync("/packages");
        Assert.That(list, Does.Contain("No packages are visible to you yet.").And.Not.Contain("see all packages"));
        Assert.That(await empty.Client.GetStringAsync("/packages?q=x"), Does.Contain("see all packages"));
        Assert.That(
            await empty.Client.GetStringAsync("/archives"),
            Does.Contain("curl --fail-with-body --data-binary @app.kploy"));
    }

    [Test]
    public async Task The_first_steps_log_in_where_a_push_needs_a_token()
    {
        await using var registry = await GuardedRegistry.StartAsync();
        var address = registry.Client.BaseAddress!.Authority;
        var page = WebUtility.HtmlDecode(await registry.GetAsync("/", secret: null));
        Assert.That(
            PageCommands.Find(page, "Push it"),
            Is.EqualTo(
                $"helm registry login --plain-http {address} --username token &&\n"
                    + $"helm push app-0.1.0.tgz oci://{address}/team --plain-http"));
        Assert.That(page, Does.Contain("a token with the scope <code>team/**=pull,push</code>"));
        page = await registry.GetAsync("/archives", secret: null);
        Assert.That(
            PageCommands.Find(page, "Upload an app archive"), Does.StartWith("curl --fail-with-body --user token "));
        Assert.That(page, Does.Contain("a token with the scope <code>kar:github.com/me/**=push</code>"));

        await using var open = await GuardedRegistry.StartAsync(anonymous: "**=pull,push kar:**=pull,push");
        foreach (var path in (string[])["/", "/archives"])
            Assert.That(
                await open.GetAsync(path, secret: null),
                Does.Not.Contain("login").And.Not.Contain("--user").And.Not.Contain("a token with the scope"));
    }

    [TestCase("", "curl -f --user token -o app.kploy ")]
    [TestCase("kar:**=pull", "curl -f -o app.kploy ")]
    public async Task The_download_of_an_archive_logs_in_where_everybody_may_not_pull(string anonymous, string command)
    {
        await using var registry = await GuardedRegistry.StartAsync(anonymous);
        using (var pushed = await registry.SendAsync(
            "POST", "/api/v1/app?workspace=global", GuardedRegistry.AdminSecret, new ByteArrayContent([1])))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var page = await registry.GetAsync("/archives?workspace=global/", GuardedRegistry.AdminSecret);
        Assert.That(PageCommands.Find(page, "Download the archive"), Does.StartWith(command));
    }

    [Test]
    public async Task Commands_log_in_where_everybody_may_not_pull()
    {
        await using var registry = await GuardedRegistry.StartAsync(anonymous: "open/*=pull");
        foreach (var package in (string[])["open/app", "team/app"])
            await registry.PushAsync(package, "1.0.0", WebChart("1.0.0"));
        var address = registry.Client.BaseAddress!.Authority;
        string[] logins =
        [
            $"helm repo add team http://{address}/helm/team --username token",
            $"helm registry login --plain-http {address} --username token",
            $"oras login --plain-http {address} --username token",
            $"skopeo login --tls-verify=false {address} --username token",
            $"curl -fLO --user token http://{address}/helm/team/charts/app-1.0.0.tgz",
            $"appr login -u token -p TOKEN http://{address}",
        ];
        var page = await registry.GetAsync("/packages/team/app", GuardedRegistry.AdminSecret);
        foreach (var login in logins)
            Assert.That(page, Does.Contain(login));
        Assert.That(await registry.GetAsync("/packages/team/", GuardedRegistry.AdminSecret), Does.Contain(logins[0]));
        Assert.That(
            await registry.GetAsync("/packages/open/app", GuardedRegistry.AdminSecret),
            Does.Not.Contain("login").And.Not.Contain("username").And.Contain("helm repo add open"));
    }

    [Test]
    public async Task The_home_page_of_a_private_registry_asks_to_sign_in()
    {
        await using var registry = await GuardedRegistry.StartAsync(anonymous: "");
        var page = await registry.GetAsync("/", secret: null);
        Assert.That(page, Does.Contain("Sign in to see packages").And.Not.Contain("Push your first chart"));
        page = await registry.GetAsync("/", GuardedRegistry.AdminSecret);
        Assert.That(page, Does.Contain("Push your first chart").And.Not.Contain("Sign in to see packages"));
    }

    [Test]
    public async Task Pages_show_only_what_the_caller_may_pull()
    {
        await using var registry = await GuardedRegistry.StartAsync(anonymous: "open/*=pull");
        await registry.PushAsync("open/app", "1.0.0", WebChart("1.0.0"));
        await registry.PushAsync("secret/app", "1.0.0", WebChart("1.0.0"));
        var secret = (await registry.IssueAsync("secret/*=pull")).Text;
        foreach (var path in (string[])["/", "/packages", "/packages?q=app"])
        {
            var seen = await registry.GetAsync(path, secret: null);
            Assert.That(seen, Does.Contain("open/app").And.Not.Contain("secret"), path);
            seen = await registry.GetAsync(path, secret);
            Assert.That(seen, Does.Contain("secret/app").And.Contain("open/app"), path);
        }

        foreach (var path in (string[])
            ["/packages/secret/app", "/packages/secret/app@1.0.0", "/packages/secret/", "/packages/secret",
                "/icons/secret/app@1.0.0", "/packages/secret/none"])
        {
            using var response = await registry.SendAsync("GET", path, secret: null);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), path);
            Assert.That(response.Headers.WwwAuthenticate.ToString(), Does.Not.Contain("Basic"), path);
            Assert.That(
                await response.Content.ReadAsStringAsync(),
                Does.Contain("sign-in?return=").And.Contain("Sign in: this page").And.Not.Contain("Log in"),
                path);
            using var denied = await registry.SendAsync("GET", path, (await registry.IssueAsync("x/*=pull")).Text);
            Assert.That(denied.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden), path);
            Assert.That(
                await denied.Content.ReadAsStringAsync(),
                Does.Contain("Your token does not allow this: it needs the scope secret").And.Contain("=pull.")
                    .And.Contain("sign-in?return=").And.Contain("Sign in with another token"),
                path);
        }

        using var page = await registry.SendAsync("GET", "/packages/secret/app", secret);
        Assert.That(page.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(page.Headers.CacheControl!.Private);
        Assert.That(page.Headers.CacheControl.NoCache);
        Assert.That(page.Headers.Vary, Does.Contain("Authorization"));
    }

    private static byte[] WebChart(string version) => OneRegistry.Archive(
        ("web/Chart.yaml", Chart.Replace("VERSION", version, StringComparison.Ordinal)),
        ("web/README.md", "# Web\n\nText with <script>alert(1)</script>."),
        ("web/values.yaml", "replicas: 2\n"),
        ("web/icon.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("web/templates/web.yaml", "kind: <Web>\n"));

    private async Task PushAsync(string package, string release, string mediaType, byte[] archive)
    {
        using var response = await host.Client.PostAsJsonAsync(
            $"/api/v1/packages/{package}",
            new { release, media_type = mediaType, blob = Convert.ToBase64String(archive) });
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), await response.Content.ReadAsStringAsync());
    }

    private async Task<string> GetAsync(string path)
    {
        using var response = await host.Client.GetAsync(path);
        var page = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), page);
        Assert.That(Encoding.UTF8.GetByteCount(page), Is.LessThan(100_000));
        return page;
    }

    [GeneratedRegex("<article class=\"card package\">")]
    private static partial Regex RowPattern { get; }

    [GeneratedRegex("href=\"\\./(?<link>assets/[0-9a-f]{16}/site\\.css)\"")]
    private static partial Regex AssetPattern { get; }

    [GeneratedRegex("href=\"\\./(?<link>archives\\?workspace=[^\"]*)\"")]
    private static partial Regex WorkspacePattern { get; }

    [GeneratedRegex("<code>(?<text>curl[^<]*)</code>")]
    private static partial Regex CommandPattern { get; }
}
