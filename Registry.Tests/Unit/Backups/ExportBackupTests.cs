using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Backups;

namespace Registry.Tests.Unit.Backups;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ExportBackupTests : IDisposable
{
    private readonly BackupFixture bench = new();

    public void Dispose() => bench.Dispose();

    [Test]
    public async Task What_came_in_goes_out_as_it_was()
    {
        await bench.ImportFileAsync(BackupFixture.ReferenceFile);
        var exported = JsonNode.Parse(await bench.ExportAsync())!;
        var expected = BackupFixture.Reference();
        foreach (var entry in expected["packages"]!.AsArray())
            entry!["metadata"] = null;
        Assert.That(Texts(exported["packages"]!), Is.EquivalentTo(Texts(expected["packages"]!)));
        Assert.That(Texts(exported["channels"]!), Is.EquivalentTo(Texts(expected["channels"]!)));
        Assert.That(
            exported.AsObject().Select(static member => member.Key), Is.EquivalentTo(new[] { "packages", "channels" }));
    }

    [Test]
    public async Task A_round_trip_gives_the_same_registry_and_the_same_bytes()
    {
        var backup = BackupFixture.Reference();
        var other = BackupEntry.Of("z/z", "1.0.0-rc.1+b.2", "zoé", "2021-01-01T00:00:00", "a+b");
        other["metadata"] = JsonNode.Parse("""{"text":"ä <&> \u0001","numbers":[1.50,1e3]}""");
        backup["packages"]!.AsArray().Add(other);
        backup["packages"]!.AsArray().Add(BackupEntry.Of("Z/A", "2.0.0", "upper"));
        Assert.That((await bench.ImportAsync(backup)).Code, Is.Zero);
        var first = await bench.ExportAsync();
        Assert.That(await bench.ExportAsync(), Is.EqualTo(first));

        using var restored = new BackupFixture();
        Assert.That((await restored.ImportAsync(first)).Code, Is.Zero);
        Assert.That(await restored.ExportAsync(), Is.EqualTo(first));

        await using var before = await bench.ServeAsync();
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
    public async Task The_dialect_is_that_of_the_server_that_shall_restore_it()
    {
        await bench.ImportFileAsync(BackupFixture.ReferenceFile);
        var exported = await bench.ExportAsync("--dialect", "appr");
        Assert.That(
            exported,
            Does.Contain("application/vnd.appr.package-manifest.kpm.v0.json").And
                .Contain("application/vnd.appr.package.kpm.v0.tar+gzip").And.Not
                .Contain("vnd.cnr"));
        using var restored = new BackupFixture();
        await restored.ImportAsync(exported);
        Assert.That(await restored.ExportAsync(), Is.EqualTo(await bench.ExportAsync()));
        Assert.That((await bench.TryExportAsync("--dialect=kpm")).Run.Code, Is.EqualTo(2));
    }

    [Test]
    public async Task An_empty_registry_does_not_replace_the_last_backup()
    {
        var place = bench.Below("backup.json");
        await File.WriteAllTextAsync(place, "the last one");
        var missing = await bench.ExportFileAsync(place);
        Assert.That((missing.Code, Directory.Exists(bench.Data)), Is.EqualTo((1, false)), missing.Error);

        await (await bench.ServeAsync()).DisposeAsync();
        var empty = await bench.ExportFileAsync(place);
        Assert.That(empty.Code, Is.EqualTo(1));
        Assert.That(empty.Error, Does.Contain("holds no packages and no archives"));
        Assert.That(await File.ReadAllTextAsync(place), Is.EqualTo("the last one"));
    }

    [Test]
    public async Task A_file_takes_the_place_of_the_last_one_when_it_is_whole()
    {
        var place = bench.Below("backup.json");
        await bench.ImportFileAsync(BackupFixture.ReferenceFile);
        await File.WriteAllTextAsync(place, "the last one");
        var run = await bench.ExportFileAsync(place);
        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(
            run.Output,
            Does.StartWith("4 releases of ").And.EndWith($"and 2 channels exported; 0 left out. Written to {place}\n"));
        Assert.That(await File.ReadAllTextAsync(place), Is.EqualTo(await bench.ExportAsync()));
        Assert.That(Directory.EnumerateFiles(Path.GetDirectoryName(place)!), Is.EqualTo(new[] { place }));
    }

    [TestCase("damaged")]
    [TestCase("gone")]
    public async Task A_content_that_is_damaged_is_named_and_left_out_and_the_last_backup_stays(string how)
    {
        await bench.ImportAsync(WithChannel());
        var blob = Directory.EnumerateFiles(Path.Combine(bench.Data, "blobs"), "@*", SearchOption.AllDirectories)
            .Single(
                path =>
                    path.EndsWith(
                        Convert.ToHexStringLower(SHA256.HashData(Samples.TarGz("one"))), StringComparison.Ordinal));
        if (how == "gone")
            File.Delete(blob);
        else
            await File.WriteAllBytesAsync(blob, Samples.TarGz("own"));
        var place = bench.Below("backup.json");
        await File.WriteAllTextAsync(place, "the last one");

        var run = await bench.ExportFileAsync(place);
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(
            run.Output,
            Does.StartWith("a/b 1.0.0 as helm: ").And
                .Contain("1 left out").And
                .EndWith($"Written to {place}.incomplete\n"));
        Assert.That(await File.ReadAllTextAsync(place), Is.EqualTo("the last one"));
        var rest = JsonNode.Parse(await File.ReadAllTextAsync($"{place}.incomplete"))!;
        Assert.That(
            rest["packages"]!.AsArray().Select(static entry => $"{entry!["release"]}"), Is.EqualTo(new[] { "2.0.0" }));
        Assert.That(
            rest["channels"]!.ToJsonString(),
            Is.EqualTo("""[{"current":"2.0.0","name":"c","package":"a/b"}]"""),
            "points to what is there");
    }

    [Test]
    public async Task A_damaged_index_is_named_and_the_other_packages_go_out()
    {
        await bench.ImportAsync(
            BackupFixture.Of(BackupEntry.Of("a/a", "1.0.0", "x"), BackupEntry.Of("a/b", "1.0.0", "x")));
        await File.WriteAllTextAsync(bench.IndexOf("a/a"), "damaged");
        var (run, text) = await bench.TryExportAsync();
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(run.Output, Is.Empty, "standard output is the backup's alone");
        Assert.That(run.Error, Does.StartWith("a/a: The stored index of a/a cannot be read"));
        Assert.That(
            JsonNode.Parse(text)!["packages"]!.AsArray().Select(static entry => $"{entry!["package"]}"),
            Is.EqualTo(new[] { "a/b" }));
    }

    [Test]
    public async Task A_place_that_cannot_be_written_is_told_in_a_line()
    {
        await bench.ImportFileAsync(BackupFixture.ReferenceFile);
        var run = await bench.ExportFileAsync(bench.Below("no/such/folder.json"));
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain("no/such/folder.json").And.Not.Contain("   at "));
    }

