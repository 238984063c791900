using NUnit.Framework;
using Registry.Tests.Support.Clients;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary><c>helm dependency</c> with the classic repository and with <c>oci://</c>.</summary>
[TestFixtureSource(typeof(HelmClient), nameof(HelmClient.Versions))]
public sealed class HelmDependencyTests(string version) : HelmTest(version)
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task Dependencies_are_updated_and_built_with_the_same_bytes(bool isOci)
    {
        SampleChart[] libraries =
        [
            new("base", "1.0.0"), new("base", "1.3.0"), new("base", "2.0.0"), new("extra", "0.2.0+build.1"),
        ];
        foreach (var library in libraries)
            await PushAsync(library);
        var repository = isOci ? Oci : Repository;
        var parent = new SampleChart("parent", "1.0.0")
        {
            Metadata = $"""
                dependencies:
                - name: base
                  version: ^1.0.0
                  repository: {repository}
                - name: extra
                  version: ~0.2
                  repository: {repository}

                """,
        };
        var chart = await parent.UnpackAsync(Path.Combine(Folder, "parent"), CancellationToken);
        if (!isOci)
            await AddRepositoryAsync();

        await Helm.RunAsync("dependency", "update", chart);
        await AssertDependenciesAsync(chart, libraries[1], libraries[3]);
        Assert.That(
            await File.ReadAllTextAsync(Path.Combine(chart, "Chart.lock"), CancellationToken),
            Does.Contain("version: 1.3.0"));

        // The lock decides, even if a newer version matches.
        await PushAsync(new SampleChart("base", "1.4.0"));
        Directory.Delete(Path.Combine(chart, "charts"), recursive: true);
        Helm.ClearCache();
        await Helm.RunAsync("dependency", "build", chart);
        await AssertDependenciesAsync(chart, libraries[1], libraries[3]);

        var rendered = await Helm.RunAsync("template", "mine", chart);
        foreach (var line in (string[])[parent.RenderedLine, libraries[1].RenderedLine, libraries[3].RenderedLine])
            Assert.That(rendered, Does.Contain(line));
    }

    [Test]
    public async Task A_chart_with_dependencies_is_in_the_repository()
    {
        var library = new SampleChart("base", "1.0.0");
        await PushAsync(library);
        var parent = new SampleChart("parent", "1.0.0")
        {
            Metadata = $"dependencies:\n- name: base\n  version: 1.x.x\n  repository: {Oci}\n  alias: db\n",
        };
        var chart = await parent.UnpackAsync(Path.Combine(Folder, "parent"), CancellationToken);
        await Helm.RunAsync("dependency", "update", chart);
        await Helm.RunAsync("package", chart, "--destination", Folder);
        var file = Path.Combine(Folder, parent.FileName);
        await Helm.RunAsync("push", file, Oci);

        await AddRepositoryAsync();
        AssertIsOnly(
            await Helm.PullAsync("repo/parent"),
            parent.FileName,
            await File.ReadAllBytesAsync(file, CancellationToken));
        var shown = await Helm.RunAsync("show", "chart", "repo/parent");
        Assert.That(shown, Does.Contain("alias: db"));
        var rendered = await Helm.RunAsync("template", "mine", "repo/parent");
        Assert.That(rendered, Does.Contain(parent.RenderedLine).And.Contain("marker: db-first"));
    }

    private async Task AssertDependenciesAsync(string chart, params SampleChart[] expected)
    {
        var folder = Path.Combine(chart, "charts");
        Assert.That(
            Directory.EnumerateFiles(folder).Select(Path.GetFileName),
            Is.EquivalentTo(expected.Select(static library => library.FileName)));
        foreach (var library in expected)
            Assert.That(
                await File.ReadAllBytesAsync(Path.Combine(folder, library.FileName), CancellationToken),
                Is.EqualTo(library.ToArray()).AsCollection);
    }
}
