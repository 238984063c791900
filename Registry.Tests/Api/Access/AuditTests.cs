using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Api.Access;
using Registry.Api.Audit;
using Registry.Core.Events;
using Registry.Tests.Api.Helm;
using Registry.Tests.Api.Oci;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Access;

[Parallelizable(ParallelScope.Self)]
public sealed class AuditTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private GuardedRegistry registry = null!;

    private string File => Path.Combine(folder.Below("audit"), "events.jsonl");

    [SetUp]
    public async Task StartAsync()
    {
        Directory.CreateDirectory(folder.Below("audit"));
        registry = await GuardedRegistry.StartAsync(anonymous: null, $"--Audit:File={File}");

        // A busy machine may take longer than the default to write a line.
        registry.Host.Services.GetServices<IRegistryEventSink>().OfType<AuditFile>().Single().WriteTimeout =
            TimeSpan.FromMinutes(1);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await registry.DisposeAsync();
        Directory.Delete(folder.Below("audit"), recursive: true);
    }

    public void Dispose() => folder.Dispose();

    [Test]
    public async Task A_change_names_its_caller()
    {
        var token = await registry.IssueAsync("team/**=push");
        await SendAsync("POST", "/v2/team/app/blobs/uploads/", token.Text, HttpStatusCode.Accepted);
        await registry.PushAsync("team/app", "1.0.0", HelmTest.Archive("app", "1.0.0"));
        await SendAsync("POST", "/api/v1/packages/team/app/channels/stable/1.0.0", token.Text, HttpStatusCode.OK);
        var (pushed, added) = (Events()[^2], Events()[^1]);
        Assert.That((string?)pushed["action"], Is.EqualTo("release_pushed"));
        Assert.That((string?)pushed["caller_kind"], Is.EqualTo("administrator"));
        Assert.That((string?)pushed["outcome"], Is.EqualTo("done"));
        Assert.That(added.ToJsonString(), Does.Match(
            """
            ^{"time":"[0-9T:.-]+Z","action":"channel_release_added","outcome":"done","resource":"team/app",
            """));
        Assert.That(
            (string?)added["caller_id"], Is.EqualTo(token.Id.Value).And.Not.Empty);
        Assert.That(
            ((string?)added["caller_kind"], (string?)added["caller_name"], (string?)added["protocol"],
                (string?)added["client"], (string?)added["channel"], (string?)added["release"]),
            Is.EqualTo(("token", "test", "cnr", "127.0.0.1", "stable", "1.0.0")));
        Assert.That((string?)added["request_id"], Is.Not.Empty);
    }

    [Test]
    public async Task A_pushed_and_a_copied_blob_are_events()
    {
        var bytes = "layer"u8.ToArray();
        var digest = OciRepository.DigestOf(bytes);
        await SendAsync(
            "POST",
            $"/v2/team/app/blobs/uploads/?digest={digest}",
            GuardedRegistry.AdminSecret,
            HttpStatusCode.Created,
            new ByteArrayContent(bytes));
        await SendAsync(
            "POST",
            $"/v2/team/copy/blobs/uploads/?mount={digest}&from=team/app",
            GuardedRegistry.AdminSecret,
            HttpStatusCode.Created);
        Assert.That(
            Events().Select(static each =>
                $"{each["action"]} {each["source"]} {each["resource"]} {each["digest"]} {each["size"]}"),
            Is.EqualTo(
                new[]
                {
                    $"blob_pushed  team/app {digest["sha256:".Length..]} 5",
                    $"blob_mounted team/app team/copy {digest["sha256:".Length..]} 5",
                }));
    }

    [Test]
    public async Task A_denied_request_of_a_known_caller_and_refused_credentials_are_events()
    {
        var token = await registry.IssueAsync("team/**=push");
        var before = Events().Count;
        await SendAsync("GET", "/api/v1/packages", null, HttpStatusCode.OK);
        await SendAsync("DELETE", "/v2/team/app/manifests/1.0.0", null, HttpStatusCode.Unauthorized);
        Assert.That(Events(), Has.Count.EqualTo(before), "Reads, and requests without credentials, are none.");
        await SendAsync("DELETE", "/v2/team/app/manifests/1.0.0", token.Text, HttpStatusCode.Forbidden);
        await SendAsync("GET", "/helm/team/index.yaml", "wrong", HttpStatusCode.Unauthorized);
        var events = Events().Skip(before).ToList();
        Assert.That(
            events.Select(
                static each => $"{each["action"]} {each["resource"]} {each["outcome"]} {each["caller_kind"]}"),
            Is.EqualTo(
                new[]
                {
                    "request_denied team/app refused token", "credentials_refused team refused anonymous",
                }));
        Assert.That((string?)events[0]["reason"], Does.Contain("team/app=delete"));
        Assert.That(
            registry.Host.Log.Entries.Where(static entry => entry.Category == AuditLog.Category)
                .Where(static entry => entry.Level == LogLevel.Warning)
                .Select(static entry => entry.Message),
            Is.EqualTo(
                new[]
                {
                    "Denied a request for team/app: The caller lacks the scope team/app=delete, by token test "
                        + $"({token.Id}) from 127.0.0.1",
                    "Rejected credentials for team: The token is unknown or malformed, by anonymous from 127.0.0.1",
                }));
    }

    [Test]
    public async Task A_login_with_a_wrong_password_is_an_event()
    {
        await SendAsync(
            "POST",
            "/api/v1/users/login",
            null,
            HttpStatusCode.Unauthorized,
            new StringContent("""{"user":{"username":"me","password":"wrong"}}"""));
        Assert.That((string?)Events()[^1]["action"], Is.EqualTo("credentials_refused"));
    }

    [Test]
    public async Task The_file_may_be_renamed_or_deleted_at_any_time()
    {
        await SendAsync("GET", "/v2/", "wrong", HttpStatusCode.Unauthorized);
        new FileInfo(File).MoveTo(folder.Below("renamed"));
        await SendAsync("GET", "/v2/", "wrong", HttpStatusCode.Unauthorized);
        Assert.That(Events(), Has.Count.EqualTo(1));
        Directory.Delete(folder.Below("audit"), recursive: true);
        await SendAsync("GET", "/v2/", "wrong", HttpStatusCode.Unauthorized);
        Assert.That(
            registry.Host.Log.Faults.Select(static fault => fault.Message),
            Has.Some.StartsWith("AuditFile failed to receive the event CredentialsRefused"));
        Directory.CreateDirectory(folder.Below("audit"));
    }

    [Test]
    public async Task A_lock_of_another_process_delays_no_event_but_the_first()
    {
        await SendAsync("GET", "/v2/", "wrong", HttpStatusCode.Unauthorized);
        await using (new FileStream(File, FileMode.Open, FileAccess.Write, FileShare.None))
            for (var i = 0; i < 20; i++)
                await SendAsync("GET", "/v2/", "wrong", HttpStatusCode.Unauthorized);
        Assert.That(Events(), Has.Count.EqualTo(1));
        await SendAsync("GET", "/v2/", "wrong", HttpStatusCode.Unauthorized);
        Assert.That(Events(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_long_path_is_shortened()
    {
        var name = new string('a', 5000);
        await SendAsync("GET", $"/v2/{name}/manifests/1", "wrong", HttpStatusCode.Unauthorized);
        Assert.That((string?)Events()[^1]["resource"], Does.EndWith("aaaa…").And.Length.LessThan(600));
    }

    [Test]
    public async Task The_resource_is_the_requested_path_without_what_could_deceive_a_terminal()
    {
        await SendAsync("GET", "/v2/team/\u202eppa/manifests/1", "wrong", HttpStatusCode.Unauthorized);
        await SendAsync("GET", "/v2/team/Upper/Case/manifests/1", "wrong", HttpStatusCode.Unauthorized);
        Assert.That((string?)Events()[^1]["resource"], Is.EqualTo("/v2/team/Upper/Case/manifests/1"));
        Assert.That(await System.IO.File.ReadAllTextAsync(File), Does.Not.Contain("\u202e"));
    }

    [Test]
    public async Task The_resource_of_a_denied_page_is_not_taken_from_its_query()
    {
        var token = await registry.IssueAsync("team/**=pull");
        await SendAsync("GET", "/tokens?package=prod/payments", token.Text, HttpStatusCode.Forbidden);
        Assert.That((string?)Events()[^1]["resource"], Is.EqualTo("/tokens"));
        Assert.That((string?)Events()[^1]["reason"], Does.Not.Contain("prod"));
    }

    [Test]
    public async Task No_secret_is_in_the_log_or_the_file()
    {
        var token = await registry.IssueAsync("team/**=push");
        await SendAsync("DELETE", $"/api/v1/tokens/{token.Text}", token.Text, HttpStatusCode.Forbidden);
        await SendAsync(
            "DELETE", $"/api/v1/tokens/{token.Text}", GuardedRegistry.AdminSecret, HttpStatusCode.NotFound);
        foreach (var secret in (string[])[token.Text, GuardedRegistry.AdminSecret, "wrong-secret"])
        {
            using var basic = await registry.SendWithAsync(
                "GET", "/v2/a/tags/list", Credentials.ToBasic(secret));
            using var bearer = await registry.SendAsync("GET", "/v2/a/tags/list", secret);
        }

        var written = await System.IO.File.ReadAllTextAsync(File)
            + string.Join('\n', registry.Host.Log.Entries.Select(static entry => $"{entry.Message} {entry.Exception}"));
        Assert.That(written, Does.Contain("credentials_refused"));
        foreach (var secret in (string[])[token.Text, token.Text[^20..], GuardedRegistry.AdminSecret, "wrong-secret"])
            Assert.That(written, Does.Not.Contain(secret));
    }

    private List<JsonObject> Events() =>
    [
        .. System.IO.File.ReadLines(File).Select(static line => JsonNode.Parse(line)!.AsObject()),
    ];

    private async Task SendAsync(
        string method, string path, string? secret, HttpStatusCode expected, HttpContent? body = null)
    {
        using var response = await registry.SendAsync(method, path, secret, body);
        Assert.That(response.StatusCode, Is.EqualTo(expected), await response.Content.ReadAsStringAsync());
    }
}