    [Test]
    public async Task A_blob_of_many_pieces_is_canonical_base64()
    {
        var blob = await new SeededPackage(3, 300_001).ToArrayAsync(CancellationToken.None);
        await using (var host = await bench.ServeAsync())
        {
            var push = JsonSerializer.Serialize(new { release = "1.0.0", blob = Convert.ToBase64String(blob) });
            using var pushed = await host.Client.PostAsync("/api/v1/packages/a/b", new StringContent(push));
            Assert.That(pushed.IsSuccessStatusCode);
        }

        var exported = JsonNode.Parse(await bench.ExportAsync())!;
        Assert.That($"{exported["packages"]![0]!["blob"]}", Is.EqualTo(Convert.ToBase64String(blob)));
    }

    private static JsonObject WithChannel()
    {
        var backup = BackupFixture.Of(
            BackupEntry.Of("a/b", "1.0.0", "one", channels: ["c"]),
            BackupEntry.Of("a/b", "2.0.0", "two", channels: ["c"]));
        backup["channels"]!.AsArray().Add(BackupEntry.Channel("a/b", "c", "1.0.0"));
        return backup;
    }

    /// <summary>Each item, its members in order: that in which they stand has no meaning.</summary>
    private static IEnumerable<string> Texts(
        JsonNode items) => items.AsArray().Select(static item => Sorted(item!).ToJsonString());

    private static JsonNode Sorted(JsonNode node) => node is JsonObject members
        ? new JsonObject(
            members.OrderBy(static member => member.Key, StringComparer.Ordinal)
                .Select(
                    static member =>
                        KeyValuePair.Create(member.Key, member.Value is null ? null : Sorted(member.Value))))
        : node.DeepClone();
}
