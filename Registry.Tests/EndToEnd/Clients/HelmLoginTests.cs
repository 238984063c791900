using System.Net.Http.Headers;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Clients;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary>Helm with a registry that requires a token to read.</summary>
[TestFixtureSource(typeof(HelmClient), nameof(HelmClient.Versions))]
[Parallelizable(ParallelScope.Self)]
public sealed class HelmLoginTests(string version) : HelmTest(version)
{
    /// <summary>
    /// Helm 3.17 has no flag for a login over HTTP. On loopback, it uses HTTP with <c>--insecure</c>.
    /// </summary>
    private string InsecureFlag => Version.StartsWith("3.", StringComparison.Ordinal) ? "--insecure" : "--plain-http";

    private protected override Task<IEnumerable<(string Name, string? Value)>> SettingsAsync() =>
        Task.FromResult<IEnumerable<(string, string?)>>(
            [
                ("AUTH__MODE", "tokens"), ("AUTH__ANONYMOUS", ""), ("AUTH__ADMINTOKEN", GuardedRegistry.AdminSecret),
            ]);

    [Test]
    public async Task A_login_allows_to_push_and_pull()
    {
        var chart = new SampleChart("app", "1.0.0");
        var archive = await SaveAsync(chart);
        Assert.That(await Helm.FailAsync("push", archive, Oci), Does.Contain("401").Or.Contain("credential"));
        await LoginAsync(GuardedRegistry.AdminSecret);
        await Helm.RunAsync("push", archive, Oci);
        await AssertPulledAsync(chart, $"{Oci}/app", "--version", "1.0.0");
        Assert.That(await Helm.RunAsync("show", "chart", $"{Oci}/app"), Does.Contain("name: app"));
        await Helm.RunAsync("registry", "logout", Host);
        await Helm.FailAsync("pull", $"{Oci}/app");
    }

    [Test]
    public async Task A_login_with_a_wrong_password_fails() =>
        Assert.That((await TryLoginAsync("wrong")).Failed(), Does.Contain("401").Or.Contain("denied"));

    [Test]
    public async Task A_repository_is_added_with_a_password()
    {
        var chart = new SampleChart("app", "1.0.0");
        await LoginAsync(GuardedRegistry.AdminSecret);
        await PushAsync(chart);
        Assert.That(await Helm.FailAsync("repo", "add", "repo", Repository), Does.Contain("401"));
        await Helm.RunAsync(
            "repo", "add", "repo", Repository, "--username", "me", "--password", GuardedRegistry.AdminSecret);
        Assert.That(await SearchAsync("repo/"), Is.EqualTo(["repo/app 1.0.0"]).AsCollection);
        await AssertPulledAsync(chart, "repo/app");
    }

    [Test]
    public async Task The_first_steps_of_the_home_page_push_and_use_a_chart()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        var secret = await new GuardedRegistry(Registry).IssueAsync("team/**=pull,push");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret.Text);
        using var response = await Registry.Client.SendAsync(request, CancellationToken);
        var page = await response.Content.ReadAsStringAsync(CancellationToken);
        ClientRun? last = null;
        foreach (var label in (string[])["Create a chart", "Push it", "Preview the manifests"])
        {
            last = await Helm.PasteAsync(PageCommands.Find(page, label)
                .Replace("login --plain-http", $"login {InsecureFlag}", StringComparison.Ordinal)
                .Replace("--username token", $"--username token --password {secret.Text}", StringComparison.Ordinal));
            last.Succeeded();
        }

        Assert.That(last!.Output, Does.Contain("kind: Deployment"));
    }

    private async Task LoginAsync(string password) => (await TryLoginAsync(password)).Succeeded();

    private Task<ClientRun> TryLoginAsync(string password) => Helm.TryAsync(
        "registry", "login", Host, "--username", "me", "--password", password, InsecureFlag);
}
