using System.Globalization;
using System.Net;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.EndToEnd;

/// <summary>Startup with a storage that is missing, unreachable or not permitted.</summary>
public sealed partial class StartTests
{
    [Test]
    public async Task A_data_folder_below_a_file_is_refused()
    {
        var file = Path.Combine(Folder, "file");
        await File.WriteAllTextAsync(file, "", CancellationToken);
        Assert.That(
            await RefusesHereAsync(("FILESYSTEM__PATH", Path.Combine(file, "below"))),
            Does.Contain("FILESYSTEM__PATH").And.Contain(file));
    }

    [TestCase("/proc/registry")]
    [TestCase("/proc/registry/data")]
    [TestCase("/proc")]
    public async Task A_data_folder_that_cannot_be_created_is_a_one_line_error(string path) =>
        Assert.That((await RefusesHereAsync(("FILESYSTEM__PATH", path))).Split('\n'), Has.Length.EqualTo(1));

    [Test]
    public async Task A_missing_or_empty_data_folder_is_refused_if_creation_is_off()
    {
        (string, string?)[] settings = [("FILESYSTEM__PATH", Data), ("FILESYSTEM__CREATE", "false")];
        await AssertRefusedAsync("does not exist");
        Assert.That(Directory.Exists(Data), Is.False);
        Directory.CreateDirectory(Path.Combine(Data, "lost+found"));
        await AssertRefusedAsync("holds no registry");
        Assert.That(Directory.GetFileSystemEntries(Data), Has.Length.EqualTo(1));

        await StopAsync(await HostAsync());
        await StopAsync(await HostAsync(settings));

        async Task AssertRefusedAsync(string why) => Assert.That(
            await RefusesHereAsync(settings), Does.Match(
                $"^FILESYSTEM__PATH is '{Data}', which {why}.*FILESYSTEM__CREATE[^\n]*$"));
    }

    [Test]
    public async Task The_data_folder_may_be_a_symbolic_link()
    {
        var folder = Path.Combine(Folder, "volume");
        Directory.CreateDirectory(folder);
        Directory.CreateSymbolicLink(Data, "volume");
        var registry = Launch(RegistryProcess.Command);
        await registry.ReadyAsync();
        using (var pushed = await PushAsync(registry, "by/link", "1.0.0", new SeededPackage(1, 100)))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using (var deleted =
            await registry.Client.DeleteAsync("/api/v1/packages/by/link/1.0.0/helm", CancellationToken))
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using (var pushed = await PushAsync(registry, "by/link", "2.0.0", new SeededPackage(2, 100)))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(Directory.Exists(Path.Combine(folder, "documents")), Is.True);

        var verify = Launch([.. RegistryProcess.Command, "verify"]);
        Assert.That(await verify.ExitAsync(), Is.Zero, verify.Errors);
    }

    [Test]
    public async Task A_failed_probe_aborts_startup_before_the_port_opens()
    {
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(Path.Combine(Data, "documents"), "in the way", CancellationToken);
        Assert.That(await RefusesAsync(("FILESYSTEM__PATH", Data)), Does.Contain(Path.Combine(Data, "documents")));
    }

    [TestCase("redis", "REDIS__CONFIGURATION", "127.0.0.1:{0}", "Redis")]
    [TestCase("etcd", "ETCD__ENDPOINTS", "http://127.0.0.1:{0}", "etcd")]
    [TestCase("gcs", "STORAGE_EMULATOR_HOST", "127.0.0.1:{0}", "No response to GET bucket 'somewhere'")]
    public async Task An_unreachable_server_aborts_startup(
        string storage, string setting, string address, string message)
    {
        var errors = await RefusesHereAsync(
            ("STORAGE", storage),
            (setting, string.Format(CultureInfo.InvariantCulture, address, ServerProcess.FreePort())),
            ("GCS__BUCKET", "somewhere"));
        Assert.That(errors, Does.Contain(message));
    }

    [Test]
    public async Task A_missing_bucket_aborts_startup()
    {
        Assert.That(await RefusesHereAsync(("STORAGE", "gcs")), Does.Contain("GCS__BUCKET"));
        await using var fake = await FakeGcs.StartAsync();
        fake.RemoveBucket();
        var errors = await RefusesHereAsync(
            ("STORAGE", "gcs"),
            ("GCS__BUCKET", FakeGcs.BucketName),
            ("STORAGE_EMULATOR_HOST", fake.Address.Authority),
            ("GCS__STAGINGFOLDER", Path.Combine(Folder, "staging")));
        Assert.That(errors, Does.Contain("GCS__BUCKET").And.Contain(FakeGcs.BucketName));
    }

    [Test]
    public async Task A_missing_key_file_is_reported_with_its_setting()
    {
        var errors = await RefusesAsync(
            ("STORAGE", "gcs"),
            ("GCS__BUCKET", FakeGcs.BucketName),
            ("GOOGLE_APPLICATION_CREDENTIALS", Path.Combine(Folder, "key.json")));
        Assert.That(errors, Does.Contain("GOOGLE_APPLICATION_CREDENTIALS").And.Contain("which does not exist"));
    }

    [Test]
    public async Task Startup_waits_for_a_late_metadata_server()
    {
        await using var fake = await FakeGcs.StartAsync();
        fake.Token = "of-the-machine";
        var began = Environment.TickCount64;
        fake.Faults = call =>
            call.Operation == FakeGcsOperation.Metadata && Environment.TickCount64 - began < 4_000
                ? FakeGcsFault.ResetBefore
                : null;
        await StartAsync(
            ("STORAGE", "gcs"),
            ("GCS__BUCKET", FakeGcs.BucketName),
            ("GCS__ENDPOINT", fake.Address.AbsoluteUri),
            ("GCS__STAGINGFOLDER", Path.Combine(Folder, "staging")),
            ("GCE_METADATA_HOST", fake.Address.Authority),
            ("GOOGLE_APPLICATION_CREDENTIALS", null),
            ("STORAGE_EMULATOR_HOST", null),
            ("HOME", Folder));
        Assert.That(fake.CountOf(FakeGcsOperation.Metadata), Is.GreaterThan(1));
        Assert.That(fake.CountOf(FakeGcsOperation.Insert), Is.Positive);
    }

    [Test]
    public async Task Missing_credentials_are_reported()
    {
        // At the same time: each waits for a metadata server that may still be starting.
        foreach (var errors in await Task.WhenAll(RunAsync(), RunAsync("verify")))
        {
            Assert.That(
                errors,
                Does.Contain("There are no Application Default Credentials").And.Contain("GCS__CREDENTIALSFILE"));
            Assert.That(errors, Does.Contain("Connection refused"), "the cause at the metadata server");
        }

        Task<string> RunAsync(params string[] command) => RefusesAsync(
            command,
            ("STORAGE", "gcs"),
            ("GCS__BUCKET", FakeGcs.BucketName),
            ("GCS__STAGINGFOLDER", Path.Combine(Folder, "staging")),
            ("GCE_METADATA_HOST", $"127.0.0.1:{ServerProcess.FreePort()}"),
            ("GOOGLE_APPLICATION_CREDENTIALS", null),
            ("STORAGE_EMULATOR_HOST", null),
            ("HOME", Folder));
    }
}
