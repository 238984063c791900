using System.Net;
using NUnit.Framework;
using Registry.Tests.Support.Clients;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary>The classic repository of a namespace, and the API of ChartMuseum that fills it.</summary>
[TestFixtureSource(typeof(HelmClient), nameof(HelmClient.Versions))]
public sealed class HelmRepositoryTests(string version) : HelmTest(version)
{
    [TestCase("1.0.0")]
    [TestCase("1.0.0+build.5")]
    public async Task A_pushed_chart_is_in_the_repository_with_the_same_bytes(string release)
    {
        var chart = new SampleChart("app", release);
        await PushAsync(chart);
        await AddRepositoryAsync();
        Assert.That(await SearchAsync("repo/"), Is.EqualTo([$"repo/app {release}"]).AsCollection);
        await AssertPulledAsync(chart, "repo/app");
        await AssertPulledAsync(chart, "repo/app", "--version", release);
        await AssertPulledAsync(chart, "app", "--repo", Repository);
        Assert.That(await Helm.RunAsync("template", "mine", "repo/app"), Does.Contain(chart.RenderedLine));
    }

    [Test]
    public async Task Versions_are_found_by_range_and_listed_newest_first()
    {
        SampleChart[] charts = [new("app", "1.2.0"), new("app", "2.0.0-rc.1"), new("app", "1.10.0")];
        foreach (var chart in charts)
            await PushAsync(chart);
        await AddRepositoryAsync();
        Assert.That(
            await SearchAsync("repo/app", "--versions", "--devel"),
            Is.EqualTo(["repo/app 2.0.0-rc.1", "repo/app 1.10.0", "repo/app 1.2.0"]).AsCollection);
        await AssertPulledAsync(charts[0], "repo/app", "--version", "~1.2");
        await AssertPulledAsync(charts[1], "repo/app", "--devel");
        await AssertPulledAsync(charts[2], "repo/app");
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_chart_that_is_posted_to_the_API_is_pulled_both_ways(bool isForm)
    {
        var chart = new SampleChart("app", "1.0.0");
        await PostAsync(chart, isForm);
        await AssertPulledAsync(chart, $"{Oci}/app");
        await AddRepositoryAsync();
        await AssertPulledAsync(chart, "repo/app");
        Assert.That(
            await SendAsync(HttpMethod.Get, $"/helm/api/{Namespace}/charts/app/1.0.0", null),
            Does.Contain(DigestOf(chart.ToArray())[7..]));
    }

    [Test]
    public async Task An_update_shows_what_came_and_went()
    {
        await PushAsync(new SampleChart("app", "1.0.0"));
        await AddRepositoryAsync();
        await PushAsync(new SampleChart("app", "1.1.0"));
        await PostAsync(new SampleChart("other", "0.1.0"), isForm: false);
        await UpdateRepositoryAsync();
        Assert.That(
            await SearchAsync("repo/", "--versions"),
            Is.EqualTo(["repo/app 1.1.0", "repo/app 1.0.0", "repo/other 0.1.0"]).AsCollection);

        await SendAsync(HttpMethod.Delete, $"/helm/api/{Namespace}/charts/app/1.1.0", null);
        await UpdateRepositoryAsync();
        Assert.That(
            await SearchAsync("repo/", "--versions"),
            Is.EqualTo(["repo/app 1.0.0", "repo/other 0.1.0"]).AsCollection);
        Assert.That(
            await Helm.FailAsync("pull", $"{Oci}/app", "--version", "1.1.0"),
            Does.Contain("not found").Or.Contain("unknown").IgnoreCase);
    }

    [Test]
    public async Task A_repository_contains_only_the_direct_charts_of_its_namespace()
    {
        var (direct, below) = (new SampleChart("app", "1.0.0"), new SampleChart("nested", "1.0.0"));
        await PushAsync(direct);
        await Helm.RunAsync("push", await SaveAsync(below), $"{Oci}/deep");
        await AddRepositoryAsync();
        await AddRepositoryAsync("deep", $"{Repository}/deep");
        Assert.That(
            await SearchAsync(), Is.EqualTo(["deep/nested 1.0.0", "repo/app 1.0.0"]).AsCollection);
        await AssertPulledAsync(below, "deep/nested");
    }

    [Test]
    public async Task Charts_without_a_namespace_are_in_the_root_repository()
    {
        var chart = new SampleChart($"{Namespace}-app", "1.0.0");
        await Helm.RunAsync("push", await SaveAsync(chart), $"oci://{Host}");
        await AddRepositoryAsync("root", $"{Registry.Address}helm");
        await AssertPulledAsync(chart, $"root/{chart.Name}");
    }

    /// <summary>Sends a chart as the curl commands of ChartMuseum do.</summary>
    private async Task PostAsync(SampleChart chart, bool isForm)
    {
        var content = new ByteArrayContent(chart.ToArray());
        using var form = new MultipartFormDataContent { { content, "chart", chart.FileName } };
        var response = await SendAsync(
            HttpMethod.Post,
            $"/helm/api/{Namespace}/charts",
            isForm ? form : new ByteArrayContent(chart.ToArray()),
            HttpStatusCode.Created);
        Assert.That(response, Does.Contain("\"saved\":true"));
    }
}
