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

    /// <summary>Returns the manifest of the only release of a package, without its time.</summary>
    private async Task<JsonNode> ManifestAsync(string package)
    {
        var manifest = JsonNode.Parse(
            await SendAsync(HttpMethod.Get, $"/v2/{package}/manifests/1.0.0_build.5", null))!;
        Assert.That(manifest["annotations"]!.AsObject().Remove("org.opencontainers.image.created"), Is.True);
        return manifest;
    }
}
