using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Access;

/// <summary>Tokens of a real issuer with TLS, on a running service.</summary>
[Parallelizable(ParallelScope.Children)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ExternalIdentityTests : IAsyncDisposable
{
    private const string Admin = "an-administrator-of-tests";

    private readonly TestAuthority authority = new();
    private readonly ShiftedTime time = new();
    private TestIssuer issuer = null!;
    private RegistryHost host = null!;

    [SetUp]
    public async Task StartAsync()
    {
        issuer = await TestIssuer.StartAsync(authority);
        host = await RegistryHost.StartAsync(
            services => services.AddSingleton<TimeProvider>(time),
            routes: null,
            ["--Auth:Mode=tokens", $"--Auth:AdminToken={Admin}", .. issuer.Rules(authority)]);
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await issuer.DisposeAsync();
        authority.Dispose();
    }

    [Test]
    public async Task An_identity_may_do_what_its_rule_says([Values] bool basic)
    {
        var token = issuer.Token();
        Assert.That(await PushAsync("group/sub/app", token, basic), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await PushAsync("group/app", token, basic), Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(issuer.Fetches, Is.EqualTo(1), "the keys are cached");
    }

    [Test]
    public async Task The_first_rule_that_matches_decides()
    {
        var token = issuer.Token(claims =>
        {
            claims["aud"] = new JsonArray("something", "other-registry");
            claims["sub"] = "system:serviceaccount:team:reader";
        });
        Assert.That(await ListAsync(token), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await PushAsync("readers/app", token), Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task A_token_that_was_signed_by_another_or_changed_is_refused()
    {
        var token = issuer.Token();
        await using var other = await TestIssuer.StartAsync(authority);
        Assert.That(
            await ListAsync(other.Token(claims => claims["iss"] = issuer.Address)),
            Is.EqualTo(HttpStatusCode.Unauthorized));
        var parts = token.Split('.');
        var changed = issuer.Token(static claims => claims["namespace_path"] = "other").Split('.')[1];
        foreach (var wrong in (string[])[$"{parts[0]}.{changed}.{parts[2]}", $"{parts[0]}.{parts[1]}.", "a.b.c", ".."])
            Assert.That(await ListAsync(wrong), Is.EqualTo(HttpStatusCode.Unauthorized), wrong);
        Assert.That(await ListAsync(token), Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task An_identity_cannot_issue_tokens()
    {
        using var response = await SendAsync(
            HttpMethod.Post,
            "/api/v1/tokens",
            issuer.Token(),
            JsonContent.Create(new { name = "x", scopes = new[] { "group/sub/app=pull" }, expires_in = "1h" }));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task A_new_key_of_the_issuer_is_accepted_and_the_old_one_is_not()
    {
        var old = issuer.Token();
        Assert.That(await ListAsync(old), Is.EqualTo(HttpStatusCode.OK));
        issuer.Rotate();
        time.Passed = TimeSpan.FromSeconds(11);
        Assert.That(await ListAsync(issuer.Token()), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await ListAsync(old), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Unknown_keys_cost_the_issuer_at_most_one_request_in_a_while()
    {
        await using var stranger = await TestIssuer.StartAsync(authority);
        var forged = stranger.Token(
            claims => claims["iss"] = issuer.Address, static header => header["kid"] = "forged");
        await ListAsync(issuer.Token());
        for (var i = 0; i < 20; i++)
            Assert.That(await ListAsync(forged), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(issuer.Fetches, Is.EqualTo(1));
    }

    [Test]
    public async Task Known_keys_outlive_an_issuer_that_is_down_for_a_day()
    {
        Assert.That(await ListAsync(issuer.Token()), Is.EqualTo(HttpStatusCode.OK));
        issuer.Respond = static context => Status(context, 500);
        time.Passed = TimeSpan.FromHours(23);
        Assert.That(await ListAsync(issuer.Token()), Is.EqualTo(HttpStatusCode.OK));
        time.Passed = TimeSpan.FromHours(25);
        Assert.That(await ListAsync(issuer.Token()), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    private static IEnumerable<TestCaseData> BrokenIssuers()
    {
        yield return Case("an error", static context => Status(context, 500));
        yield return Case("a redirect", static context =>
        {
            context.Response.Redirect("https://localhost/elsewhere");
            return Task.CompletedTask;
        });
        yield return Case("no JSON", static context => context.Response.WriteAsync("<html>"));
        yield return Case("another document", static context => context.Response.WriteAsync("[]"));
        yield return Case("another issuer", static context =>
            context.Response.WriteAsync("""{"issuer":"https://other.example","jwks_uri":"https://other.example/k"}"""));
        yield return Case(
            "no Unicode", static context => context.Response.WriteAsync("""{"issuer":"\ud800","jwks_uri":"\ud800"}"""));
        yield return Case("a huge document", static async context =>
        {
            for (var i = 0; i < 1024; i++)
                await context.Response.WriteAsync(new string(' ', 1024));
        });
        yield return Case("a closed connection", static context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        yield return Case("no response", static context => Task.Delay(Timeout.Infinite, context.RequestAborted));

        static TestCaseData Case(string name, Func<HttpContext, Task> respond) =>
            new TestCaseData(respond).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(BrokenIssuers))]
    public async Task A_broken_issuer_affects_only_its_own_callers(Func<HttpContext, Task> respond)
    {
        issuer.Respond = respond;
        var refused = ListAsync(issuer.Token());
        Assert.That(await ListAsync(Admin), Is.EqualTo(HttpStatusCode.OK));
        using (var anonymous = await host.Client.GetAsync("/api/v1/packages"))
            Assert.That(anonymous.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await refused, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(
            host.Log.Entries.Select(static entry => entry.Message),
            Has.Some.StartsWith($"Fetching the keys of the issuer {issuer.Address} failed: "));

        issuer.Respond = null;
        time.Passed = TimeSpan.FromSeconds(11);
        Assert.That(await ListAsync(issuer.Token()), Is.EqualTo(HttpStatusCode.OK), "it has recovered");
    }

    [Test]
    public async Task A_certificate_of_an_untrusted_authority_is_refused()
    {
        using var stranger = new TestAuthority();
        await using var impostor = await TestIssuer.StartAsync(stranger);
        await using var other = await RegistryHost.StartAsync(
            "--Auth:Mode=tokens",
            $"--Auth:Oidc:0:Issuer={impostor.Address}",
            "--Auth:Oidc:0:Audience=registry",
            $"--Auth:Oidc:0:CaFile={authority.File}",
            "--Auth:Oidc:0:Claims:sub=*:builder",
            "--Auth:Oidc:0:Scopes=a/**=pull");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/packages");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", impostor.Token());
        using var response = await other.Client.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    private static Task Status(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private async Task<HttpStatusCode> ListAsync(string token)
    {
        using var response = await SendAsync(HttpMethod.Get, "/api/v1/packages", token);
        return response.StatusCode;
    }

    private async Task<HttpStatusCode> PushAsync(string package, string token, bool basic = false)
    {
        // A repository of several parts is pushed through OCI: the upload begins, which needs push.
        using var response = await SendAsync(HttpMethod.Post, $"/v2/{package}/blobs/uploads/", token, basic: basic);
        return response.StatusCode == HttpStatusCode.Accepted ? HttpStatusCode.OK : response.StatusCode;
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string token, HttpContent? content = null, bool basic = false)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Authorization = basic
            ? new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"anyone:{token}")))
            : new AuthenticationHeaderValue("Bearer", token);
        return await host.Client.SendAsync(request);
    }
}
