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
    public async Task The_commands_of_the_readme_push_a_chart_in_two_ways_and_install_it_in_two()
    {
        var readme = await ReadAsync("README.md");
        var commands = Blocks(readme)
            .Where(static block => block.StartsWith("helm ", StringComparison.Ordinal))
            .ToList();
        Assert.That(commands, Has.Count.EqualTo(2));
        var pushes = commands[0].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(pushes, Has.Length.EqualTo(2));
        await ShellAsync(Regex.Match(readme, "`(helm create [^`]*)`").Groups[1].Value);
        foreach (var push in pushes)
        {
            await ShellAsync(push);
            Assert.That(await ShellAsync(commands[1]), Does.Contain("kind: Deployment"));
            await ShellAsync("helm repo remove team");
            await DeleteAsync();
        }
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
    private Task<string> DeleteAsync() =>
        SendAsync(HttpMethod.Delete, "/api/v1/packages/team/app/0.1.0/helm", null);

    private Task<string> ReadAsync(string page) =>
        File.ReadAllTextAsync(Path.Combine(RegistryProcess.Root, page), CancellationToken);

    /// <summary>Runs commands on this registry. Without a cluster, charts are rendered instead of installed.</summary>
    private Task<string> ShellAsync(string script) => Helm.ShellAsync(script
        .Replace("localhost:5000", Host, StringComparison.Ordinal)
        .Replace("helm install", "helm template", StringComparison.Ordinal));
}
