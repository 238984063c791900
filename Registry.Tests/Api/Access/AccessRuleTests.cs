using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Core.Storage;
using Registry.Tests.Api.Helm;
using Registry.Tests.Api.Oci;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Access;

/// <summary>Rights that depend on more than the address of a request.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class AccessRuleTests
{
    private static readonly string[] Tokens =
        ["--Auth:Mode=tokens", $"--Auth:AdminToken={GuardedRegistry.AdminSecret}"];

    private GuardedRegistry registry = null!;

    [OneTimeSetUp]
    public async Task StartAsync() =>
        registry = await GuardedRegistry.StartAsync(anonymous: "", "--Releases:Mutable=mutable/*");

    [OneTimeTearDown]
    public async Task StopAsync() => await registry.DisposeAsync();

    [TestCase("source/app=pull", 201)]
    [TestCase("source/other=pull source/app=push", 202, Description = "The client then pushes the bytes.")]
    public async Task A_mount_needs_pull_on_the_source(string scope, int status)
    {
        using var admin = ClientOf(GuardedRegistry.AdminSecret);
        var digest = await new OciRepository(admin, "source/app").PushBlobAsync("mounted"u8.ToArray());
        using var client = ClientOf((await registry.IssueAsync($"target/app=push {scope}")).Text);
        using var response = await client.PostAsync(
            $"/v2/target/app/blobs/uploads/?mount={digest}&from=source/app", null);
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
    }

    [Test]
    public async Task A_token_does_not_take_away_what_everybody_may_do()
    {
        await using var open = await GuardedRegistry.StartAsync(anonymous: "public/**=pull");
        foreach (var package in (string[])["public/app", "team/app", "secret/app"])
            await open.PushAsync(package, "1.0.0", HelmTest.Archive("app", "1.0.0"));
        var secret = (await open.IssueAsync("team/*=pull,push")).Text;
        foreach (var path in (string[])
            ["/api/v1/packages/public/app/1.0.0/helm/pull", "/v2/public/app/tags/list", "/helm/public/index.yaml"])
        {
            using var allowed = await open.SendAsync("GET", path, secret);
            Assert.That(allowed.StatusCode, Is.EqualTo(HttpStatusCode.OK), path);
            using var denied = await open.SendAsync("GET", path.Replace("public", "secret"), secret);
            Assert.That(denied.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden), path);
        }

        var names = await open.GetAsync("/v2/_catalog", secret);
        Assert.That(names, Does.Contain("public/app").And.Contain("team/app").And.Not.Contain("secret/app"));
        using var push = await open.SendAsync("POST", "/v2/public/app/blobs/uploads/", secret);
        Assert.That(push.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [TestCase("GET", "/helm/other/index.yaml", "other/*=pull")]
    [TestCase("POST", "/helm/api/other/charts", "other/*=push")]
    [TestCase("GET", "/packages/other/app", "other/app=pull")]
    [TestCase("GET", "/v2/other/app/tags/list", "other/app=pull")]
    public async Task A_refusal_names_a_scope_that_would_suffice(string method, string path, string scope)
    {
        using var refused = await registry.SendAsync(
            method, path, (await registry.IssueAsync("team/*=pull,push")).Text, new ByteArrayContent([]));
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await refused.Content.ReadAsStringAsync(), Does.Contain($" the scope {scope}."));
        using var allowed = await registry.SendAsync(
            method, path, (await registry.IssueAsync(scope)).Text, new ByteArrayContent([]));
        Assert.That(allowed.StatusCode, Is.Not.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task A_refused_token_is_named_by_its_id()
    {
        var secret = await registry.IssueRevokedAsync("team/*=pull");
        using var refused = await registry.SendAsync("GET", "/v2/team/app/tags/list", secret.Text);
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(
            await refused.Content.ReadAsStringAsync(),
            Does.Contain($"The token {secret.Id} is unknown, expired or revoked.").And.Not.Contain(secret.Text[20..]));
    }

    [TestCase("pull,push", false)]
    [TestCase("pull,push,delete", true)]
    public async Task A_push_by_OCI_that_replaces_a_release_needs_delete(string actions, bool replaces)
    {
        var package = $"mutable/app{actions.Length}";
        using var client = ClientOf((await registry.IssueAsync($"mutable/*={actions}")).Text);
        Assert.That(await ChartPush.Of(ChartDoor.Oci, package, "1.0.0", "one").TryPushAsync(client));
        var before = await TagAsync(package);
        var next = ChartPush.Of(ChartDoor.Oci, package, "1.0.0", "two");
        if (replaces)
        {
            Assert.That(await next.TryPushAsync(client));
            Assert.That(await TagAsync(package), Is.Not.EqualTo(before));
            return;
        }

        var repository = new OciRepository(client, package);
        await repository.PushBlobAsync(next.Chart);
        await repository.PushBlobAsync(next.Config);
        using var refused = await repository.PutManifestAsync("1.0.0", next.Manifest);
        Assert.That(
            await OciRepository.ErrorOfAsync(refused), Is.EqualTo((403, "DENIED")));
        Assert.That(await refused.Content.ReadAsStringAsync(), Does.Contain($"{package}=delete"));
        Assert.That(await TagAsync(package), Is.EqualTo(before));
    }

    [Test]
    public async Task A_push_moves_a_tag_that_is_a_version_of_an_image_and_deletes_none()
    {
        using var client = ClientOf((await registry.IssueAsync("team/image=pull,push")).Text);
        var repository = new OciRepository(client, "team/image");
        await repository.PushArtifactAsync("1.0.0");
        var (_, moved) = await repository.PushArtifactAsync("1.0.0");
        Assert.That(await TagAsync("team/image"), Is.EqualTo(moved));
        using var refused = await repository.SendAsync("DELETE", "manifests/1.0.0");
        Assert.That(await OciRepository.ErrorOfAsync(refused), Is.EqualTo((403, "DENIED")));
    }

    [TestCase("pull,push", false)]
    [TestCase("pull,push,delete", true)]
    public async Task A_push_by_OCI_that_replaces_a_provenance_file_needs_delete(string actions, bool replaces)
    {
        var package = $"team/signed{actions.Length}";
        using var client = ClientOf((await registry.IssueAsync($"team/*={actions}")).Text);
        var repository = new OciRepository(client, package);
        var push = ChartPush.Of(ChartDoor.Oci, package, "1.0.0", "signed");
        var config = await repository.PushBlobAsync(push.Config);
        var chart = await repository.PushBlobAsync(push.Chart);

        // helm writes the time into the manifest, so pushing the same files again makes another one.
        foreach (var (provenance, time) in (IEnumerable<(string?, string)>)
            [(null, "1"), ("one", "2"), ("one", "3"), (null, "4"), ("one", "5")])
            using (var pushed = await PushAsync(provenance, time))
                Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created), time);

        using var other = await PushAsync("two", "6");
        if (!replaces)
        {
            Assert.That(await OciRepository.ErrorOfAsync(other), Is.EqualTo((403, "DENIED")));
            Assert.That(await other.Content.ReadAsStringAsync(), Does.Contain($"{package}=delete"));
        }

        Assert.That(
            await registry.GetAsync(
                $"/helm/{package.Replace("/", "/charts/")}-1.0.0.tgz.prov", GuardedRegistry.AdminSecret),
            Is.EqualTo(replaces ? "two" : "one"));

        async Task<HttpResponseMessage> PushAsync(string? provenance, string time)
        {
            var signature = provenance is null
                ? null
                : await repository.PushBlobAsync(Encoding.UTF8.GetBytes(provenance));
            return await repository.PutManifestAsync(
                "1.0.0",
                OciRepository.Manifest(config, signature is null ? [chart] : [chart, signature], json =>
                {
                    json["config"]!["mediaType"] = OciMediaTypes.HelmConfig;
                    json["layers"]![0]!["mediaType"] = OciMediaTypes.HelmChart;
                    if (signature is not null)
                        json["layers"]![1]!["mediaType"] = OciMediaTypes.HelmProvenance;
                    json["annotations"] = new JsonObject { ["org.opencontainers.image.created"] = time };
                }));
        }
    }

    [Test]
    public async Task A_chart_that_names_another_package_is_refused()
    {
        using var client = ClientOf((await registry.IssueAsync("team/mine=pull,push")).Text);
        foreach (var (name, status) in ((string, int)[])[("mine", 201), ("theirs", 403)])
        {
            using var response = await client.PostAsync(
                "/helm/api/team/charts", OciRepository.Bytes(HelmTest.Archive(name, "1.0.0")));
            Assert.That((int)response.StatusCode, Is.EqualTo(status));
        }

        Assert.That(
            await registry.GetAsync("/api/v1/packages/search?q=theirs", GuardedRegistry.AdminSecret),
            Is.EqualTo("[]\n"));
    }

    [TestCase("", 401)]
    [TestCase("**=pull", 200)]
    [TestCase("kar:**=pull", 200)]
    public async Task A_client_with_empty_credentials_gets_anonymous_access(
        string anonymous, int status)
    {
        await using var guarded = await GuardedRegistry.StartAsync(anonymous);
        using var explicitly = await guarded.SendWithAsync("GET", "/v2/", "Basic Og==");
        using var silently = await guarded.SendAsync("GET", "/v2/", secret: null);
        Assert.That(((int)explicitly.StatusCode, (int)silently.StatusCode), Is.EqualTo((status, 401)));
    }

    [Test]
    public async Task Where_everyone_may_do_everything_no_client_is_asked_to_log_in()
    {
        await using var guarded = await GuardedRegistry.StartAsync("**=pull,push,delete kar:**=pull,push,delete");
        using var response = await guarded.SendAsync("GET", "/v2/", secret: null);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_storage_that_fails_while_a_token_is_looked_up_is_503()
    {
        await using var host = await FaultyHost.StartAsync(Tokens);
        var guarded = new GuardedRegistry(host.Host);
        var secret = (await guarded.IssueAsync("**=pull")).Text;
        host.Faults.Before = static call => call.Key.StartsWith(StoreKeys.Tokens.Value, StringComparison.Ordinal)
            ? throw new StorageException(StorageFault.Unavailable, "down")
            : default;
        using var response = await guarded.SendAsync("GET", "/v2/", secret);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(OciRepository.HeaderOf(response, "WWW-Authenticate"), Is.Null);
    }

    [TestCase("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n", "401")]
    [TestCase("Authorization: Basic\r\n", "401")]
    [TestCase("Authorization:\r\n", "401")]
    public async Task Malformed_headers_are_401(string headers, string status)
    {
        var response = await RawHttp.SendAsync(
            registry.Host.Address, $"GET /api/v1 HTTP/1.1\r\nHost: h\r\n{headers}Connection: close\r\n\r\n");
        Assert.That(response, Does.StartWith($"HTTP/1.1 {status} "));
        Assert.That(response, Does.Contain("\"unauthorized-access\""));
    }

    [TestCase("", "Basic")]
    [TestCase("Sec-Fetch-Mode: navigate\r\n", "Basic")]
    [TestCase("Sec-Fetch-Mode: cors\r\n", "Bearer")]
    public async Task A_browser_asks_for_no_password_where_a_script_sends_the_request(string headers, string scheme)
    {
        var response = await RawHttp.SendAsync(
            registry.Host.Address, $"GET /api/v1 HTTP/1.1\r\nHost: h\r\n{headers}Connection: close\r\n\r\n");
        Assert.That(response, Does.StartWith("HTTP/1.1 401 ").And.Contain($"WWW-Authenticate: {scheme} realm="));
    }

    [Test]
    public async Task A_header_of_64_KiB_is_431()
    {
        var response = await RawHttp.SendAsync(
            registry.Host.Address,
            $"GET /api/v1 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {new string('x', 64 << 10)}\r\n\r\n");
        Assert.That(response, Does.StartWith("HTTP/1.1 431 "));
        Assert.That(registry.Host.Log.Entries.Select(static entry => entry.Message), Has.None.Contains("xxxx"));
    }

    [Test]
    public async Task A_token_cannot_keep_others_from_pushing()
    {
        await using var guarded = await GuardedRegistry.StartAsync(anonymous: "", "--Limits:Uploads=6");
        var greedy = (await guarded.IssueAsync("team/*=push")).Text;
        var other = (await guarded.IssueAsync("a/*=push")).Text;
        var statuses = new List<int>();
        for (var i = 0; i < 4; i++)
            using (var mount = await guarded.SendAsync(
                "POST", $"/v2/team/app/blobs/uploads/?mount={OciRepository.UnknownDigest}&from=team/b", greedy))
                statuses.Add((int)mount.StatusCode);
        Assert.That(statuses, Is.EqualTo(new[] { 202, 202, 202, 429 }));
        using var begun = await guarded.SendAsync("POST", "/v2/a/app/blobs/uploads/", other);
        Assert.That(begun.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
    }

    [Test]
    public async Task The_admin_token_follows_its_file()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Below("secret");
        await File.WriteAllTextAsync(file, $"{GuardedRegistry.AdminSecret}\n");
        await using var host = await RegistryHost.StartAsync(
            "--Auth:Mode=tokens", "--Auth:Anonymous=", $"--Auth:AdminTokenFile={file}");
        var guarded = new GuardedRegistry(host);
        await ExpectAsync(guarded, GuardedRegistry.AdminSecret, HttpStatusCode.OK);
        // Replace the file atomically, as Kubernetes does.
        await File.WriteAllTextAsync(folder.Below("next"), "another-secret-of-tests");
        new FileInfo(folder.Below("next")).MoveTo(file, overwrite: true);
        await ExpectAsync(guarded, "another-secret-of-tests", HttpStatusCode.OK);
        await ExpectAsync(guarded, GuardedRegistry.AdminSecret, HttpStatusCode.Unauthorized);
        File.Delete(file);
        await ExpectAsync(guarded, "another-secret-of-tests", HttpStatusCode.Unauthorized);
        Assert.That(
            host.Log.Entries.Where(
                static entry => entry.Category.EndsWith("AdministratorSecret", StringComparison.Ordinal))
                .Select(static entry => entry.Level),
            Is.EqualTo(new[] { LogLevel.Information, LogLevel.Warning }));
        Assert.That(host.Log.Entries.Select(static entry => entry.Message), Has.None.Contains("secret-of-tests"));
    }

    private static async Task ExpectAsync(GuardedRegistry guarded, string secret, HttpStatusCode expected)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            using var response = await guarded.SendAsync("GET", "/v2/", secret);
            if (response.StatusCode == expected)
                return;
            await Task.Delay(50, deadline.Token);
        }
    }

    private HttpClient ClientOf(string secret)
    {
        var client = new HttpClient { BaseAddress = registry.Host.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return client;
    }

    private async Task<string> TagAsync(string package)
    {
        using var response = await registry.SendAsync(
            "HEAD", $"/v2/{package}/manifests/1.0.0", GuardedRegistry.AdminSecret);
        return OciRepository.HeaderOf(response, "Docker-Content-Digest")!;
    }
}
