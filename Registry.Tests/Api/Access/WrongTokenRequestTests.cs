using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Access;

/// <summary>Requests for a token that are refused, on one running service.</summary>
[Parallelizable(ParallelScope.Self)]
internal sealed class WrongTokenRequestTests
{
    private const string Tokens = "/api/v1/tokens";

    private GuardedRegistry registry = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => registry = await GuardedRegistry.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await registry.DisposeAsync();

    [TestCase("", 400, "The body is not JSON")]
    [TestCase("[]", 400, "The body is not a JSON object.")]
    [TestCase("{", 400, "The body is not JSON")]
    [TestCase("""{"name":"a","name":"b"}""", 400, "The body is not JSON")]
    [TestCase("""{"name":5}""", 400, "name is not a string.")]
    [TestCase("""{"name":"ci","scopes":"a"}""", 400, "scopes is not an array of strings.")]
    [TestCase("""{"name":"ci","scopes":[null]}""", 400, "scopes is not an array of strings.")]
    [TestCase(
        """{"name":"ci","scope":["a/b=pull"]}""",
        400,
        "The field 'scope' is unknown; expected name, scopes, expires_in.")]
    [TestCase("""{"scopes":["a/b=pull"],"expires_in":"1d"}""", 422, "name is missing; expected text such as 'ci'.")]
    [TestCase("""{"name":"a\nb","scopes":["a/b=pull"],"expires_in":"1d"}""", 422, "name has characters that cannot")]
    [TestCase("""{"name":"ci","expires_in":"1d"}""", 422, "scopes is empty; expected at least one scope")]
    [TestCase("""{"name":"ci","scopes":["a/b"],"expires_in":"1d"}""", 422, "scopes: scope 'a/b': expected a pattern")]
    [TestCase("""{"name":"ci","scopes":["a/b=pull"]}""", 422, "expires_in is missing; expected minutes, hours or days")]
    [TestCase("""{"name":"ci","scopes":["a/b=pull"],"expires_in":"x"}""", 422, "expires_in is 'x'; expected minutes")]
    public async Task A_malformed_request_is_refused_with_what_is_expected(string body, int status, string message)
    {
        var (response, error) = await PostAsync(Encoding.UTF8.GetBytes(body));
        Assert.That((int)response.StatusCode, Is.EqualTo(status), error?.ToJsonString());
        Assert.That(
            (string?)(error!["error"]?["message"] ?? error["message"]), Does.StartWith(message), error.ToJsonString());
        Assert.That(
            JsonNode.Parse(await registry.GetAsync(Tokens, GuardedRegistry.AdminSecret))!.AsArray(), Is.Empty);
    }

    [TestCase("""{"name":"\ud800"}""")]
    [TestCase("""{"name":"ci","scopes":["\ud800"]}""")]
    [TestCase("""{"name":"ci","scopes":[],"expires_in":"\udc00"}""")]
    [TestCase("""{"\ud800":"ci"}""")]
    [TestCase("""{"name":"\u00ff"}""")]
    [TestCase("""{"name":"ci","scopes":["\u00ff"]}""")]
    [TestCase("""{"\u00ff":"ci"}""")]
    public async Task Text_that_is_not_Unicode_is_refused_as_malformed(string body)
    {
        // The byte 0xff occurs nowhere in UTF-8.
        var (response, error) = await PostAsync(
            Encoding.Latin1.GetBytes(body.Replace("\\u00ff", "\u00ff", StringComparison.Ordinal)));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest), error?.ToJsonString());
        Assert.That(
            (string?)(error!["error"]?["message"] ?? error["message"]), Does.StartWith("The body is not JSON"));
    }

    [Test]
    public async Task A_long_body_is_refused()
    {
        var (response, _) = await PostAsync(Encoding.UTF8.GetBytes(new string(' ', 200_000)));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    private async Task<(HttpResponseMessage Response, JsonNode? Error)> PostAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
        var response = await registry.SendAsync("POST", Tokens, GuardedRegistry.AdminSecret, content);
        return (response, JsonNode.Parse(await response.Content.ReadAsStringAsync()));
    }
}
