using NUnit.Framework;
using Registry.Tests.Support.Clients;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary>The classic repository through nginx, under a path. OCI references cannot contain such a path.</summary>
[TestFixtureSource(typeof(HelmClient), nameof(HelmClient.Newest))]
public sealed class HelmBehindProxyTests(string version) : HelmTest(version)
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task Charts_are_pulled_through_the_proxy(bool keepsPrefix)
    {
        await using var nginx = await NginxServer.StartAsync(
            Registry.Address, keepsPrefix, NginxServer.KeepHost, CancellationToken);
        var chart = new SampleChart("app", "1.0.0+build.5");
        await PushAsync(chart);
        await MoveChannelAsync("app", "stable", "1.0.0%2Bbuild.5");

        await AddRepositoryAsync("repo", $"{nginx.Address}helm/{Namespace}");
        await AddRepositoryAsync("stable", $"{nginx.Address}helm/{Namespace}/-/stable");
        await AssertPulledAsync(chart, "repo/app");
        await AssertPulledAsync(chart, "stable/app");
        Assert.That(await Helm.RunAsync("template", "mine", "repo/app"), Does.Contain(chart.RenderedLine));
    }

    private protected override Task<IEnumerable<(string Name, string? Value)>> SettingsAsync() =>
        Task.FromResult<IEnumerable<(string, string?)>>([("PATHBASE", NginxServer.Prefix)]);
}
