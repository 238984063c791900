using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Support.Clients;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary>helm pulls what is pushed through CNR, and the reverse.</summary>
[TestFixtureSource(typeof(HelmClient), nameof(HelmClient.Versions))]
public sealed class HelmAndCnrTests(string version) : HelmTest(version)
{
    [TestCase("1.0.0")]
    [TestCase("1.0.0+build.5")]
    public async Task A_chart_that_CNR_pushed_is_pulled_both_ways(string release)
    {
        var chart = new SampleChart("app", release);
        await PushThroughCnrAsync(chart);
        await AssertPulledAsync(chart, $"{Oci}/app", "--version", release);
        await AssertPulledAsync(chart, $"{Oci}/app");
        await AddRepositoryAsync();
        await AssertPulledAsync(chart, "repo/app");
        Assert.That(await Helm.RunAsync("template", "mine", $"{Oci}/app"), Does.Contain(chart.RenderedLine));
        Assert.That(await Helm.RunAsync("template", "mine", "repo/app"), Does.Contain(chart.RenderedLine));
    }

    [TestCase("1.0.0")]
    [TestCase("1.0.0+build.5")]
    public async Task A_chart_that_helm_pushed_is_pulled_through_CNR(string release)
    {
        var chart = new SampleChart("app", release);
        await PushAsync(chart);
        Assert.That(await PullThroughCnrAsync("app", release), Is.EqualTo(chart.ToArray()).AsCollection);
        var shown = await GetJsonAsync(
            Registry, $"/api/v1/packages/{Namespace}/app/{Uri.EscapeDataString(release)}/helm");
        Assert.That(shown.GetProperty("release").GetString(), Is.EqualTo(release));
        var content = shown.GetProperty("content");
        Assert.That(content.GetProperty("digest").GetString(), Is.EqualTo(chart.TarDigest()));
        Assert.That(content.GetProperty("size").GetInt32(), Is.EqualTo(chart.ToArray().Length));
    }

    /// <summary>A chart with every field that helm knows, and with text that JSON may escape.</summary>
    [Test]
    public async Task The_manifest_of_a_chart_that_CNR_pushed_is_that_of_helm_but_for_the_time()
    {
        var chart = new SampleChart("app", "1.0.0+build.5")
        {
            Metadata = """
                home: https://example.com/?a=1&b=2
                sources:
                - https://example.com/source
                - https://example.com/mirror
                keywords: [one, "<two>", dréi]
                maintainers:
                - name: Ann
                  email: ann@example.com
                  url: https://example.com/ann
                - name: Bob
                icon: https://example.com/icon.svg
                condition: app.enabled
                tags: first,second
                appVersion: 1.10
                deprecated: true
                annotations:
                  example.com/zeta: "last \U0001F600 & <b>"
                  example.com/alpha: |
                    first
                      line
                  org.opencontainers.image.authors: overridden
                kubeVersion: ">=1.20.0-0"
                dependencies:
                - name: base
                  version: ^1.0.0
                  repository: https://example.com/charts
                  condition: base.enabled
                  tags: [database]
                  enabled: true
                  import-values:
                  - data
                  - child: default.data
                    parent: imported
                  alias: db
                type: application

                """,
        };
        await PushThroughCnrAsync(chart);
        await Helm.RunAsync("push", await SaveAsync(chart), $"{Oci}/copy");

        var derived = await ManifestAsync($"{Namespace}/app");
        var pushed = await ManifestAsync($"{Namespace}/copy/app");
        Assert.That(derived.ToJsonString(), Is.EqualTo(pushed.ToJsonString()));
    }

    [Test]
    public async Task A_chart_at_the_root_of_its_archive_is_rendered_both_ways()
    {
        var chart = new SampleChart("app", "1.0.0") { IsRootless = true };
        await PushThroughCnrAsync(chart);
        Assert.That(await PullThroughCnrAsync("app", "1.0.0"), Is.EqualTo(chart.ToArray()).AsCollection);
        await AddRepositoryAsync();
        foreach (var reference in (string[])[$"{Oci}/app", "repo/app"])
            Assert.That(await Helm.RunAsync("template", "mine", reference), Does.Contain(chart.RenderedLine));

        var pulled = await Helm.PullAsync($"{Oci}/app");
        AssertIsOnly(await Helm.PullAsync("repo/app"), chart.FileName, pulled[chart.FileName]);

        // What helm pulled is the same chart, and may be pushed again.
        var file = Path.Combine(Folder, chart.FileName);
        await File.WriteAllBytesAsync(file, pulled[chart.FileName], CancellationToken);
        await Helm.RunAsync("push", file, Oci);
        Assert.That(await PullThroughCnrAsync("app", "1.0.0"), Is.EqualTo(chart.ToArray()).AsCollection);
    }

    [Test]
    public async Task A_replaced_release_is_replaced_for_helm()
    {
        var chart = new SampleChart("app", "1.0.0");
        await PushAsync(chart);
        var other = chart with { Marker = "second" };
        await PushThroughCnrAsync(other, force: true);
        await AddRepositoryAsync();
        foreach (var reference in (string[])[$"{Oci}/app", "repo/app"])
        {
            await AssertPulledAsync(other, reference);
            Assert.That(await Helm.RunAsync("template", "mine", reference), Does.Contain(other.RenderedLine));
        }
    }

