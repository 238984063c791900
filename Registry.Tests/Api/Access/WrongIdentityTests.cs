using System.Net;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Access;

/// <summary>Tokens that an issuer has signed, and that no rule accepts, on one running service.</summary>
[Parallelizable(ParallelScope.Self)]
internal sealed class WrongIdentityTests : IDisposable
{
    private readonly TestAuthority authority = new();
    private TestIssuer issuer = null!;
    private GuardedRegistry registry = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        issuer = await TestIssuer.StartAsync(authority);
        registry = await GuardedRegistry.StartAsync(anonymous: null, issuer.Rules(authority));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await registry.DisposeAsync();
        await issuer.DisposeAsync();
    }

    public void Dispose() => authority.Dispose();

    private static IEnumerable<TestCaseData> WrongTokens()
    {
        yield return Case("expired", claims => claims["exp"] = After(-3600));
        yield return Case("clock ahead", claims => (claims["nbf"], claims["exp"]) = (After(3600), After(7200)));
        yield return Case("no expiry", claims => claims.Remove("exp"));
        yield return Case("expiry is text", claims => claims["exp"] = "soon");
        yield return Case("expiry is huge", claims => claims["exp"] = 1e300);
        yield return Case("expiry is an object", claims => claims["exp"] = new JsonObject());
        yield return Case("another audience", claims => claims["aud"] = "elsewhere");
        yield return Case("no audience", claims => claims.Remove("aud"));
        yield return Case("the audience of another rule", claims => claims["aud"] = "other-registry");
        yield return Case("another issuer", claims => claims["iss"] = "https://issuer.example");
        yield return Case("no issuer", claims => claims.Remove("iss"));
        yield return Case("issuer is a number", claims => claims["iss"] = 5);
        yield return Case("another subject", claims => claims["sub"] = "system:serviceaccount:team:other");
        yield return Case("a slash in the subject", claims => claims["sub"] = "system:serviceaccount:a/b:builder");
        yield return Case("no subject", claims => claims.Remove("sub"));
        yield return Case("ambiguous subject", claims => claims["SUB"] = "system:serviceaccount:team:builder");
        yield return Case("no namespace", claims => claims.Remove("namespace_path"));
        yield return Case("a wildcard", claims => claims["namespace_path"] = "*");
        yield return Case("a deep wildcard", claims => claims["namespace_path"] = "group/**");
        yield return Case("another scope", claims => claims["namespace_path"] = "a=push **");
        yield return Case("an action", claims => claims["namespace_path"] = "a/b=delete");
        yield return Case("another path", claims => claims["namespace_path"] = "../other");
        yield return Case("an empty segment", claims => claims["namespace_path"] = "a//b");
        yield return Case("two namespaces", claims => claims["namespace_path"] = new JsonArray("a", "b"));
        yield return Case("a control character", claims => claims["namespace_path"] = "a\nb");
        yield return Case("no algorithm", header: header => header["alg"] = "none");
        yield return Case("the public key as a secret", header: header => header["alg"] = "HS256");
        yield return Case("an unknown algorithm", header: header => header["alg"] = "RS1");
        yield return Case("a critical extension", header: header => header["crit"] = new JsonArray("x"));
        yield return Case("a number as the algorithm", header: header => header["alg"] = 5);

        // The time when the test runs, which may be long after its discovery.
        static long After(int seconds) => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + seconds;

        static TestCaseData Case(string name, Action<JsonObject>? claims = null, Action<JsonObject>? header = null) =>
            new TestCaseData(claims, header).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(WrongTokens))]
    public async Task A_wrong_token_is_refused(Action<JsonObject>? claims, Action<JsonObject>? header) =>
        Assert.That(await ListAsync(issuer.Token(claims, header)), Is.EqualTo(HttpStatusCode.Unauthorized));

    [Test]
    public async Task The_unmodified_token_is_accepted() =>
        Assert.That(await ListAsync(issuer.Token()), Is.EqualTo(HttpStatusCode.OK));

    private async Task<HttpStatusCode> ListAsync(string token)
    {
        using var response = await registry.SendAsync("GET", "/api/v1/packages", token);
        return response.StatusCode;
    }
}
