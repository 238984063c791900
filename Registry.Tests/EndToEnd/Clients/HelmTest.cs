using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support.Clients;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary>Tests of one version of helm; they are skipped if it is not installed.</summary>
/// <param name="version">The version of helm.</param>
public abstract class HelmTest(string version) : ClientTest
{
    /// <summary>The version of helm.</summary>
    protected string Version => version;

    /// <summary>A helm that has not run yet.</summary>
    private protected HelmClient Helm { get; private set; } = null!;

    /// <summary>The reference of the namespace for <c>helm push</c>.</summary>
    protected string Oci => $"oci://{Host}/{Namespace}";

    /// <summary>The address of the namespace for <c>helm repo add</c>.</summary>
    protected string Repository => $"{Registry.Address}helm/{Namespace}";

    [SetUp]
    public void MakeHelm() => Helm = NewHelm("helm");

    private protected override void RequireClient() => HelmClient.Require(version);

    /// <summary>Returns a helm with an empty home.</summary>
    private protected HelmClient NewHelm(string name) => new(version, Path.Combine(Folder, name), CancellationToken);

    /// <summary>Pushes a chart with <c>helm push</c>.</summary>
    private protected async Task PushAsync(SampleChart chart) =>
        await Helm.RunAsync("push", await SaveAsync(chart), Oci);

    /// <summary>Writes a chart to the folder of the test.</summary>
    /// <returns>The path of the archive.</returns>
    private protected Task<string> SaveAsync(SampleChart chart) =>
        chart.SaveAsync(Path.Combine(Folder, "charts"), CancellationToken);

    /// <summary>Asserts that helm pulls a chart with these bytes and nothing else.</summary>
    private protected async Task AssertPulledAsync(SampleChart chart, params string[] arguments) =>
        AssertIsOnly(await Helm.PullAsync(arguments), chart.FileName, chart.ToArray());

    /// <summary>Adds the repository of the namespace, or another one, and reads its index.</summary>
    private protected Task AddRepositoryAsync(string name = "repo", string? url = null) =>
        Helm.RunAsync("repo", "add", name, url ?? Repository);

    /// <summary>Reads the index of an added repository again.</summary>
    private protected Task UpdateRepositoryAsync(string name = "repo") => Helm.RunAsync("repo", "update", name);

    /// <summary>Lists charts with <c>helm search repo</c>, as <c>repository/name version</c>.</summary>
    private protected async Task<IEnumerable<string>> SearchAsync(params string[] arguments)
    {
        var found = JsonDocument.Parse(await Helm.RunAsync(["search", "repo", .. arguments, "--output", "json"]));
        return found.RootElement.EnumerateArray()
            .Select(static chart => $"{chart.GetProperty("name")} {chart.GetProperty("version")}");
    }

    private protected static void AssertIsOnly(
        IReadOnlyDictionary<string, byte[]> files, string name, byte[] bytes)
    {
        Assert.That(files.Keys, Is.EqualTo([name]).AsCollection);
        Assert.That(files[name], Is.EqualTo(bytes).AsCollection);
    }
}
