using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Api.Helm;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Access;

/// <summary>
/// The requests of appr 0.7.4: it sends the value that the login returned verbatim, and always declares JSON.
/// </summary>
[Parallelizable(ParallelScope.Self)]
public sealed class ApprLoginTests
{
    private const string Packages = "/cnr/api/v1/packages";

    private GuardedRegistry registry = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => registry = await GuardedRegistry.StartAsync(anonymous: "");

    [OneTimeTearDown]
    public async Task StopAsync() => await registry.DisposeAsync();

    [Test]
    public async Task Login_push_channel_show_pull_and_delete()
    {
        var secret = (await registry.IssueAsync("team/*=pull,push,delete")).Text;
        var chart = HelmTest.Archive("app", "1.0.0");
        var login = await SendAsync(
            "POST", "/cnr/api/v1/users/login", 200, token: null, Login("me", secret));
        var token = (string)login!["token"]!;

        await SendAsync("POST", $"{Packages}/team/app?force=false", 200, token, Push(chart));
        await SendAsync("POST", $"{Packages}/team/app/channels/stable/1.0.0", 200, token, "");
        var shown = await SendAsync("GET", $"{Packages}/team/app", 200, token);
        Assert.That((string?)shown![0]!["release"], Is.EqualTo("1.0.0"));
        var channel = await SendAsync("GET", $"{Packages}/team/app/channels/stable", 200, token);
        var release = (string)channel!["current"]!;
        var pulled = await SendAsync("GET", $"{Packages}/team/app/{release}/helm/pull?format=json", 200, token);
        Assert.That(Convert.FromBase64String((string)pulled!["blob"]!), Is.EqualTo(chart));
        await SendAsync("DELETE", $"{Packages}/team/app/1.0.0/helm", 200, token);
    }

    [Test]
    public async Task Without_a_login_or_with_a_wrong_one_nothing_is_pushed()
    {
        var chart = HelmTest.Archive("other", "1.0.0");
        await SendAsync(
            "POST", "/cnr/api/v1/users/login", 401, token: null, Login("me", "wrong"));
        foreach (var token in (string?[])[null, "Basic d3Jvbmc=", "wrong", "Basic dG9rZW46d3Jvbmc="])
        {
            var error = await SendAsync("POST", $"{Packages}/team/other?force=false", 401, token, Push(chart));
            Assert.That((string?)error!["error"]!["code"], Is.EqualTo("unauthorized-access"), "appr prints this.");
        }

        await SendAsync("GET", $"{Packages}/team/other", 404, $"Bearer {GuardedRegistry.AdminSecret}");
    }

    private static string Login(string name, string password) =>
        new JsonObject { ["user"] = new JsonObject { ["username"] = name, ["password"] = password } }.ToJsonString();

    private static string Push(byte[] chart) => new JsonObject
    {
        ["blob"] = Convert.ToBase64String(chart),
        ["manifest_name"] = null,
        ["media_type"] = "helm",
        ["metadata"] = new JsonObject { ["maintainers"] = new JsonArray(), ["source"] = new JsonArray() },
        ["name"] = "team/app",
        ["organization"] = "team",
        ["package"] = "team/app",
        ["release"] = "1.0.0",
    }.ToJsonString();

    private async Task<JsonNode?> SendAsync(
        string method, string path, int status, string? token, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body ?? "")),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "apprpy-cli/0.7.4");
        request.Headers.TryAddWithoutValidation("Accept", "*/*");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        if (token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", token);
        using var response = await registry.Client.SendAsync(request);
        Assert.That(
            (int)response.StatusCode, Is.EqualTo(status), $"{path}: {await response.Content.ReadAsStringAsync()}");
        return await response.Content.ReadFromJsonAsync<JsonNode>();
    }
}
