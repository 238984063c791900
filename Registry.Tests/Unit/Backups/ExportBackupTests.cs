using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Api.Commands;
using Registry.Tests.Support;
using Registry.Tests.Support.Backups;

namespace Registry.Tests.Unit.Backups;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ExportBackupTests : IDisposable
{
    private readonly BackupFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Test]
    public async Task An_imported_backup_is_exported_unchanged()
    {
        await fixture.ImportFileAsync(BackupFixture.ReferenceFile);
        var exported = JsonNode.Parse(await fixture.ExportAsync())!;
        var expected = BackupFixture.Reference();
        foreach (var entry in expected["packages"]!.AsArray())
            entry!["metadata"] = null;
        Assert.That(Texts(exported["packages"]!), Is.EquivalentTo(Texts(expected["packages"]!)));
        Assert.That(Texts(exported["channels"]!), Is.EquivalentTo(Texts(expected["channels"]!)));
        Assert.That(
            exported.AsObject().Select(static member => member.Key), Is.EquivalentTo(new[] { "packages", "channels" }));
    }

    [Test]
    public async Task A_round_trip_yields_the_same_registry_and_the_same_bytes()
    {
        var backup = BackupFixture.Reference();
        var other = BackupEntry.Of("z/z", "1.0.0-rc.1+b.2", "zoé", "2021-01-01T00:00:00", "a+b");
        other["metadata"] = JsonNode.Parse("""{"text":"ä <&> \u0001","numbers":[1.50,1e3]}""");
        backup["packages"]!.AsArray().Add(other);
        backup["packages"]!.AsArray().Add(BackupEntry.Of("Z/A", "2.0.0", "upper"));
        Assert.That((await fixture.ImportAsync(backup)).Code, Is.Zero);
        var first = await fixture.ExportAsync();
        Assert.That(await fixture.ExportAsync(), Is.EqualTo(first));

        using var restored = new BackupFixture();
        Assert.That((await restored.ImportAsync(first)).Code, Is.Zero);
        Assert.That(await restored.ExportAsync(), Is.EqualTo(first));

        await using var before = await fixture.ServeAsync();
        await using var after = await restored.ServeAsync();
        var paths = new List<string> { "/api/v1/packages" };
        foreach (var package in (string[])["titi/rocketchat", "z/z", "Z/A"])
            paths.AddRange(
                [
                    $"/api/v1/packages/{package}", $"/api/v1/packages/{package}/channels",
                    $"/api/v1/packages/{package}/default/-/pull/json"
                ]);
        foreach (var path in paths)
            Assert.That(
                await after.Client.GetStringAsync(path), Is.EqualTo(await before.Client.GetStringAsync(path)), path);
    }

    [Test]
    public async Task The_dialect_option_selects_the_media_types_of_the_target_server()
    {
        await fixture.ImportFileAsync(BackupFixture.ReferenceFile);
        var exported = await fixture.ExportAsync("--dialect", "appr");
        Assert.That(
            exported,
            Does.Contain("application/vnd.appr.package-manifest.kpm.v0.json").And
                .Contain("application/vnd.appr.package.kpm.v0.tar+gzip").And.Not
                .Contain("vnd.cnr"));
        using var restored = new BackupFixture();
        await restored.ImportAsync(exported);
        Assert.That(await restored.ExportAsync(), Is.EqualTo(await fixture.ExportAsync()));
        Assert.That((await fixture.TryExportAsync("--dialect=kpm")).Run.Code, Is.EqualTo(2));
    }

    [Test]
    public async Task An_empty_registry_does_not_replace_the_last_backup()
    {
        var path = fixture.Below("backup.json");
        await File.WriteAllTextAsync(path, "the last one");
        var missing = await fixture.ExportFileAsync(path);
        Assert.That((missing.Code, Directory.Exists(fixture.Data)), Is.EqualTo((1, false)), missing.Error);

        await (await fixture.ServeAsync()).DisposeAsync();
        var empty = await fixture.ExportFileAsync(path);
        Assert.That(empty.Code, Is.EqualTo(1));
        Assert.That(empty.Error, Does.Contain("No packages or archives found in"));
        Assert.That(await File.ReadAllTextAsync(path), Is.EqualTo("the last one"));
    }

    [Test]
    public async Task A_completed_export_replaces_the_last_backup()
    {
        var path = fixture.Below("backup.json");
        await fixture.ImportFileAsync(BackupFixture.ReferenceFile);
        await File.WriteAllTextAsync(path, "the last one");
        var run = await fixture.ExportFileAsync(path);
        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(
            run.Output,
            Does.StartWith("4 releases of ").And
                .EndWith($"and 2 channels exported; 0 damaged and omitted. Written to {path}\n"));
        Assert.That(await File.ReadAllTextAsync(path), Is.EqualTo(await fixture.ExportAsync()));
        Assert.That(Directory.EnumerateFiles(Path.GetDirectoryName(path)!), Is.EqualTo(new[] { path }));
    }

    [TestCase("damaged")]
    [TestCase("gone")]
    public async Task A_damaged_content_is_reported_and_skipped_and_the_last_backup_is_kept(string damage)
    {
        await fixture.ImportAsync(WithChannel());
        var blob = Directory.EnumerateFiles(Path.Combine(fixture.Data, "blobs"), "@*", SearchOption.AllDirectories)
            .Single(
                path =>
                    path.EndsWith(
                        Convert.ToHexStringLower(SHA256.HashData(Samples.TarGz("one"))), StringComparison.Ordinal));
        if (damage == "gone")
            File.Delete(blob);
        else
            await File.WriteAllBytesAsync(blob, Samples.TarGz("own"));
        var path = fixture.Below("backup.json");
        await File.WriteAllTextAsync(path, "the last one");

        var run = await fixture.ExportFileAsync(path);
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(
            run.Output,
            Does.StartWith("a/b 1.0.0 as helm: ").And
                .Contain("1 damaged and omitted").And
                .EndWith($"Written to {path}.incomplete\n"));
        Assert.That(await File.ReadAllTextAsync(path), Is.EqualTo("the last one"));
        var rest = JsonNode.Parse(await File.ReadAllTextAsync($"{path}.incomplete"))!;
        Assert.That(
            rest["packages"]!.AsArray().Select(static entry => $"{entry!["release"]}"), Is.EqualTo(new[] { "2.0.0" }));
        Assert.That(
            rest["channels"]!.ToJsonString(),
            Is.EqualTo("""[{"current":"2.0.0","name":"c","package":"a/b"}]"""),
            "it points to an exported release");
    }

    [Test]
    public async Task A_damaged_index_is_reported_and_the_other_packages_are_exported()
    {
        await fixture.ImportAsync(
            BackupFixture.Of(BackupEntry.Of("a/a", "1.0.0", "x"), BackupEntry.Of("a/b", "1.0.0", "x")));
        await File.WriteAllTextAsync(fixture.IndexOf("a/a"), "damaged");
        var (run, text) = await fixture.TryExportAsync();
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(run.Output, Is.Empty, "standard output contains only the backup");
        Assert.That(run.Error, Does.StartWith("a/a: The stored index of a/a cannot be read"));
        Assert.That(
            JsonNode.Parse(text)!["packages"]!.AsArray().Select(static entry => $"{entry!["package"]}"),
            Is.EqualTo(new[] { "a/b" }));
    }

    [Test]
    public async Task An_unwritable_path_is_reported_in_one_line()
    {
        await fixture.ImportFileAsync(BackupFixture.ReferenceFile);
        var run = await fixture.ExportFileAsync(fixture.Below("no/such/folder.json"));
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain("no/such/folder.json").And.Not.Contain("   at "));
    }

    [Test]
    public async Task A_blob_of_many_pieces_is_canonical_base64()
    {
        var blob = await new SeededPackage(3, 300_001).ToArrayAsync(CancellationToken.None);
        await using (var host = await fixture.ServeAsync())
        {
            var push = JsonSerializer.Serialize(new { release = "1.0.0", blob = Convert.ToBase64String(blob) });
            using var pushed = await host.Client.PostAsync("/api/v1/packages/a/b", new StringContent(push));
            Assert.That(pushed.IsSuccessStatusCode);
        }

        var exported = JsonNode.Parse(await fixture.ExportAsync())!;
        Assert.That($"{exported["packages"]![0]!["blob"]}", Is.EqualTo(Convert.ToBase64String(blob)));
    }

    [Test]
    public async Task Packages_that_the_format_cannot_hold_are_reported_and_fail_the_command()
    {
        await fixture.ImportAsync(BackupFixture.Of(BackupEntry.Of("a/b", "1.0.0", "x")));
        await using (var host = await fixture.ServeAsync())
        {
            await host.PushAsync("a/b/deep", "1.0.0");
            using var manifest = new StringContent(
                """
                {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}
                """,
                new MediaTypeHeaderValue("application/vnd.oci.image.index.v1+json"));
            using var pushed = await host.Client.PutAsync("/v2/a/image/manifests/latest", manifest);
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        }

        var path = fixture.Below("backup.json");
        var run = await fixture.ExportFileAsync(path);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Failure));
        Assert.That(
            run.Output,
            Does.Contain("a/b/deep: not in the backup, because CNR cannot address it\n").And
                .Contain("a/image: not in the backup, because it has OCI artifacts only\n").And
                .Contain("2 packages omitted: the format cannot represent them."));
        Assert.That(
            JsonNode.Parse(await File.ReadAllTextAsync(path))!["packages"]!.AsArray(),
            Has.Count.EqualTo(1),
            "the backup is written nevertheless");
    }

    private static JsonObject WithChannel()
    {
        var backup = BackupFixture.Of(
            BackupEntry.Of("a/b", "1.0.0", "one", channels: ["c"]),
            BackupEntry.Of("a/b", "2.0.0", "two", channels: ["c"]));
        backup["channels"]!.AsArray().Add(BackupEntry.Channel("a/b", "c", "1.0.0"));
        return backup;
    }

    /// <summary>Serializes each item with sorted members, as their order is irrelevant.</summary>
    private static IEnumerable<string> Texts(JsonNode items) =>
        items.AsArray().Select(static item => Sorted(item!).ToJsonString());

    private static JsonNode Sorted(JsonNode node) => node is JsonObject members
        ? new JsonObject(
            members.OrderBy(static member => member.Key, StringComparer.Ordinal)
                .Select(
                    static member =>
                        KeyValuePair.Create(member.Key, member.Value is null ? null : Sorted(member.Value))))
        : node.DeepClone();
}
