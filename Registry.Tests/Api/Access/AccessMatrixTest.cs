using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Tests.Api.Helm;
using Registry.Tests.Api.Oci;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Access;

/// <summary>Sends requests of <see cref="AccessTable"/> as every caller.</summary>
/// <param name="backend">The backend of the registry.</param>
public abstract class AccessMatrixTest(string backend) : IDisposable
{
    private const string Namespace = "team";
    private const string Scopes = "team/**={0} kar:github.com/me/**={0}";

    private readonly Dictionary<string, (GuardedRegistry Registry, string? Secret)> callers = [];
    private readonly List<IAsyncDisposable> hosts = [];
    private readonly TestAuthority authority = new();
    private TestIssuer issuer = null!;
    private Target target = null!;
    private int packages;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        // One storage: only the settings of the three differ.
        var storage = await Backends.NewStorageAsync(backend);
        issuer = await TestIssuer.StartAsync(authority);
        var closed = await AddAsync(GuardedRegistry.StartAsync(
            anonymous: "",
            [
                .. storage, $"--Auth:Oidc:0:Issuer={issuer.Address}", "--Auth:Oidc:0:Audience=registry",
                $"--Auth:Oidc:0:CaFile={authority.File}", "--Auth:Oidc:0:Claims:sub=system:serviceaccount:*:builder",
                $"--Auth:Oidc:0:Scopes={In("pull,push")}",
            ]));
        var world = await AddAsync(GuardedRegistry.StartAsync(anonymous: null, storage));
        var open = await AddAsync(Task.FromResult(new GuardedRegistry(await RegistryHost.StartAsync(storage))));
        callers["none"] = (closed, null);
        callers["world"] = (world, null);
        callers["open"] = (open, null);
        callers["identity"] = (closed, issuer.Token());
        callers["admin"] = (closed, GuardedRegistry.AdminSecret);
        callers["wrong"] = (world, "wrong");
        callers["expired"] = (world, (await world.IssueExpiredAsync(In("pull,push,delete"))).Text);
        callers["revoked"] = (world, (await world.IssueRevokedAsync(In("pull,push,delete"))).Text);
        callers["elsewhere"] =
            (closed, (await closed.IssueAsync("other/**=pull,push,delete kar:other/**=pull,push,delete")).Text);
        callers["pull"] = (closed, (await closed.IssueAsync(In("pull"))).Text);
        callers["push"] = (closed, (await closed.IssueAsync(In("push"))).Text);
        callers["delete"] = (closed, (await closed.IssueAsync(In("delete"))).Text);
        callers["three"] = (closed, (await closed.IssueAsync(In("pull,push,delete"))).Text);
        target = await NewTargetAsync(closed);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        foreach (var host in hosts)
            await host.DisposeAsync();
        await issuer.DisposeAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        authority.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Sends the request of a row as every caller, and asserts the responses.</summary>
    private protected async Task CheckAsync(AccessRow row)
    {
        Assert.That(row.Statuses, Has.Count.EqualTo(AccessTable.Callers.Length));
        var responses = new List<int>();
        foreach (var (name, expected) in AccessTable.Callers.Zip(row.Statuses))
        {
            var (registry, secret) = callers[name];
            var subject = row.Changes && expected < 400 && row.Path.Contains('{', StringComparison.Ordinal)
                ? await NewTargetAsync(callers["admin"].Registry)
                : target;
            using var response = await registry.SendAsync(
                row.Method, subject.Fill(row.Path), secret, await subject.BodyOfAsync(row));
            responses.Add((int)response.StatusCode);
            await CheckFormAsync(row, response);
        }

        Assert.That(responses, Is.EqualTo(row.Statuses), string.Join(' ', AccessTable.Callers));
        Assert.That(await target.StateAsync(), Is.EqualTo(target.State), "A refused request changed something.");
    }

    private static string In(string actions) => string.Format(null, CompositeFormat.Parse(Scopes), actions);

