using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.EndToEnd;

/// <summary>A registry is migrated from storage to storage by the real command, invisibly to clients.</summary>
public sealed partial class MigrationRoundTripTests : EndToEndTest
{
    private const int HangAtInsert = 6;

    private static readonly string[] Workspaces =
        [
            "", "http://github.com/kubernauts", "http://github.com/kubernauts/kploy.net",
            "http://github.com/kubernauts//deep//down/app/", "http://Example.org/A%20b/ü"
        ];

    /// <summary>Long enough for a busy machine: these tests do not measure time.</summary>
    protected override TimeSpan Timeout => TimeSpan.FromMinutes(15);

    [Test]
    public async Task Responses_do_not_change_when_a_registry_is_migrated()
    {
        await using var redis = await RedisServer.StartAsync(CancellationToken);
        await using var etcd = await EtcdServer.StartAsync(CancellationToken);
        await using var gcs = await FakeGcs.StartAsync();
        var settings = Settings(redis, etcd, gcs);
        var first = await HostAsync(settings);
        await FillAsync(first);
        await FillArtifactsAsync(first);
        var expected = await RecordAsync(first);
        Assert.That(expected, Has.Count.GreaterThan(200));
        Assert.That(
            expected.Count(static response => response.Contains("\n304\n", StringComparison.Ordinal)),
            Is.GreaterThan(80));
        var state = await StateAsync(first);
        await StopAsync(first);

        // A source is only read, so it is served and compared while it is migrated to the next storage.
        await MigrateAsync("filesystem", "redis", settings);
        await Task.WhenAll(
            AssertSameAsync("redis", settings, expected, state), MigrateAsync("redis", "etcd", settings));

        var etcdServed = AssertSameAsync("etcd", settings, expected, state);
        await StopMidwayAsync(gcs, settings, static migrate => migrate.StopAsync());
        await StopMidwayAsync(gcs, settings, static async migrate =>
        {
            await migrate.KillAsync();
            return 1;
        });
        await VerifyAsync("gcs", settings);
        var resumed = await MigrateAsync("etcd", "gcs", settings);
        await etcdServed;
        Assert.That(
            resumed,
            Does.Not.Contain("Already at the target: 0 packages, 0 archives, 0 blobs."),
            "the migration resumes where it was stopped");

        var back = Path.Combine(Folder, "back");
        await Task.WhenAll(
            AssertSameAsync("gcs", settings, expected, state),
            MigrateAsync("gcs", "filesystem", settings, $"--to:Filesystem:Path={back}"));
        (string, string?)[] backSettings = [.. settings, ("FILESYSTEM__PATH", back)];
        await Task.WhenAll(
            AssertSameAsync("filesystem", backSettings, expected, state), VerifyAsync("filesystem", backSettings));
        Assert.That(StoredFiles(back), Is.SubsetOf(StoredFiles(Data)));
        Assert.That(
            StoredFiles(Data).Except(StoredFiles(back)).Count(),
            Is.EqualTo(1),
            "only the content of the deleted release was not copied");
    }

    [Test]
    public async Task A_registry_filled_by_version_1_1_responds_as_before_and_after_a_migration()
    {
        await using (var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Data", "registry-1.1.0.tar.gz")))
        await using (var gzip = new GZipStream(file, CompressionMode.Decompress))
            await TarFile.ExtractToDirectoryAsync(gzip, Folder, overwriteFiles: false, CancellationToken);
        var recorded = JsonSerializer.Deserialize<string[]>(
            await File.ReadAllTextAsync(Path.Combine(Folder, "answers.json"), CancellationToken))!;
        Assert.That(recorded, Has.Length.EqualTo(420));
        recorded = Comparable(recorded);

        await using var redis = await RedisServer.StartAsync(CancellationToken);
        await using var etcd = await EtcdServer.StartAsync(CancellationToken);
        await using var gcs = await FakeGcs.StartAsync();
        var settings = Settings(redis, etcd, gcs);
        var manifests = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var (from, to) in ((string?, string)[])[(null, "filesystem"), ("filesystem", "etcd")])
        {
            if (from is not null)
                await MigrateAsync(from, to, settings);
            var registry = await HostAsync([.. settings, ("STORAGE", to)]);
            if (from is null)
                await CompletedAsync(registry);
            manifests[to] = await RecordManifestsAsync(registry);
            Assert.That(manifests[to], Is.EqualTo(manifests["filesystem"]).AsCollection, to);

            var responses = Comparable(
                await RegistryRecording.RecordAllAsync(registry.Client, Workspaces, CancellationToken));
            Assert.That(responses, Has.Length.EqualTo(recorded.Length), to);
            for (var i = 0; i < recorded.Length; i++)
                Assert.That(responses[i], Is.EqualTo(recorded[i]), to);
            await StopAsync(registry);
        }

        await VerifyAsync("etcd", settings);
    }

