using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Access;

[Parallelizable(ParallelScope.Self)]
public sealed class LoginTests
{
    private static readonly string[] Mounts = ["", "/cnr"];

    private GuardedRegistry registry = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => registry = await GuardedRegistry.StartAsync(anonymous: "");

    [OneTimeTearDown]
    public async Task StopAsync() => await registry.DisposeAsync();

    [TestCaseSource(nameof(Mounts))]
    public async Task What_a_login_returns_is_a_valid_Authorization_header(string mount)
    {
        foreach (var secret in (string[])[(await registry.IssueAsync("**=pull")).Text, GuardedRegistry.AdminSecret])
        {
            using var response = await LoginAsync(mount, new { user = new { username = "me", password = secret } });
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(response.Headers.CacheControl!.NoStore, Is.True);
            var body = (await response.Content.ReadFromJsonAsync<JsonObject>())!;
            Assert.That(body.Select(static member => member.Key), Is.EqualTo(new[] { "token" }));
            using var list = await registry.SendWithAsync(
                "GET", $"{mount}/api/v1/packages", (string)body["token"]!);
            Assert.That(list.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [TestCaseSource(nameof(Mounts))]
    public async Task A_wrong_password_is_401(string mount)
    {
        var revoked = (await registry.IssueRevokedAsync("**=pull")).Text;
        var expired = (await registry.IssueExpiredAsync("**=pull")).Text;
        foreach (var secret in (string[])["wrong", revoked, expired])
        {
            using var response = await LoginAsync(mount, new { user = new { username = "me", password = secret } });
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            var text = await response.Content.ReadAsStringAsync();
            Assert.That(text, Does.Contain("\"unauthorized-access\"").And.Not.Contain(secret));
        }
    }

    [TestCase("", "not valid JSON")]
    [TestCase("{", "not valid JSON")]
    [TestCase("[]", "not valid JSON")]
    [TestCase("null", "user.password")]
    [TestCase("{}", "user.password")]
    [TestCase("""{"user":{"username":"me"}}""", "user.password")]
    [TestCase("""{"user":{"username":"me","password":""}}""", "user.password")]
    [TestCase("""{"user":{"username":"me","password":7}}""", "not valid JSON")]
    [TestCase("""{"user":{"username":"me","password":"\ud800"}}""", "not valid JSON")]
    [TestCase("""{"user":{"\ud800":"me"}}""", "not valid JSON")]
    public async Task A_malformed_login_is_400(string body, string reason)
    {
        using var response = await registry.SendAsync(
            "POST", "/api/v1/users/login", secret: null, new StringContent(body));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain(reason));
    }

    [Test]
    public async Task A_login_that_is_too_large_is_413()
    {
        using var response = await registry.SendAsync(
            "POST", "/api/v1/users/login", secret: null, new ByteArrayContent(new byte[1 << 20]));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    [Test]
    public async Task Wrong_logins_do_not_lock_out_a_valid_token()
    {
        var secret = (await registry.IssueAsync("**=pull")).Text;
        for (var i = 0; i < 1000; i++)
            using (var wrong = await registry.SendAsync("GET", "/v2/", $"{secret[..^1]}{(char)('a' + (i % 26))}x"))
                Assert.That(wrong.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        using var right = await registry.SendAsync("GET", "/v2/", secret);
        Assert.That(right.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCaseSource(nameof(Mounts))]
    public async Task There_is_no_login_where_requests_need_no_credentials(string mount)
    {
        await using var open = await RegistryHost.StartAsync();
        using var response = await open.Client.PostAsync(
            $"{mount}/api/v1/users/login",
            new StringContent("{}", Encoding.UTF8, "application/json"));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("\"resource-not-found\""));
    }

    private async Task<HttpResponseMessage> LoginAsync(string mount, object body) =>
        await registry.SendAsync("POST", $"{mount}/api/v1/users/login", secret: null, JsonContent.Create(body));
}