    private static async Task CheckFormAsync(AccessRow row, HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        Assert.That(
            OciRepository.HeaderOf(response, "WWW-Authenticate"),
            Is.EqualTo(status == 401 ? $"{(row.IsPage ? "Bearer" : "Basic")} realm=\"Registry\"" : null));
        if (status is not (401 or 403))
            return;
        Assert.That(response.Headers.CacheControl?.Private, Is.True);
        Assert.That(response.Headers.Vary, Does.Contain("Authorization"));
        var text = await response.Content.ReadAsStringAsync();
        if (row.IsPage)
        {
            Assert.That(text, Does.StartWith("<!DOCTYPE html>"));
            return;
        }

        if (row.Method == "HEAD")
        {
            Assert.That(text, Is.Empty);
            return;
        }

        var body = JsonNode.Parse(text)!.AsObject();
        if (row.Path.StartsWith("/helm", StringComparison.Ordinal))
        {
            Assert.That(body.Select(static member => member.Key), Is.EqualTo(new[] { "error" }));
            return;
        }

        var isOci = row.Path.StartsWith("/v2", StringComparison.Ordinal);
        var error = isOci ? body["errors"]![0]! : body;
        Assert.That(
            (string?)error["code"],
            Is.EqualTo((status, isOci) switch
            {
                (401, true) => "UNAUTHORIZED",
                (403, true) => "DENIED",
                (401, false) => "unauthorized-access",
                _ => "forbidden",
            }));
        Assert.That((string?)error["message"], Is.Not.Empty);
        if (status == 403)
            Assert.That(error[isOci ? "detail" : "details"]!["scopes"]!.AsArray(), Has.Count.EqualTo(1));
        if (row.Path.StartsWith("/cnr", StringComparison.Ordinal))
            Assert.That((string?)body["error"]!["code"], Is.EqualTo((string?)body["code"]));
    }

    private async Task<GuardedRegistry> AddAsync(Task<GuardedRegistry> starting)
    {
        var registry = await starting;
        hosts.Add(registry);
        return registry;
    }

    /// <summary>Pushes a package with one release, in a channel, and an archive.</summary>
    private async Task<Target> NewTargetAsync(GuardedRegistry registry)
    {
        var number = Interlocked.Increment(ref packages);
        var made = new Target(registry, $"app{number}", $"http://github.com/me/app{number}");
        await made.CreateAsync();
        return made;
    }

    /// <summary>What requests are about.</summary>
    private sealed class Target(GuardedRegistry registry, string name, string workspace)
    {
        private readonly byte[] chart = HelmTest.Archive(name, "1.0.0");
        private readonly byte[] blob = Encoding.UTF8.GetBytes($"blob of {name}");
        private readonly byte[] archive = Encoding.UTF8.GetBytes($"archive of {name}");
        private readonly Dictionary<string, string> values = [];

        public string State { get; private set; } = "";

        private string Package => $"{Namespace}/{name}";

        public async Task CreateAsync()
        {
            await registry.PushAsync(Package, "1.0.0", chart);
            await SendAsync("POST", $"/api/v1/packages/{Package}/channels/stable/1.0.0");
            using var manifest = await SendAsync("GET", $"/v2/{Package}/manifests/1.0.0");
            var layer = JsonNode.Parse(await manifest.Content.ReadAsStringAsync())!["layers"]![0]!;
            using var release = await SendAsync("GET", $"/api/v1/packages/{Package}/1.0.0/helm");
            await SendAsync(
                "POST",
                $"/v2/{Package}/blobs/uploads/?digest={OciRepository.DigestOf(blob)}",
                new ByteArrayContent(blob));
            using var session = await SendAsync("POST", $"/v2/{Package}/blobs/uploads/");
            using var uploaded =
                await SendAsync("POST", $"/api/v1/app?workspace={workspace}", new ByteArrayContent(archive));
            values["{p}"] = Package;
            values["{ns}"] = Namespace;
            values["{n}"] = name;
            values["{m}"] = OciRepository.HeaderOf(manifest, "Docker-Content-Digest")!;
            values["{b}"] = (string)layer["digest"]!;
            values["{tar}"] =
                (string)JsonNode.Parse(await release.Content.ReadAsStringAsync())!["content"]!["digest"]!;
            values["{x}"] = OciRepository.DigestOf(blob);
            values["{u}"] = OciRepository.HeaderOf(session, "Docker-Upload-UUID")!;
            values["{id}"] = OciRepository.DigestOf(archive)["sha256:".Length..];
            values["{w}"] = workspace;
            values["{t}"] = (await registry.IssueAsync($"{Package}=pull")).Id.Value;
            State = await StateAsync();
        }

