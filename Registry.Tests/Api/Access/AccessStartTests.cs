using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Api.Access;
using Registry.Api.Hosting;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Access;

[Parallelizable(ParallelScope.Self)]
public sealed class AccessStartTests
{
    /// <summary>The operations that are the same for everyone. A login can be refused, too.</summary>
    private static readonly string[] Public = ["/version", "/cnr/version", "/healthz", "/readyz"];

    [TestCase("http://0.0.0.0:0", true)]
    [TestCase("http://[::]:0", true)]
    [TestCase("http://127.0.0.1:0", false)]
    [TestCase("http://[::1]:0", false)]
    public async Task An_open_registry_that_others_can_reach_is_a_warning(string url, bool isWarning)
    {
        await using var host = await RegistryHost.StartAsync($"--urls={url}");
        var entries = EntriesOf(host);
        Assert.That(
            entries.Select(static entry => entry.Level),
            Is.EqualTo(isWarning ? (LogLevel[])[LogLevel.Warning] : []));
        Assert.That(
            entries.Select(static entry => entry.Message),
            isWarning ? Has.All.Contains("AUTH__MODE is open") : Is.Empty);
    }

    [TestCase("", "nothing")]
    [TestCase("kar:**=pull  team/*=pull team/app=pull", "team/*=pull kar:**=pull")]
    public async Task What_clients_may_do_without_credentials_is_logged(string anonymous, string scopes)
    {
        await using var registry = await GuardedRegistry.StartAsync(anonymous, "--urls=http://0.0.0.0:0");
        Assert.That(
            EntriesOf(registry.Host).Select(static entry => entry.Message),
            Is.EqualTo(new[] { $"Access control is on. Without credentials clients may: {scopes}" }));
    }

    [Test]
    public void An_audit_file_that_cannot_be_written_aborts_the_start()
    {
        using var folder = new TemporaryFolder();
        Assert.That(
            async () => await RegistryHost.StartAsync($"--Audit:File={folder.Below("missing", "events")}"),
            Throws.TypeOf<StartupException>().With.Message.Contains("AUDIT__FILE is"));
    }

    [TestCase("Auth:AdminTokenFile", "AUTH__ADMINTOKENFILE")]
    [TestCase("Audit:File", "AUDIT__FILE")]
    public async Task A_path_that_is_not_that_of_a_file_aborts_the_start(string setting, string variable)
    {
        using var folder = new TemporaryFolder();
        foreach (var (path, kind) in ((string, string)[])
            [
                (folder.Path, "a directory"), (await NamedPipe.CreateAsync(folder.Below("pipe")), "a named pipe"),
                ("/dev/zero", "a device")
            ])
            Assert.That(
                async () => await RegistryHost.StartAsync("--Auth:Mode=tokens", $"--{setting}={path}"),
                Throws.TypeOf<StartupException>().With.Message.EqualTo(
                    $"{variable} is '{path}': it is {kind}; expected a regular file."));
    }

    [Test]
    public async Task The_documents_describe_credentials_where_they_are_needed()
    {
        await using var registry = await GuardedRegistry.StartAsync(anonymous: "");
        await using var open = await RegistryHost.StartAsync();
        foreach (var path in (string[])["/openapi/v1.json", "/openapi/client.json"])
        {
            var document = JsonNode.Parse(await registry.GetAsync(path, secret: null))!;
            Assert.That(
                document["components"]!["securitySchemes"]!.AsObject()
                    .Select(static scheme => $"{scheme.Key} {scheme.Value!["type"]} {scheme.Value["scheme"]}"),
                Is.EqualTo(new[] { "token http bearer", "password http basic" }));
            Assert.That(
                document["security"]!.ToJsonString(), Is.EqualTo("""[{"token":[]},{"password":[]},{}]"""));
            foreach (var (route, item) in document["paths"]!.AsObject())
                foreach (var (method, operation) in item!.AsObject())
                    Assert.That(
                        operation!["responses"]!.AsObject().Select(static response => response.Key)
                            .Intersect(["401", "403"]),
                        Is.EqualTo(Public.Contains(route) ? (string[])[] : ["401", "403"]),
                        $"{method} {route}");
            var without = JsonNode.Parse(await open.Client.GetStringAsync(path))!;
            Assert.That((without["security"], without["components"]!["securitySchemes"]), Is.EqualTo((
                (JsonNode?)null, (JsonNode?)null)));
        }

        const string Shown = ".scheme-container { display: block; }";
        Assert.That(await registry.GetAsync("/swagger/index.html", secret: null), Does.Contain(Shown));
        Assert.That(await open.Client.GetStringAsync("/swagger/index.html"), Does.Not.Contain(Shown));
    }

    private static List<LogEntry> EntriesOf(RegistryHost host) =>
    [
        .. host.Log.Entries.Where(static entry => entry.Category == typeof(AccessMonitor).FullName),
    ];
}
