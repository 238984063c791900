using NUnit.Framework;
using Registry.Tests.Support.Clients;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary><c>helm push</c> where the operator allows it to replace releases.</summary>
[TestFixtureSource(typeof(HelmClient), nameof(HelmClient.Newest))]
public sealed class HelmMutableTests(string version) : HelmTest(version)
{
    [Test]
    public async Task A_pushed_release_is_replaced_in_all_ways()
    {
        var chart = new SampleChart("app", "1.0.0");
        await PushAsync(chart);
        await AddRepositoryAsync();
        Assert.That(await Helm.RunAsync("template", "mine", "repo/app"), Does.Contain(chart.RenderedLine));

        var other = chart with { Marker = "second" };
        await PushAsync(other);
        await AssertPulledAsync(other, $"{Oci}/app");
        await UpdateRepositoryAsync();
        await AssertPulledAsync(other, "repo/app");
        Assert.That(await Helm.RunAsync("template", "mine", "repo/app"), Does.Contain(other.RenderedLine));
        Assert.That(await PullThroughCnrAsync("app", "1.0.0"), Is.EqualTo(other.ToArray()).AsCollection);
    }

    [Test]
    public async Task A_package_that_no_pattern_matches_stays_immutable()
    {
        var chart = new SampleChart("library", "1.0.0");
        await PushAsync(chart);
        await Helm.FailAsync("push", await SaveAsync(chart with { Marker = "second" }), Oci);
        await AssertPulledAsync(chart, $"{Oci}/library");
    }

    private protected override Task<IEnumerable<(string Name, string? Value)>> SettingsAsync() =>
        Task.FromResult<IEnumerable<(string, string?)>>([("RELEASES__MUTABLE", "team-*/app")]);
}
