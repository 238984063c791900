using NUnit.Framework;

namespace Registry.Tests.Api.Helm;

/// <summary>A registry behind a path prefix.</summary>
public sealed class HelmPrefixTests : HelmTest
{
    protected override string[] Settings => ["--PathBase=/registry"];

    [Test]
    public async Task The_index_names_the_API_below_the_prefix_and_archives_relative_to_itself()
    {
        await PushChartAsync("team", Chart("app", "1.0.0"));
        var index = await GetJsonAsync("registry/helm/team/index.yaml");
        Assert.That(
            index.GetProperty("serverInfo").GetProperty("contextPath").GetString(), Is.EqualTo("/registry/helm"));
        var url = index.GetProperty("entries").GetProperty("app")[0].GetProperty("urls")[0].GetString();
        Assert.That(await Client.GetByteArrayAsync($"registry/helm/team/{url}"), Is.EqualTo(Chart("app", "1.0.0")));
    }
}