        public string Fill(string path) =>
            values.Aggregate(
                path, static (text, value) => text.Replace(value.Key, value.Value, StringComparison.Ordinal));

        /// <summary>Everything that a request may change.</summary>
        public async Task<string> StateAsync()
        {
            var state = new StringBuilder();
            foreach (var path in (string[])[
                $"/api/v1/packages/{Package}", $"/api/v1/packages/{Package}/channels", $"/v2/{Package}/tags/list",
                $"/api/v1/app?workspace={workspace}"])
                state.AppendLine(await registry.GetAsync(path, GuardedRegistry.AdminSecret));
            return state.ToString();
        }

        /// <summary>Returns the body of a request; null for none.</summary>
        public async Task<HttpContent?> BodyOfAsync(AccessRow row)
        {
            if (!row.Changes || row.Method == "DELETE")
                return null;
            if (row.IsPage)
                return PageVisitor.FormOf(
                    ("token", GuardedRegistry.AdminSecret),
                    ("name", "ci"),
                    ("scopes", $"{Package}=pull"),
                    ("expires", "1d"),
                    ("release", "1.0.0"),
                    ("media_type", "helm"),
                    ("channel", "stable"));
            if (row.Path.Contains("/packages/{p}/channels/", StringComparison.Ordinal))
                return null;
            if (row.Path == "/api/v1/tokens")
                return JsonContent.Create(
                    new { name = "ci", scopes = (string[])[$"{Package}=pull"], expires_in = "1d" });
            if (row.Path.Contains("/packages/{p}", StringComparison.Ordinal))
                return JsonContent.Create(new
                {
                    release = row.Path.Contains("force", StringComparison.Ordinal) ? "1.0.0" : "2.0.0",
                    media_type = "helm",
                    blob = Convert.ToBase64String(chart),
                });
            if (row.Path.StartsWith("/v2/{p}/manifests", StringComparison.Ordinal))
            {
                using var manifest = await SendAsync("GET", Fill("/v2/{p}/manifests/{m}"));
                return OciRepository.Bytes(await manifest.Content.ReadAsByteArrayAsync(), OciMediaTypes.Manifest);
            }

            if (row.Path.EndsWith("/charts", StringComparison.Ordinal))
                return OciRepository.Bytes(HelmTest.Archive(name, "2.0.0"));
            if (row.Path.EndsWith("/charts?force", StringComparison.Ordinal))
                return OciRepository.Bytes(chart);
            if (row.Path.EndsWith("/prov", StringComparison.Ordinal))
                return OciRepository.Bytes(Encoding.UTF8.GetBytes(HelmTest.Provenance(name, "1.0.0", chart)));
            if (row.Path.StartsWith("/api/v1/app", StringComparison.Ordinal))
                return new ByteArrayContent([1, 2, 3]);
            return row.Path.Contains("{x}", StringComparison.Ordinal) ? new ByteArrayContent(blob) : null;
        }

        private Task<HttpResponseMessage> SendAsync(string method, string path, HttpContent? body = null) =>
            registry.SendAsync(method, path, GuardedRegistry.AdminSecret, body);
    }
}
