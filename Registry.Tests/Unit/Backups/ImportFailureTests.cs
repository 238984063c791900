using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Backups;

namespace Registry.Tests.Unit.Backups;

/// <summary>Entries that cannot be imported are reported and change nothing.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ImportFailureTests : IDisposable
{
    private readonly BackupFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    private static IEnumerable<TestCaseData> Faults()
    {
        yield return Fault("no package", "its 'package' is missing", static entry => entry.Remove("package"));
        yield return Fault(
            "a path", "its 'package' is not a valid name of a package", static entry => entry["package"] = "../b");
        yield return Fault("a number for a release", "its 'release' is invalid", static entry => entry["release"] = 5);
        yield return Fault("no release", "its 'release' is invalid", static entry => entry["release"] = "latest");
        yield return Fault("no media type", "its 'mediaType' is invalid", static entry => entry.Remove("mediaType"));
        yield return Fault(
            "no time", "its 'created_at' is not a time", static entry => entry["created_at"] = "yesterday");
        yield return Fault(
            "a number for a time", "its 'created_at' is not a time", static entry => entry["created_at"] = 5);
        yield return Fault("no blob", "its 'blob' is missing", static entry => entry["blob"] = null);
        yield return Fault("no base64", "its blob is not base64", static entry => entry["blob"] = "H4sI*");
        yield return Fault(
            "half of base64",
            "its length is not a multiple of four characters",
            static entry => entry["blob"] = $"{entry["blob"]}"[..^1].TrimEnd('='));
        yield return Fault(
            "no gzip", "The archive is not a gzip file.", static entry => SetBlob(entry, "no gzip"u8.ToArray()));
        yield return Fault(
            "half a gzip", "damaged or truncated", static entry => SetBlob(entry, Samples.TarGz("new")[..^4]));
        yield return Fault(
            "another content", "and the backup says", static entry => SetBlob(entry, Samples.TarGz("other")));
        yield return Fault(
            "another size", "bytes, and 'content' says 1", static entry => entry["content"]!["size"] = 1);
        yield return Fault(
            "no digest", "its 'content' has no 'digest'", static entry => entry["content"]!["digest"] = "abc");
        yield return Fault(
            "no size", "its 'content' has no 'size'", static entry => entry["content"]!["size"] = "many");
        yield return Fault("no content", "its 'content' has no 'digest'", static entry => entry.Remove("content"));
        yield return Fault(
            "metadata without end",
            "its 'metadata' is larger",
            static entry => entry["metadata"] = new string('x', 70_000));
        yield return Fault(
            "a blob beyond the limit", "larger than 3000 bytes", static entry => SetBlob(entry, new byte[3001]));
    }

    [TestCaseSource(nameof(Faults))]
    public async Task A_failed_entry_is_reported_and_the_others_are_imported(
        string expectedError, Action<JsonObject> damage)
    {
        var damaged = BackupEntry.Of("a/b", "2.0.0", "new", channels: ["c"]);
        damage(damaged);
        var run = await fixture.ImportAsync(
            BackupFixture.Of(
                BackupEntry.Of("a/a", "1.0.0", "x"),
                damaged,
                BackupEntry.Of("a/c", "1.0.0", "z")), "--Limits:PackageBytes=3000");
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(
            run.Output,
            Does.Contain(expectedError).And
                .Contain("2 releases added, 0 replaced, 0 unchanged; 0 channels set, 0 unchanged; 1 entry failed."));
        await using var host = await fixture.ServeAsync();
        Assert.That(await NamesAsync(host), Is.EqualTo(new[] { "a/a", "a/c" }));
        Assert.That(
            fixture.Files().Where(static file => file.Contains("/@", StringComparison.Ordinal)).ToList(),
            Has.Count.EqualTo(2),
            "the failed entry leaves no blob");
    }

    [Test]
    public async Task The_complete_entries_of_a_truncated_backup_are_imported_and_a_full_one_adds_the_rest()
    {
        var text = await File.ReadAllTextAsync(BackupFixture.ReferenceFile);
        var half = text[..(text.Length / 2)];
        var run = await fixture.ImportAsync(half);
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(
            run.Error,
            Is.EqualTo(
                $"The backup is not valid JSON, at byte {half.Length}: unexpected end of data. The entries "
                    + "before it were imported, without their channels.\n"));
        Assert.That(run.Output, Does.StartWith("1 release added,"));
        await using (var host = await fixture.ServeAsync())
            Assert.That(
                await host.Client.GetStringAsync("/api/v1/packages/titi/rocketchat/channels"),
                Is.EqualTo("[]\n"),
                "no channel points to a wrong release");

        run = await fixture.ImportAsync(text);
        Assert.That(
            run,
            Is.EqualTo(
                new CommandRun(
                    0,
                    "3 releases added, 0 replaced, 1 unchanged; 2 channels set, 0 unchanged; 0 entries failed.\n",
                    "")));
    }

    [Test]
    public async Task A_storage_failure_ends_the_import_and_the_next_one_completes_it()
    {
        var text = await File.ReadAllTextAsync(BackupFixture.ReferenceFile);
        var run = await fixture.ImportAsync(
            new CallbackStream(text, text.Length / 2, () => Directory.Move(fixture.Data, fixture.Below("elsewhere"))));
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(run.Error, Does.StartWith("The storage failed (").And.Not.Contain("   at "));
        Assert.That(run.Output, Does.StartWith("1 release added,"));

        Directory.Move(fixture.Below("elsewhere"), fixture.Data);
        run = await fixture.ImportAsync(text);
        Assert.That(run.Code, Is.Zero, run.Output);
        Assert.That(
            (await fixture.ImportAsync(text)).Output, Does.StartWith("Nothing changed: 4 releases and 2 channels"));
    }

    [Test]
    public async Task An_import_restores_the_missing_content_of_a_release()
    {
        await fixture.ImportFileAsync(BackupFixture.ReferenceFile);
        var blob = Directory.EnumerateFiles(fixture.Data, "@*", SearchOption.AllDirectories).First();
        File.Delete(blob);
        var run = await fixture.ImportFileAsync(BackupFixture.ReferenceFile);
        Assert.That(run.Code, Is.Zero);
        Assert.That(run.Output, Does.Contain("1 replaced, 3 unchanged"));
        Assert.That(File.Exists(blob));
    }

    [Test]
    public async Task A_damaged_package_is_reported_and_the_others_are_imported()
    {
        await fixture.ImportAsync(BackupFixture.Of(BackupEntry.Of("a/a", "1.0.0", "x")));
        await File.WriteAllTextAsync(fixture.IndexOf("a/a"), "damaged");
        var run = await fixture.ImportAsync(
            BackupFixture.Of(BackupEntry.Of("a/a", "1.0.0", "x"), BackupEntry.Of("a/b", "1.0.0", "x")));
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(
            run.Output,
            Does.StartWith("a/a 1.0.0 as helm: The stored index of a/a cannot be read").And.Contain("1 release added"));
    }

    [TestCase("")]
    [TestCase("no JSON")]
    [TestCase("{}")]
    [TestCase("{\"packages\":[{")]
    public async Task An_invalid_file_reports_no_success(string text)
    {
        var run = await fixture.ImportAsync(text);
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(run.Output, Is.Empty);
        Assert.That(run.Error, Does.StartWith("Th").And.Not.Contain("is imported"));
    }

    [Test]
    public async Task A_missing_file_is_reported_in_one_line()
    {
        var run = await fixture.ImportFileAsync(fixture.Below("none.json"));
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain("none.json").And.Not.Contain("   at "));
    }

    [Test]
    public async Task Control_characters_of_a_backup_are_escaped_in_the_output()
    {
        var entry = BackupEntry.Of("a/b", "1.0.0", "x");
        entry["package"] = "a/\u001b[2J\nb";
        var run = await fixture.ImportAsync(BackupFixture.Of(entry));
        Assert.That(run.Output, Does.Not.Contain("\u001b").And.StartWith("a/\\u001B[2J\\nb 1.0.0 as helm: "));
    }

    private static TestCaseData Fault(
        string name,
        string expectedError,
        Action<JsonObject> damage) => new TestCaseData(expectedError, damage).SetArgDisplayNames(name);

    private static void SetBlob(JsonObject entry, byte[] blob)
    {
        entry["blob"] = Convert.ToBase64String(blob);
        entry["content"]!["size"] = blob.Length;
    }

    private static async Task<string[]> NamesAsync(RegistryHost host) =>
        [.. JsonNode.Parse(await host.Client.GetStringAsync("/api/v1/packages"))!.AsArray()
            .Select(static package => $"{package!["name"]}")];

    /// <summary>A stream that runs an action at an offset.</summary>
    private sealed class CallbackStream(string text, int at, Action callback) : ReadStream
    {
        private readonly byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        private int position;

        public override int Read(Span<byte> buffer)
        {
            if (position == at)
                callback();
            var end = position < at ? at : bytes.Length;
            var length = Math.Min(buffer.Length, end - position);
            bytes.AsSpan(position, length).CopyTo(buffer);
            position += length;
            return length;
        }
    }
}
