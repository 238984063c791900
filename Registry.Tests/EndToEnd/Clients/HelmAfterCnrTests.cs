using NUnit.Framework;
using Registry.Tests.Support.Clients;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary>helm sees what is changed through CNR.</summary>
[TestFixtureSource(typeof(HelmClient), nameof(HelmClient.Newest))]
public sealed class HelmAfterCnrTests(string version) : HelmTest(version)
{
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
}
