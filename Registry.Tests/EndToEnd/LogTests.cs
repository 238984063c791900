using System.Net;
using System.Text;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>What an operator reads, and what must never be read there.</summary>
public sealed class LogTests : EndToEndTest
{
    [Test]
    public async Task Each_request_and_each_mutation_is_one_line()
    {
        var registry = await StartAsync();
        using (var pushed = await PushAsync(registry, "log/one", "1.0.0", new SeededPackage(1, 1000)))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await SendAsync(registry, HttpMethod.Get, "/api/v1/packages/log/one/1.0.0/helm");
        await SendAsync(registry, HttpMethod.Post, "/api/v1/packages/log/one/channels/stable/1.0.0");
        await SendAsync(registry, HttpMethod.Delete, "/api/v1/packages/log/one/channels/stable/1.0.0");
        await SendAsync(registry, HttpMethod.Post, "/api/v1/packages/log/one/channels/beta/1.0.0");
        await SendAsync(registry, HttpMethod.Delete, "/api/v1/packages/log/one/channels/beta");
        await SendAsync(registry, HttpMethod.Delete, "/api/v1/packages/log/one/1.0.0/helm");
        await SendAsync(registry, HttpMethod.Get, "/nowhere", HttpStatusCode.NotFound);
        await SendAsync(registry, HttpMethod.Post, "/api/v1/app", content: "an archive");
        await SendAsync(registry, HttpMethod.Delete, $"/api/v1/app/{Hex("an archive")}", HttpStatusCode.NoContent);
        await registry.StopAsync();

        string[] lines =
        [
            "POST /api/v1/packages/log/one 200", "GET /api/v1/packages/log/one/1.0.0/helm 200",
            "POST /api/v1/packages/log/one/channels/stable/1.0.0 200", "DELETE /api/v1/packages/log/one/channels/stable/1.0.0 200",
            "POST /api/v1/packages/log/one/channels/beta/1.0.0 200", "DELETE /api/v1/packages/log/one/channels/beta 200",
            "DELETE /api/v1/packages/log/one/1.0.0/helm 200", "GET /nowhere 404", "POST /api/v1/app 200",
            "Pushed log/one 1.0.0 as helm", "Added 1.0.0 to channel stable of log/one", "Removed 1.0.0 from channel stable of log/one",
            "Deleted channel beta of log/one", "Deleted log/one 1.0.0 as helm",
        ];
        foreach (var line in lines)
            Assert.That(registry.Log.Count(said => said.Contains(line, StringComparison.Ordinal)), Is.EqualTo(1), $"{line}\n{string.Join('\n', registry.Log)}");
        Assert.That(registry.Log.Count(static said => said.Contains(Hex("an archive"), StringComparison.Ordinal)), Is.EqualTo(3), "an upload, a delete, and its request");
        Assert.That(registry.Errors, Is.Empty);
    }

    [Test]
    public async Task No_credential_and_no_body_is_ever_logged()
    {
        var registry = await StartAsync();
        const string Secret = "hunter2";
        var workspace = Uri.EscapeDataString($"https://user:{Secret}@example.org/some/path");
        await SendAsync(registry, HttpMethod.Post, $"/api/v1/app?workspace={workspace}", content: $"archive with {Secret}");
        await SendAsync(registry, HttpMethod.Get, $"/api/v1/app?workspace={workspace}");
        await SendAsync(registry, HttpMethod.Get, $"/api/v1/app/{new string('0', 64)}?workspace={workspace}", HttpStatusCode.NotFound);
        await SendAsync(registry, HttpMethod.Get, $"/api/v1/app?workspace=http://user:{Secret}@[::1/x", HttpStatusCode.BadRequest);
        await SendAsync(registry, HttpMethod.Delete, $"/api/v1/app/{Hex($"archive with {Secret}")}?workspace={workspace}", HttpStatusCode.NoContent);
        await SendAsync(registry, HttpMethod.Post, "/api/v1/packages/log/secret", HttpStatusCode.BadRequest, $"{{\"release\":\"{Secret}\"");
        await SendAsync(registry, HttpMethod.Post, $"/api/v1/packages/log/secret?release=1.0.0&metadata={Secret}", HttpStatusCode.BadRequest);
        await SendAsync(registry, HttpMethod.Get, $"/api/v1/packages/search?q={Secret}");

        // A storage that fails is logged with its reasons, of which a request's words are none.
        Directory.Move(Data, $"{Data}-aside");
        await SendAsync(registry, HttpMethod.Post, $"/api/v1/app?workspace={workspace}", HttpStatusCode.ServiceUnavailable, $"archive with {Secret}");
        Directory.Move($"{Data}-aside", Data);
        await registry.StopAsync();

        Assert.That(registry.Log, Has.Some.Contains("POST /api/v1/app 200"));
        Assert.That(registry.Log, Has.None.Contains(Secret));
        Assert.That(registry.Log, Has.None.Contains("user:"));
        Assert.That(registry.Errors, Is.Empty);
    }

    private static string Hex(string text) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private async Task SendAsync(
        RegistryProcess registry, HttpMethod method, string path, HttpStatusCode expected = HttpStatusCode.OK, string? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content is null ? null : new StringContent(content) };
        request.Headers.TryAddWithoutValidation("Authorization", "Basic dXNlcjpodW50ZXIy hunter2");
        using var answer = await registry.Client.SendAsync(request, Ct);
        Assert.That(answer.StatusCode, Is.EqualTo(expected), $"{method} {path}: {await answer.Content.ReadAsStringAsync(Ct)}");
    }
}
