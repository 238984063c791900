using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Core.Tokens;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Access;

/// <summary>The API of tokens on a running service.</summary>
[Parallelizable(ParallelScope.Children)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TokenApiTests : IAsyncDisposable
{
    private const string Admin = "an-administrator-of-tests";
    private const string Tokens = "/api/v1/tokens";

    private RegistryHost host = null!;

    [SetUp]
    public async Task StartAsync() =>
        host = await RegistryHost.StartAsync("--Auth:Mode=tokens", $"--Auth:AdminToken={Admin}");

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Test]
    public async Task A_list_that_would_lack_a_damaged_token_names_it_until_it_is_revoked()
    {
        var registry = new GuardedRegistry(host);
        var (damaged, newer) = ((await registry.IssueAsync("a/b=pull")).Id, (await registry.IssueAsync("a/b=pull")).Id);
        var documents = host.Services.GetRequiredService<IDocumentStore>();
        await documents.TryPutAsync(damaged.Key, "{}"u8.ToArray(), Precondition.None, default);
        await documents.TryPutAsync(newer.Key, "{\"schema\":2}"u8.ToArray(), Precondition.None, default);
        var (response, error) = await SendAsync(HttpMethod.Get, Tokens, Admin);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(
            error!["details"]!["tokens"]!.AsArray().Select(static id => (string?)id),
            Is.EquivalentTo(new[] { damaged.Value, newer.Value }));
        Assert.That((string?)error["message"], Does.Contain(damaged.Value).And.Contain(newer.Value));
        Assert.That(
            host.Log.Entries.Select(static entry => $"{entry.Message} {entry.Exception}"),
            Has.Some.Contains($"The stored token {damaged} cannot be read").And.Some.Contains(
                $"The token {newer} is stored in schema 2"));
        using (var visitor = await PageVisitor.SignInAsync(registry, Admin))
            Assert.That(await visitor.ReadAsync("/tokens"), Does.Contain(damaged.Value).And.Contain(newer.Value));
        foreach (var id in (TokenId[])[damaged, newer])
        {
            var (shown, reason) = await SendAsync(HttpMethod.Get, $"{Tokens}/{id}", Admin);
            Assert.That(shown.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That((string?)reason!["message"], Does.Not.Contain("package"));
            var (revoked, _) = await SendAsync(HttpMethod.Delete, $"{Tokens}/{id}", Admin);
            Assert.That(revoked.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        }

        var (listed, list) = await SendAsync(HttpMethod.Get, Tokens, Admin);
        Assert.That(listed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(list!.AsArray(), Is.Empty);
    }

    [Test]
    public async Task A_token_is_issued_shown_listed_and_revoked()
    {
        var (created, body) = await SendAsync(
            HttpMethod.Post,
            Tokens,
            Admin,
            """{"name":"ci","scopes":["team/*=push","team/**=pull","team/*=pull"],"expires_in":"90d"}""");
        Assert.That(created.StatusCode, Is.EqualTo(HttpStatusCode.Created), body?.ToJsonString());
        var (token, id) = ((string?)body!["token"], (string?)body["id"]);
        Assert.That(created.Headers.Location!.ToString(), Is.EqualTo($"{Tokens}/{id}"));
        Assert.That(created.Headers.CacheControl!.NoStore, Is.True);
        Assert.That(body["scopes"]!.ToJsonString(), Is.EqualTo("""["team/*=push","team/**=pull"]"""));
        Assert.That((string?)body["issuer"], Is.EqualTo("administrator"));

        var (shown, self) = await SendAsync(HttpMethod.Get, $"{Tokens}/self", token);
        Assert.That(shown.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(((string?)self!["id"], self["token"]), Is.EqualTo((id, (JsonNode?)null)));
        Assert.That(self.AsObject().ContainsKey("last_used"), Is.True);
        var (listed, list) = await SendAsync(HttpMethod.Get, Tokens, Admin);
        Assert.That(listed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(list!.AsArray().Select(static entry => (string?)entry!["id"]), Is.EqualTo(new[] { id }));
        Assert.That(list.ToJsonString(), Does.Not.Contain(token![17..]));

        var (revoked, _) = await SendAsync(HttpMethod.Delete, $"{Tokens}/{id}", Admin);
        Assert.That(revoked.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        var (refused, _) = await SendAsync(HttpMethod.Get, $"{Tokens}/self", token);
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Delete])
        {
            var (absent, error) = await SendAsync(method, $"{Tokens}/{id}", Admin);
            Assert.That(absent.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That((string?)error!["error"]?["code"] ?? (string?)error["code"], Is.EqualTo("token-not-found"));
        }
    }

    [Test]
    public async Task A_token_with_admin_manages_only_what_is_within_its_scopes()
    {
        var team = await IssueAsync("team/**=pull,admin", "1d");
        var foreign = await IssueAsync("other/app=pull");
        var (issued, own) = await SendAsync(
            HttpMethod.Post, Tokens, team.Token, Body("team/app=pull", "90d"));
        Assert.That(issued.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((string?)own!["issuer"], Is.EqualTo($"token {team.Id}"));
        Assert.That((DateTimeOffset)own["expires_at"]!, Is.EqualTo(team.Expires), "no later than its issuer");

        foreach (var scope in (string[])["team/app=push", "other/app=pull", "**=pull", "kar:**=pull"])
        {
            var (denied, error) = await SendAsync(HttpMethod.Post, Tokens, team.Token, Body(scope));
            Assert.That(denied.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden), scope);
            Assert.That(error!.ToJsonString(), Does.Contain(scope));
        }

        var (_, list) = await SendAsync(HttpMethod.Get, Tokens, team.Token);
        Assert.That(
            list!.AsArray().Select(static entry => (string?)entry!["id"]),
            Is.EquivalentTo(new[] { team.Id, (string?)own["id"] }));
        var (hidden, _) = await SendAsync(HttpMethod.Delete, $"{Tokens}/{foreign.Id}", team.Token);
        Assert.That(hidden.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task A_token_without_admin_only_sees_itself()
    {
        var (token, id, _) = await IssueAsync("team/**=pull,push,delete");
        foreach (var (method, path) in (IEnumerable<(HttpMethod, string)>)
            [(HttpMethod.Post, Tokens), (HttpMethod.Get, Tokens), (HttpMethod.Get, $"{Tokens}/{id}"),
            (HttpMethod.Delete, $"{Tokens}/{id}")])
        {
            var (denied, _) = await SendAsync(
                method, path, token, method == HttpMethod.Post ? Body("team/app=pull") : null);
            Assert.That(denied.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden), $"{method} {path}");
        }
    }

    [Test]
    public async Task Self_is_for_tokens_only()
    {
        var (anonymous, _) = await SendAsync(HttpMethod.Get, $"{Tokens}/self", token: null);
        Assert.That(anonymous.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        var (administrator, _) = await SendAsync(HttpMethod.Get, $"{Tokens}/self", Admin);
        Assert.That(administrator.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Without_access_control_there_are_no_tokens()
    {
        await using var open = await RegistryHost.StartAsync();
        foreach (var path in (string[])[Tokens, $"{Tokens}/self", $"{Tokens}/0123456789ab"])
            using (var response = await open.Client.GetAsync(path))
                Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
        using var posted = await open.Client.PostAsync(Tokens, new StringContent(Body("a/b=pull")));
        Assert.That(posted.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    private static string Body(string scope, string expires = "never") =>
        $$"""{"name":"ci","scopes":["{{scope}}"],"expires_in":"{{expires}}"}""";

    private async Task<(string Token, string Id, DateTimeOffset? Expires)> IssueAsync(
        string scope, string expires = "never")
    {
        var (response, body) = await SendAsync(HttpMethod.Post, Tokens, Admin, Body(scope, expires));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created), body?.ToJsonString());
        return ((string)body!["token"]!, (string)body["id"]!, (DateTimeOffset?)body["expires_at"]);
    }

    private async Task<(HttpResponseMessage Response, JsonNode? Body)> SendAsync(
        HttpMethod method, string path, string? token, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        var response = await host.Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response, text.Length == 0 ? null : JsonNode.Parse(text));
    }
}
