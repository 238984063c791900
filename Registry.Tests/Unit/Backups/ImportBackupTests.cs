using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Backups;

namespace Registry.Tests.Unit.Backups;

/// <summary>Imports, checked by what the service then returns.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ImportBackupTests : IDisposable
{
    private readonly BackupFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Test]
    public async Task An_imported_backup_of_the_reference_server_is_served_as_described_in_it()
    {
        var run = await fixture.ImportFileAsync(BackupFixture.ReferenceFile);
        Assert.That(
            run,
            Is.EqualTo(
                new CommandRun(
                    0,
                    "4 releases added, 0 replaced, 0 unchanged; 2 channels set, 0 unchanged; 0 entries failed.\n",
                    "")));

        await using var host = await fixture.ServeAsync();
        foreach (var entry in BackupFixture.Reference()["packages"]!.AsArray())
        {
            var type = $"{entry!["mediaType"]}".Split('.')[3];
            var path = $"/api/v1/packages/{entry["package"]}/{entry["release"]}/{type}";
            var shown = await GetAsync(host, path);
            foreach (var member in (string[])["package", "release", "created_at", "mediaType"])
                Assert.That($"{shown[member]}", Is.EqualTo($"{entry[member]}"), path);
            Assert.That(shown["metadata"], Is.Null);
            foreach (var member in (string[])["digest", "size", "mediaType"])
                Assert.That($"{shown["content"]![member]}", Is.EqualTo($"{entry["content"]![member]}"), path);
            Assert.That(
                await host.Client.GetByteArrayAsync($"{path}/pull"),
                Is.EqualTo(Convert.FromBase64String($"{entry["blob"]}")));
            Assert.That(
                await host.Client.GetByteArrayAsync(
                    $"/api/v1/packages/{entry["package"]}/blobs/sha256/{entry["content"]!["digest"]}"),
                Is.EqualTo(Convert.FromBase64String($"{entry["blob"]}")));
        }

        var listed = (await GetAsync(host, "/api/v1/packages")).AsArray().Single()!;
        Assert.That(
            $"{listed["name"]} {listed["default"]} {listed["created_at"]}",
            Is.EqualTo("titi/rocketchat 2.0.1 2016-10-11T12:03:24.941731"));
        Assert.That(listed["releases"]!.ToJsonString(), Is.EqualTo("""["2.0.1","1.0.1","0.0.1"]"""));
        Assert.That(
            (await GetAsync(host, "/api/v1/packages/titi/rocketchat/channels")).ToJsonString(),
            Is.EqualTo(
                """[{"name":"dev","current":"1.0.1","releases":["1.0.1"]},{"name":"stable","current":"2.0.1","releases":["2.0.1","1.0.1"]}]"""));
    }

    [Test]
    public async Task A_second_import_reports_that_nothing_changed()
    {
        await fixture.ImportFileAsync(BackupFixture.ReferenceFile);
        var before = fixture.Files();
        var run = await fixture.ImportFileAsync(BackupFixture.ReferenceFile);
        Assert.That(
            run,
            Is.EqualTo(
                new CommandRun(
                    0, "Nothing changed: 4 releases and 2 channels of the backup already exist.\n", "")));
        Assert.That(fixture.Files(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_different_content_is_reported_as_a_conflict_and_the_rest_is_imported()
    {
        await fixture.ImportAsync(
            BackupFixture.Of(BackupEntry.Of("a/b", "1.0.0", "old"), BackupEntry.Of("a/b", "2.0.0", "same")));
        var backup = BackupFixture.Of(
            BackupEntry.Of("a/b", "1.0.0", "new", "2019-01-01T00:00:00"),
            BackupEntry.Of("a/b", "2.0.0", "same"),
            BackupEntry.Of("a/c", "1.0.0", "new"));

        var run = await fixture.ImportAsync(backup);
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(run.Output, Does.StartWith(
            "a/b 1.0.0 as helm: the release exists with another content or metadata: sha256 ")
            .And.Contain("\n1 release added, 0 replaced, 1 unchanged; 0 channels set, 0 unchanged; 1 entry failed.\n"));
        Assert.That(await PullAsync("a/b/1.0.0"), Is.EqualTo(Samples.TarGz("old")));

        var forced = await fixture.ImportAsync(backup, "--force");
        Assert.That(forced.Code, Is.Zero, forced.Output);
        Assert.That(forced.Output, Does.Contain("0 releases added, 1 replaced, 2 unchanged;"));
        Assert.That(await PullAsync("a/b/1.0.0"), Is.EqualTo(Samples.TarGz("new")));
        await using var host = await fixture.ServeAsync();
        Assert.That(
            $"{(await GetAsync(host, "/api/v1/packages/a/b/1.0.0/helm"))["created_at"]}",
            Is.EqualTo("2019-01-01T00:00:00.000000"));
    }

    [Test]
    public async Task An_import_keeps_releases_pushed_before_it()
    {
        await using (var host = await fixture.ServeAsync())
        {
            var push = JsonSerializer.Serialize(
                new { release = "3.0.0", media_type = "helm", blob = Convert.ToBase64String(Samples.TarGz("pushed")) });
            using var pushed = await host.Client.PostAsync("/api/v1/packages/titi/rocketchat", new StringContent(push));
            using var added =
                await host.Client.PostAsync("/api/v1/packages/titi/rocketchat/channels/stable/3.0.0", null);
            Assert.That(added.IsSuccessStatusCode);
        }

        Assert.That((await fixture.ImportFileAsync(BackupFixture.ReferenceFile)).Code, Is.Zero);
        await using var again = await fixture.ServeAsync();
        var listed = (await GetAsync(again, "/api/v1/packages")).AsArray().Single()!;
        Assert.That(listed["releases"]!.ToJsonString(), Is.EqualTo("""["3.0.0","2.0.1","1.0.1","0.0.1"]"""));
        Assert.That(
            $"{listed["created_at"]}",
            Is.EqualTo("2016-10-11T12:03:24.941731"),
            "the package keeps its earliest creation time");
        Assert.That(
            (await GetAsync(again, "/api/v1/packages/titi/rocketchat/channels/stable")).ToJsonString(),
            Is.EqualTo("""{"name":"stable","current":"2.0.1","releases":["3.0.0","2.0.1","1.0.1"]}"""));
    }

    [Test]
    public async Task A_channel_without_its_current_release_points_to_its_highest_one_with_a_warning()
    {
        var backup = BackupFixture.Of(
            BackupEntry.Of("a/b", "1.0.0", "x", channels: ["c"]),
            BackupEntry.Of("a/b", "1.1.0", "y", channels: ["c", "d"]));
        backup["channels"] = new JsonArray(
            BackupEntry.Channel("a/b", "c", "2.0.0"),
            BackupEntry.Channel("a/b", "e", "3.0.0"),
            BackupEntry.Channel("no/such", "c", "1.0.0"),
            BackupEntry.Channel("a/b", "f", "1.0.0"));
        var run = await fixture.ImportAsync(backup);
        Assert.That(run.Code, Is.Zero, "the reference server leaves such channels behind");
        Assert.That(run.Output.Split('\n'), Is.EqualTo(new[]
        {
            "Warning: Channel c of a/b: its current release 2.0.0 does not exist; 1.1.0 is current instead",
            "Warning: Channel e of a/b: its current release 3.0.0 does not exist; the channel is skipped",
            "Warning: Channel c of no/such: the package has no release, so the channel is skipped",
            "2 releases added, 0 replaced, 0 unchanged; 3 channels set, 0 unchanged; 0 entries failed; 3 warnings.",
            "",
        }));
        await using var host = await fixture.ServeAsync();
        Assert.That(
            (await GetAsync(host, "/api/v1/packages/a/b/channels")).ToJsonString(),
            Is.EqualTo(
                """[{"name":"c","current":"1.1.0","releases":["1.1.0","1.0.0"]},{"name":"d","current":"1.1.0","releases":["1.1.0"]},{"name":"f","current":"1.0.0","releases":["1.0.0"]}]"""));
    }

    [Test]
    public async Task Metadata_foreign_media_types_and_folded_base64_are_imported()
    {
        var entry = BackupEntry.Of("a/b", "1.0.0", "x", "2020-01-02T03:04:05Z");
        entry["mediaType"] = "application/vnd.appr.package-manifest.docker-compose.v0.json";
        entry["metadata"] = new JsonObject { ["maintainers"] = new JsonArray("ä", 1.50m) };
        entry["blob"] = string.Join("\n", $"{entry["blob"]}".Chunk(76).Select(static line => new string(line)));
        Assert.That((await fixture.ImportAsync(BackupFixture.Of(entry))).Code, Is.Zero);
        await using var host = await fixture.ServeAsync();
        var shown = await GetAsync(host, "/cnr/api/v1/packages/a/b/1.0.0/docker-compose");
        Assert.That(shown["metadata"]!.ToJsonString(), Is.EqualTo(entry["metadata"]!.ToJsonString()));
        Assert.That(
            $"{shown["mediaType"]}", Is.EqualTo("application/vnd.appr.package-manifest.docker-compose.v0.json"));
        Assert.That($"{shown["created_at"]}", Is.EqualTo("2020-01-02T03:04:05.000000"));
    }

    private static async Task<JsonNode> GetAsync(RegistryHost host, string path) =>
        JsonNode.Parse(await host.Client.GetStringAsync(path))!;

    private async Task<byte[]> PullAsync(string release)
    {
        await using var host = await fixture.ServeAsync();
        return await host.Client.GetByteArrayAsync($"/api/v1/packages/{release}/helm/pull");
    }
}
