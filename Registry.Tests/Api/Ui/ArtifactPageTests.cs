using System.Net;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Ui;

/// <summary>The pages of packages with images and other OCI artifacts.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class ArtifactPageTests
{
    private GuardedRegistry registry = null!;
    private string server = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        registry = await GuardedRegistry.StartAsync(anonymous: "**=pull");
        server = registry.Host.Address.Authority;
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await registry.DisposeAsync();

    [Test]
    public async Task An_image_shows_its_facts_and_how_to_pull_it()
    {
        var image = await OciImage.PushAsync(
            registry,
            "images/app",
            ["1.0.0", "1.0", "latest"],
            """
            ,"annotations":{"org.opencontainers.image.title":"app",
            "org.opencontainers.image.description":"It <b>runs</b>."}
            """);
        await OciImage.PushAsync(registry, "images/app", ["0.9.0"]);
        var page = await GetAsync("/packages/images/app");
        Assert.That(page, Does.Contain($"docker pull {server}/images/app:latest"));
        Assert.That(page, Does.Contain($"podman pull --tls-verify=false {server}/images/app:latest"));
        Assert.That(page, Does.Contain($"docker://{server}/images/app:latest").And.Not.Contain("oras pull"));
        Assert.That(page, Does.Contain("<p>It <b>runs</b>.</p>").And.Contain(">3 Feb 2024<"));
        foreach (var (title, fact) in (IEnumerable<(string, string)>)
            [("Kind", "Image"), ("Type", OciImage.ConfigType), ("Platform", "linux/arm64")])
            Assert.That(page, Does.Contain($"<dt>{title}</dt>\n  <dd>{fact}</dd>").Or.Contain(
                $"<dt>{title}</dt>\n    <dd>{fact}</dd>"), title);
        Assert.That(page, Does.Contain($"sha256:{image.Digest}").And.Contain(">MIT<").And.Contain(">app<"));
        Assert.That(page, Does.Contain("1 layer 5 bytes"));

        // The four tags are two images.
        Assert.That(page.Split("<section class=\"tag\">"), Has.Length.EqualTo(3));
        Assert.That(await GetAsync("/packages/images/app?tag=0.9.0"), Does.Contain($"{server}/images/app:0.9.0"));
        Assert.That(
            await GetAsync("/packages/images/app?tag=0.9.0&tab=details"),
            Does.Contain("layers[0]").And.Contain("org.opencontainers.image.licenses"));
        foreach (var tag in (string[])["none", "a b"])
            using (var missing = await registry.SendAsync("GET", $"/packages/images/app?tag={tag}", secret: null))
                Assert.That(missing.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task An_image_for_several_platforms_names_them()
    {
        var child = await OciImage.PushAsync(registry, "images/multi", []);
        await OciImage.PutAsync(
            registry, "images/multi", ["2.0.0"], OciMediaTypes.Index, $$"""
            {"schemaVersion":2,"mediaType":"{{OciMediaTypes.Index}}","manifests":[
            {{Entry("linux", "arm64")}},{{Entry("linux", "amd64")}},{{Entry("unknown", "unknown")}}]}
            """);
        var page = await GetAsync("/packages/images/multi");
        Assert.That(page, Does.Contain("Image for several platforms").And.Contain("linux/arm64, linux/amd64<"));
        Assert.That(page, Does.Contain($"docker pull {server}/images/multi:2.0.0"));
        Assert.That(
            await GetAsync("/packages/images/multi?tab=details"),
            Does.Contain("1 OCI manifest of this package has no tag"));

        string Entry(string system, string architecture) =>
            $$"""
            {"mediaType":"{{OciMediaTypes.Manifest}}","digest":"sha256:{{child.Digest}}","size":{{child.Size}},
            "platform":{"os":"{{system}}","architecture":"{{architecture}}"}
            }
            """;
    }

    [Test]
    public async Task What_is_attached_to_an_artifact_is_listed_with_the_commands_that_fetch_it()
    {
        const string Kind = "application/vnd.example.notes.config.v1+json";
        var subject = await OciImage.PushAsync(registry, "images/notes", ["one"], configType: Kind);
        var attached = await OciImage.PushAsync(
            registry,
            "images/notes",
            [],
            $$""","subject":{"mediaType":"{{OciMediaTypes.Manifest}}","digest":"sha256:{{subject.Digest}}","size":1}"""
                + ",\"artifactType\":\"application/spdx+json\"");
        var page = await GetAsync("/packages/images/notes");
        Assert.That(page, Does.Contain($"oras pull --plain-http {server}/images/notes:one"));
        Assert.That(page, Does.Not.Contain("docker pull").And.Contain(Kind));
        page = await GetAsync("/packages/images/notes?tab=details");
        Assert.That(page, Does.Contain($"oras discover --plain-http {server}/images/notes@sha256:{subject.Digest}"));
        Assert.That(page, Does.Contain($"oras pull --plain-http {server}/images/notes@sha256:{attached.Digest}"));
        Assert.That(page, Does.Contain("<h3>Fetch the SBOM with oras</h3>").And.Not.Contain("no tag, for example"));
    }

    [Test]
    public async Task A_very_large_manifest_is_not_read()
    {
        var annotation = new string('x', 200_000);
        var image = await OciImage.PushAsync(
            registry, "images/large", ["1.0.0"], $$""","annotations":{"large":"{{annotation}}"}""");
        foreach (var tab in (string[])["tags", "details"])
            Assert.That(
                await GetAsync($"/packages/images/large?tab={tab}"),
                Does.Contain($"sha256:{image.Digest}").And.Not.Contain("xxxx"));
    }

    [Test]
    public async Task A_malicious_manifest_runs_no_scripts()
    {
        const string Foreign =
            "\"mediaType\":\"application/vnd.oci.image.layer.nondistributable.v1.tar\",\"size\":9223372036854775807";
        var layer = OneRegistry.Sha256([]);
        await OciImage.PutAsync(
            registry, "evil/image", ["1"], OciMediaTypes.Index, $$"""
            {"schemaVersion":2,"mediaType":"{{OciMediaTypes.Index}}","manifests":[],
            "annotations":{"org.opencontainers.image.title":"<script>alert(1)</script>",
            "org.opencontainers.image.url":"javascript:alert(2)","org.opencontainers.image.created":"x"}
            }
            """);
        var config = await OciImage.PushBlobAsync(
            registry, "evil/image", "{\"os\":\"\\ud800\",\"architecture\":\"x\",\"created\":1}", OciImage.ConfigType);
        await OciImage.PutAsync(
            registry, "evil/image", ["2"], OciMediaTypes.Manifest, $$"""
            {"schemaVersion":2,"config":{{config}},"layers":[
            {{{Foreign}},"digest":"sha256:{{layer}}"},{{{Foreign}},"digest":"sha256:{{OneRegistry.Sha256([1])}}"}]}
            """);
        foreach (var query in (string[])["?tag=1", "?tag=1&tab=details", "?tag=2", "?tag=2&tab=details"])
        {
            using var response = await registry.SendAsync("GET", $"/packages/evil/image{query}", secret: null);
            var page = await response.Content.ReadAsStringAsync();
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), page);
            Assert.That(page, Does.Not.Contain("<script>").And.Not.Contain("href=\"javascript"), query);
        }
    }

    private async Task<string> GetAsync(string path)
    {
        using var response = await registry.SendAsync("GET", path, secret: null);
        var page = WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync());
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), page);
        return page;
    }
}