    [Test]
    public async Task An_unknown_command_is_an_error_and_settings_start_the_service()
    {
        var unknown = Launch([.. RegistryProcess.Command, "migrat"]);
        Assert.That(await unknown.ExitAsync(), Is.EqualTo(2));
        Assert.That(unknown.Errors, Does.Contain("Did you mean migrate?"));

        var serving = Launch(
            [.. RegistryProcess.Command, "--Limits:Ratio=7", "--urls", "http://127.0.0.1:0"],
            ("ASPNETCORE_URLS", null),
            ("FILESYSTEM__PATH", Data));
        await serving.ReadyAsync();
        Assert.That(await serving.StopAsync(), Is.Zero);
    }

    /// <summary>
    /// Removes what may change between versions: the texts for people, which are the home page and the messages of
    /// errors with the lengths and digests that depend on them, and the headers that pages of other sites may read.
    /// </summary>
    private static string[] Comparable(IReadOnlyList<string> responses)
    {
        // The entity tag of a JSON response covers the document, which the completion of its releases has changed.
        var tags = responses
            .Where(static response => response.Contains("application/json", StringComparison.Ordinal))
            .Select(static response => EntityTag().Match(response).Value)
            .Where(static tag => tag.Length > 0)
            .ToHashSet();
        return
        [
            .. responses
                .Where(static response =>
                    !response.StartsWith("GET / ", StringComparison.Ordinal)
                    && !response.StartsWith("GET /cnr/ ", StringComparison.Ordinal))
                .Select(static response => ExposedHeaders().Replace(response, "*"))
                .Select(static response =>
                    ErrorStatus().IsMatch(response) ? ErrorText().Replace(response, "*") : response)
                .Select(response => QuotedText().Replace(
                    response, text => tags.Contains(text.Value) ? "*" : text.Value)),
        ];
    }

    [GeneratedRegex("\"[^\"\n]*\"")]
    private static partial Regex QuotedText();

    [GeneratedRegex("(?<=\nETag: )[^\n]+")]
    private static partial Regex EntityTag();

    [GeneratedRegex("(?<=\nAccess-Control-Expose-Headers: )[^\n]+")]
    private static partial Regex ExposedHeaders();

    [GeneratedRegex(@"\n[45]\d\d\n")]
    private static partial Regex ErrorStatus();

    [GeneratedRegex("""(?<="message":)"(?:[^"\\]|\\.)*"|(?<=Content-Length: )\d+|\d+ bytes, sha256 [0-9a-f]{64}""")]
    private static partial Regex ErrorText();

    private (string, string?)[] Settings(RedisServer redis, EtcdServer etcd, FakeGcs gcs) =>
    [
        ("FILESYSTEM__PATH", Data),
        ("REDIS__CONFIGURATION", redis.Configuration),
        ("ETCD__ENDPOINTS", etcd.Endpoint),
        ("GCS__BUCKET", FakeGcs.BucketName),
        ("GCS__STAGINGFOLDER", Path.Combine(Folder, "gcs")),
        ("STORAGE_EMULATOR_HOST", gcs.Address.Authority),
    ];