    [Test]
    public async Task A_deleted_release_is_deleted_for_helm()
    {
        var chart = new SampleChart("app", "1.0.0");
        await PushAsync(chart);
        await PushAsync(chart with { Version = "1.1.0" });
        await SendAsync(HttpMethod.Delete, $"/api/v1/packages/{Namespace}/app/1.1.0/helm", null);
        await AssertPulledAsync(chart, $"{Oci}/app");
        await AddRepositoryAsync();
        await AssertPulledAsync(chart, "repo/app");
        Assert.That(
            await Helm.FailAsync("pull", $"{Oci}/app", "--version", "1.1.0"),
            Does.Contain("not found").Or.Contain("unknown").IgnoreCase);
    }

    [Test]
    public async Task A_version_that_CNR_pushed_is_refused_to_helm()
    {
        var chart = new SampleChart("app", "1.0.0");
        await PushThroughCnrAsync(chart);
        await PushAsync(chart);
        await Helm.FailAsync("push", await SaveAsync(chart with { Marker = "second" }), Oci);
        Assert.That(await PullThroughCnrAsync("app", "1.0.0"), Is.EqualTo(chart.ToArray()).AsCollection);
    }

    [Test]
    public async Task A_channel_is_a_repository()
    {
        SampleChart[] charts = [new("app", "1.0.0"), new("app", "1.1.0"), new("app", "2.0.0")];
        foreach (var chart in charts)
            await PushAsync(chart);
        await PushAsync(new SampleChart("other", "1.0.0"));
        await MoveChannelAsync("app", "stable", "1.0.0");
        await AddRepositoryAsync("stable", $"{Repository}/-/stable");
        Assert.That(await SearchAsync("--versions"), Is.EqualTo(["stable/app 1.0.0"]).AsCollection);
        await AssertPulledAsync(charts[0], "stable/app");

        await MoveChannelAsync("app", "stable", "1.1.0");
        await UpdateRepositoryAsync("stable");
        Assert.That(await SearchAsync("--versions"), Is.EqualTo(["stable/app 1.1.0"]).AsCollection);
        await AssertPulledAsync(charts[1], "stable/app");
        Assert.That(
            await Helm.RunAsync("template", "mine", "stable/app"), Does.Contain(charts[1].RenderedLine));
    }

    /// <summary>helm takes only versions for tags, so that it cannot name the tag of a channel.</summary>
    [Test]
    public async Task The_current_release_of_a_channel_is_rendered_by_its_digest()
    {
        SampleChart[] charts = [new("app", "1.0.0", "first"), new("app", "2.0.0", "second")];
        foreach (var chart in charts)
            await PushAsync(chart);
        foreach (var chart in charts)
        {
            await MoveChannelAsync("app", "stable", chart.Version);
            using var tag = await Registry.Client.GetAsync($"/v2/{Namespace}/app/manifests/stable", CancellationToken);
            var digest = tag.EnsureSuccessStatusCode().Headers.GetValues("Docker-Content-Digest").Single();
            Assert.That(
                await Helm.RunAsync("template", "mine", $"{Oci}/app@{digest}"), Does.Contain(chart.RenderedLine));
        }
    }

    [Test]
    public async Task A_release_under_another_version_has_the_version_of_the_release()
    {
        var chart = new SampleChart("app", "1.0.0");
        await PushThroughCnrAsync(chart, release: "3.2.1");
        await AddRepositoryAsync();
        Assert.That(await SearchAsync("repo/"), Is.EqualTo(["repo/app 3.2.1"]).AsCollection);
        AssertIsOnly(await Helm.PullAsync("repo/app", "--version", "3.2.1"), "app-3.2.1.tgz", chart.ToArray());
        AssertIsOnly(await Helm.PullAsync($"{Oci}/app"), "app-3.2.1.tgz", chart.ToArray());
    }

    [Test]
    public async Task A_package_that_is_no_chart_does_not_disturb_the_repository()
    {
        var chart = new SampleChart("app", "1.0.0");
        await PushThroughCnrAsync(chart);
        await PushThroughCnrAsync(new SampleChart("bad", "1.0.0") { Metadata = "deprecated: \"true\"\n" });
        await PushThroughCnrAsync(new SampleChart("odd", "1.0.0") { Metadata = "maintainers: [Ann]\n" });
        await AddRepositoryAsync();
        Assert.That(await SearchAsync("repo/"), Is.EqualTo(["repo/app 1.0.0"]).AsCollection);
        var unlisted = await SendAsync(HttpMethod.Get, $"/helm/api/{Namespace}/charts?unlisted", null);
        Assert.That(unlisted, Does.Contain("bad").And.Contain("odd").And.Not.Contain("\"app\""));
    }

    /// <summary>Returns the manifest of the only release of a package, without its time.</summary>
    private async Task<JsonNode> ManifestAsync(string package)
    {
        var manifest = JsonNode.Parse(
            await SendAsync(HttpMethod.Get, $"/v2/{package}/manifests/1.0.0_build.5", null))!;
        Assert.That(manifest["annotations"]!.AsObject().Remove("org.opencontainers.image.created"), Is.True);
        return manifest;
    }
}
