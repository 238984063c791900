using NUnit.Framework;
using Registry.Tests.Support.Clients;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary>Helm and CNR over one registry that stores its data in Redis.</summary>
[TestFixtureSource(typeof(HelmClient), nameof(HelmClient.Newest))]
public sealed class HelmOnRedisTests(string version) : HelmTest(version)
{
    private RedisServer? server;

    [Test]
    public async Task A_chart_that_helm_pushed_is_pulled_in_all_ways()
    {
        var chart = new SampleChart("app", "1.0.0+build.5");
        await PushAsync(chart);
        await AssertPulledAsync(chart, $"{Oci}/app");
        await AddRepositoryAsync();
        await AssertPulledAsync(chart, "repo/app");
        Assert.That(await PullThroughCnrAsync("app", chart.Version), Is.EqualTo(chart.ToArray()).AsCollection);
        await Helm.FailAsync("push", await SaveAsync(chart with { Marker = "second" }), Oci);
    }

    [Test]
    public async Task A_chart_that_CNR_pushed_is_pulled_in_all_ways()
    {
        var chart = new SampleChart("app", "1.0.0");
        await PushThroughCnrAsync(chart);
        await PushThroughCnrAsync(chart with { Version = "2.0.0" });
        await MoveChannelAsync("app", "stable", "1.0.0");
        await AssertPulledAsync(chart, $"{Oci}/app", "--version", "~1.0");
        await AddRepositoryAsync("stable", $"{Repository}/-/stable");
        await AssertPulledAsync(chart, "stable/app");
        Assert.That(await Helm.RunAsync("template", "mine", "stable/app"), Does.Contain(chart.RenderedLine));
    }

    private protected override async Task<IEnumerable<(string Name, string? Value)>> SettingsAsync()
    {
        server = await RedisServer.StartAsync(CancellationToken);
        return
            [
                ("STORAGE", "redis"), ("REDIS__CONFIGURATION", server.Configuration),
                // These tests are not about slow servers, and the machine is busy.
                ("REDIS__DEADLINESECONDS", "60"),
            ];
    }

    private protected override ValueTask StopStorageAsync() => server?.DisposeAsync() ?? default;
}