    /// <summary>
    /// Pushes the real chart and archive, and special cases: several media types and releases, a forced and a deleted
    /// one, channels, several chunks of every backend.
    /// </summary>
    private async Task FillAsync(RegistryHost registry)
    {
        var chart = await File.ReadAllBytesAsync(
            Path.Combine(AppContext.BaseDirectory, "Data", "elasticsearch-chart.tar.gz"), CancellationToken);
        foreach (var release in (string[])["1.0.0", "1.1.0", "2.0.0-rc.1", "2.0.0"])
            await PushAsync(registry, "hello/elasticsearch", release, "helm", chart);
        await PushAsync(registry, "hello/elasticsearch", "2.0.0", "kpm", Samples.TarGz("kpm"));
        await PushAsync(registry, "hello/elasticsearch", "1.1.0", "helm", Samples.TarGz("again"), force: true);
        await PushAsync(registry, "hello/elasticsearch", "0.9.0", "helm", Samples.TarGz("deleted"));
        using (var deleted =
            await registry.Client.DeleteAsync("/api/v1/packages/hello/elasticsearch/0.9.0/helm", CancellationToken))
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        foreach (var channel in (string[])["stable/1.0.0", "stable/2.0.0", "beta/2.0.0-rc.1"])
            using (var added = await registry.Client.PostAsync(
                $"/api/v1/packages/hello/elasticsearch/channels/{channel}", null, CancellationToken))
                Assert.That(added.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await PushAsync(registry, "team/App.One_x", "1.0.0+build.5", "docker-compose", Samples.TarGz("one"));
        await PushAsync(
            registry,
            "team/large",
            "1.0.0",
            "helm",
            await new SeededPackage(1, 5 << 19).ToArrayAsync(CancellationToken));
        await PushAsync(registry, "Team/app", "1.0.0", "helm", chart);

        var archive = await SampleArchive.BytesAsync();
        foreach (var workspace in (string[])[.. Workspaces, Workspaces[1]])
            using (var uploaded = await registry.Client.PostAsync(
                $"/api/v1/app?workspace={Uri.EscapeDataString(workspace)}",
                new ByteArrayContent(archive),
                CancellationToken))
                Assert.That(uploaded.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using var other =
            await registry.Client.PostAsync("/api/v1/app", new ByteArrayContent(chart), CancellationToken);
        Assert.That(other.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    private async Task PushAsync(
        RegistryHost registry, string package, string release, string type, byte[] content, bool force = false)
    {
        var push = new
        {
            release,
            media_type = type,
            blob = content,
            force,
            metadata = new
            {
                maintainers = new[]
        {
            "Jörg"
        },
                release
            }
        };
        using var response =
            await registry.Client.PostAsJsonAsync($"/cnr/api/v1/packages/{package}", push, CancellationToken);
        Assert.That(
            response.StatusCode,
            Is.EqualTo(HttpStatusCode.OK),
            await response.Content.ReadAsStringAsync(CancellationToken));
    }

    /// <summary>Runs a migration that must succeed; returns its summary.</summary>
    private async Task<string> MigrateAsync(string from, string to, (string, string?)[] settings, params string[] more)
    {
        var migrate = Launch([.. RegistryProcess.Command, "migrate", "--from", from, "--to", to, .. more], settings);
        var code = await migrate.ExitAsync();
        var summary = string.Join('\n', migrate.Log);
        Assert.That(code, Is.Zero, $"{from} to {to}: {summary}\n{migrate.Errors}");
        return summary;
    }

    /// <summary>Stops a migration during its uploads, while a response is outstanding.</summary>
    private async Task StopMidwayAsync(FakeGcs gcs, (string, string?)[] settings, Func<RegistryProcess, Task<int>> stop)
    {
        var inserts = 0;
        var midway = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        gcs.Faults = call =>
        {
            if (call.Operation != FakeGcsOperation.Insert || Interlocked.Increment(ref inserts) < HangAtInsert)
                return null;
            midway.TrySetResult();
            return FakeGcsFault.Hang;
        };
        var migrate =
            Launch([.. RegistryProcess.Command, "migrate", "--from=etcd", "--to=gcs", "--parallel", "2"], settings);
        await midway.Task.WaitAsync(CancellationToken);
        Assert.That(await stop(migrate), Is.EqualTo(1), migrate.Errors);
        gcs.Faults = null;
    }

    private async Task VerifyAsync(string storage, (string, string?)[] settings)
    {
        var verify = Launch([.. RegistryProcess.Command, "verify", "--storage", storage], settings);
        Assert.That(await verify.ExitAsync(), Is.Zero, string.Join('\n', verify.Log) + verify.Errors);
        Assert.That(verify.Log, Has.One.EqualTo("Findings: 0."));
    }

    /// <summary>
    /// Serves from a storage and asserts every recorded response; only the status names the storage, and on GCS its
    /// bucket.
    /// </summary>
    private async Task AssertSameAsync(
        string storage, (string, string?)[] settings, IReadOnlyList<string> expected, JsonObject state)
    {
        var registry = await HostAsync([.. settings, ("STORAGE", storage)]);
        var actual = await RecordAsync(registry);
        Assert.That(actual, Has.Count.EqualTo(expected.Count), storage);
        for (var i = 0; i < expected.Count; i++)
            Assert.That(actual[i], Is.EqualTo(expected[i]), storage);

        var now = await StateAsync(registry);
        Assert.That((string?)now["storage"], Is.EqualTo(storage));
        foreach (var (name, value) in state.Where(static member => member.Key != "storage"))
            Assert.That(JsonNode.DeepEquals(now[name], value), $"{storage}: {name}");
        await StopAsync(registry);
    }

    private async Task<JsonObject> StateAsync(
        RegistryHost registry) =>
        (await registry.Client.GetFromJsonAsync<JsonObject>("/api/v1", CancellationToken))!;

    /// <summary>Returns the names and lengths of all documents and blobs of a data folder.</summary>
    private static IEnumerable<string> StoredFiles(string folder) =>
        from kind in (string[])["documents/packages", "blobs"]
        from file in Directory.EnumerateFiles(Path.Combine(folder, kind), "*", SearchOption.AllDirectories)
        where !file.EndsWith(".uploaded", StringComparison.Ordinal)
        let name = $"{Path.GetRelativePath(folder, file)} {new FileInfo(file).Length}"
        orderby name
        select name;
}
