using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Clients;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary><c>helm push</c>, and every command that reads an <c>oci://</c> reference.</summary>
[TestFixtureSource(typeof(HelmClient), nameof(HelmClient.Versions))]
public sealed class HelmPushTests(string version) : HelmTest(version)
{
    [TestCase("1.0.0")]
    [TestCase("1.0.0-rc.1")]
    [TestCase("1.0.0+build.5")]
    public async Task A_pushed_chart_is_pulled_with_the_same_bytes(string release)
    {
        var chart = new SampleChart("app", release);
        await PushAsync(chart);
        await AssertPulledAsync(chart, $"{Oci}/app", "--version", release);
    }

    [Test]
    public async Task The_newest_matching_version_is_pulled()
    {
        SampleChart[] charts = [new("app", "1.2.0"), new("app", "2.0.0-rc.1"), new("app", "1.10.0")];
        foreach (var chart in charts)
            await PushAsync(chart);

        await AssertPulledAsync(charts[2], $"{Oci}/app");
        foreach (var (range, expected) in ((string, SampleChart)[])
            [("^1.0.0", charts[2]), ("~1.2", charts[0]), ("<1.5.0", charts[0]), (">=2.0.0-0", charts[1])])
            await AssertPulledAsync(expected, $"{Oci}/app", "--version", range);
    }

    [Test]
    public async Task A_version_with_build_metadata_is_found_by_a_range()
    {
        var chart = new SampleChart("app", "1.4.0+build.5");
        await PushAsync(chart);
        await AssertPulledAsync(chart, $"{Oci}/app", "--version", "~1.4");
    }

    [TestCase("")]
    [TestCase("/a/b/c")]
    public async Task Repositories_may_have_one_part_or_many(string path)
    {
        // The empty namespace is shared, so the name tells the tests apart.
        var chart = new SampleChart($"{Namespace}-app", "1.0.0");
        var file = await SaveAsync(chart);
        await Helm.RunAsync("push", file, $"oci://{Host}{path}");
        await AssertPulledAsync(chart, $"oci://{Host}{path}/{chart.Name}");
    }

    [Test]
    public async Task A_chart_is_shown_and_rendered_by_its_reference()
    {
        var chart = new SampleChart("app", "1.0.0");
        await PushAsync(chart);
        Assert.That(await Helm.RunAsync("show", "chart", $"{Oci}/app"), Does.Contain("version: 1.0.0"));
        Assert.That(await Helm.RunAsync("template", "mine", $"{Oci}/app"), Does.Contain(chart.RenderedLine));
    }

    [Test]
    public async Task Pushing_the_same_file_again_changes_nothing()
    {
        var chart = new SampleChart("app", "1.0.0");
        var file = await SaveAsync(chart);
        var first = await PushFileAsync(file);
        Assert.That(await PushFileAsync(file), Is.EqualTo(first));
        await AssertPulledAsync(chart, $"{Oci}/app");
    }

    /// <summary>The time of the file is part of the manifest that helm writes.</summary>
    [Test]
    public async Task A_manifest_of_the_same_chart_with_another_time_is_kept_beside_the_first()
    {
        var chart = new SampleChart("app", "1.0.0");
        var file = await SaveAsync(chart);
        var first = await PushFileAsync(file);
        File.SetLastWriteTimeUtc(file, Samples.Start.UtcDateTime);
        var second = await PushFileAsync(file);
        Assert.That(second, Is.Not.EqualTo(first));
        foreach (var digest in (string[])[first, second])
            Assert.That(
                await Helm.RunAsync("template", "mine", $"{Oci}/app@{digest}"), Does.Contain(chart.RenderedLine));
        await AssertPulledAsync(chart, $"{Oci}/app");
    }

    /// <summary>helm 4 prints the error of the response, helm 3 only its status line.</summary>
    [Test]
    public async Task Another_chart_under_an_existing_version_is_refused_with_the_reason()
    {
        var chart = new SampleChart("app", "1.0.0");
        await PushAsync(chart);
        var other = await SaveAsync(chart with { Marker = "second" });

        var refusal = await Helm.FailAsync("push", other, Oci);
        Assert.That(
            refusal,
            Does.Contain("409").And.Contain(DigestOf(chart.ToArray())).And.Contain("RELEASES__MUTABLE"));
        await AssertPulledAsync(chart, $"{Oci}/app", "--version", "1.0.0");
    }

    [Test]
    public async Task A_chart_that_does_not_exist_is_refused_with_the_reason()
    {
        Assert.That(
            await Helm.FailAsync("pull", $"{Oci}/absent"), Does.Contain("404").Or.Contain("not found").IgnoreCase);
        await PushAsync(new SampleChart("app", "1.0.0"));
        Assert.That(
            await Helm.FailAsync("pull", $"{Oci}/app", "--version", "9.9.9"),
            Does.Contain("not found").Or.Contain("unknown").IgnoreCase);
        Assert.That(
            await Helm.FailAsync("pull", $"{Oci}/app", "--version", ">=9"),
            Does.Contain("could not locate").IgnoreCase);
    }

    [Test]
    public async Task Charts_that_are_pushed_at_the_same_time_are_all_there()
    {
        SampleChart[] charts =
            [.. Enumerable.Range(0, 6).Select(static minor => new SampleChart("app", $"1.{minor}.0"))];
        var files = new List<string>();
        foreach (var chart in charts)
            files.Add(await SaveAsync(chart));
        await RaceAsync(files.Count, number => Helm.RunAsync("push", files[number], Oci));
        foreach (var chart in charts)
            await AssertPulledAsync(chart, $"{Oci}/app", "--version", chart.Version);
    }

    /// <summary>Pushes a file.</summary>
    /// <returns>The digest that helm printed.</returns>
    private async Task<string> PushFileAsync(string file)
    {
        const string Label = "Digest: ";
        var run = await Helm.TryAsync("push", file, Oci);
        return (run.Succeeded() + run.Error).Split('\n')
            .Single(static line => line.StartsWith(Label, StringComparison.Ordinal))[Label.Length..];
    }
}
