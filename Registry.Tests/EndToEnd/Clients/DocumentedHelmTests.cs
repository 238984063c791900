using System.Text.RegularExpressions;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Clients;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary>The commands of the documentation that use helm, as pasted.</summary>
[TestFixtureSource(typeof(HelmClient), nameof(HelmClient.Versions))]
public sealed class DocumentedHelmTests(string version) : HelmTest(version)
{
    [Test]
    public async Task The_commands_of_the_readme_push_and_install_a_chart_in_two_ways()
    {
        var readme = await ReadAsync("README.md");
        var commands = Blocks(readme)
            .Where(static block => block.Contains("helm install", StringComparison.Ordinal))
            .ToList();
        Assert.That(commands, Has.Count.EqualTo(2));
        await ShellAsync(Regex.Match(readme, "`(helm create [^`]*)`").Groups[1].Value);
        foreach (var block in commands)
            Assert.That(await ShellAsync(block), Does.Contain("kind: Deployment"));
        await DeleteAsync();
    }

    [Test]
    public async Task The_commands_of_the_quick_start_run_as_pasted()
    {
        var commands = Blocks(await ReadAsync(Path.Combine("Documentation", "quick-start.md"))).ToList();
        Assert.That(commands, Has.Count.GreaterThan(3));
        var printed = await ShellAsync(string.Join('\n', commands));
        Assert.That(printed, Does.Contain("{\"saved\":true}"));
        Assert.That(Regex.Count(printed, "kind: Deployment"), Is.EqualTo(3));
        await DeleteAsync();
    }

    private static IEnumerable<string> Blocks(string page) =>
        Regex.Matches(page, @"^```console\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)
            .Select(static match => match.Groups[1].Value);

    /// <summary>Deletes what the commands push: another chart cannot replace it.</summary>
    private async Task DeleteAsync()
    {
        foreach (var package in (string[])["team/app", "team2/app"])
            await SendAsync(HttpMethod.Delete, $"/api/v1/packages/{package}/0.1.0/helm", null);
    }

    private Task<string> ReadAsync(string page) =>
        File.ReadAllTextAsync(Path.Combine(RegistryProcess.Root, page), CancellationToken);

    /// <summary>Runs commands on this registry. Without a cluster, charts are rendered instead of installed.</summary>
    private Task<string> ShellAsync(string script) => Helm.ShellAsync(script
        .Replace("localhost:5000", Host, StringComparison.Ordinal)
        .Replace("helm install", "helm template", StringComparison.Ordinal));
}
