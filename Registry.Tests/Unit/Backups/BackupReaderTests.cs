using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Api.Backups;
using Registry.Tests.Support.Backups;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Backups;

internal sealed class BackupReaderTests
{
    private static readonly byte[] Reference = Encoding.UTF8.GetBytes(File.ReadAllText(BackupFixture.ReferenceFile));

    [Test]
    public async Task Every_entry_is_read_with_its_content()
    {
        var read = await ReadAsync(new MemoryStream(Reference));
        var expected = BackupFixture.Reference()["packages"]!.AsArray();
        Assert.That(
            read.Releases.Select(
                static release =>
                    (
                        release.Package,
                        release.Release,
                        release.MediaType,
                        release.CreatedAt.Text,
                        release.TarDigest,
                        release.ContentSize)),
            Is.EqualTo(expected.Select(static entry => (
                $"{entry!["package"]}",
                $"{entry["release"]}",
                $"{entry["mediaType"]}",
                $"{entry["created_at"]}",
                $"{entry["content"]!["digest"]}",
                $"{entry["content"]!["size"]}"))));
        Assert.That(read.Contents, Is.EqualTo(expected.Select(static entry => $"{entry!["blob"]}")));
        Assert.That(read.Releases[0].Channels, Is.EqualTo(new[] { "dev", "stable" }));
        Assert.That(
            read.Channels,
            Is.EqualTo(
                new[]
                {
                    new BackupChannel("titi/rocketchat", "dev", "1.0.1"),
                    new BackupChannel("titi/rocketchat", "stable", "2.0.1")
                }));
    }

    [Test]
    public async Task The_order_of_members_is_irrelevant()
    {
        var random = new Random(20);
        var expected = await ReadAsync(new MemoryStream(Reference));
        for (var i = 0; i < 30; i++)
        {
            var shuffled = Shuffle(JsonNode.Parse(Reference)!, random)!.ToJsonString();
            var read = await ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(shuffled)));
            Assert.That(read.Releases.Select(
                static release =>
                    $"{release} {release.TarDigest} {release.CreatedAt.Text} {string.Join(',', release.Channels)}"),
                Is.EqualTo(
                    expected.Releases.Select(
                        static release =>
                            $"{release} {release.TarDigest} {release.CreatedAt.Text} "
                                + $"{string.Join(',', release.Channels)}")), shuffled);
            Assert.That(read.Contents, Is.EqualTo(expected.Contents));
            Assert.That(read.Channels, Is.EqualTo(expected.Channels));
        }
    }

    [Test]
    public async Task Chunks_of_any_size_read_the_same()
    {
        var expected = await ReadAsync(new MemoryStream(Reference));
        foreach (var size in (int[])[1, 2, 3, 7, 64, 1000])
        {
            var read = await ReadAsync(
                new ChunkStream(
                    [.. Reference.Chunk(size).Select(static chunk => (ReadOnlyMemory<byte>)chunk)],
                    0,
                    Reference.Length));
            Assert.That(read.Contents, Is.EqualTo(expected.Contents));
            Assert.That(read.Channels, Is.EqualTo(expected.Channels));
        }
    }

    [Test]
    public void A_truncated_backup_is_reported_with_its_offset_and_yields_the_entries_before_it()
    {
        var end = Array.LastIndexOf(Reference, (byte)'}');
        var most = 0;
        foreach (var length in Enumerable.Range(0, end / 37).Select(static step => step * 37).Append(end))
        {
            var entries = new ReadEntries();
            Assert.That(
                async () => await ReadAsync(new MemoryStream(Reference, 0, length), entries),
                Throws.TypeOf<InvalidDataException>().With.Message
                    .Contains($"at byte {length}: unexpected end of data"));
            Assert.That(entries.Releases, Has.Count.GreaterThanOrEqualTo(most));
            most = entries.Releases.Count;
        }

        Assert.That(most, Is.EqualTo(4));
    }

    [TestCase("[]", "at byte 0: expected '{'.")]
    [TestCase("nonsense", "at byte 0: expected '{'.")]
    [TestCase("{}", "it has no 'packages'")]
    [TestCase("""{"channels":[]}""", "it has no 'packages'")]
    [TestCase("""{"packages":{}}""", "at byte 12: expected '['.")]
    [TestCase("""{"packages":[5]}""", "at byte 13: expected '{'.")]
    [TestCase("""{"packages":[]} x""", "at byte 16: unexpected data after the backup.")]
    [TestCase("""{"packages":[{"package":tru}]}""", "at byte 24: unexpected character.")]
    public void Invalid_backups_are_rejected(string text, string expectedError) =>
        Assert.That(
            async () => await ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text))),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains(expectedError));

    private static async Task<ReadEntries> ReadAsync(Stream backup, ReadEntries? entries = null)
    {
        entries ??= new ReadEntries();
        await using var spool = new ContentSpool(1 << 20);
        await new BackupReader(backup, spool, maxMetadataBytes: 1000).ReadAsync(
            async release =>
            {
                var content = new MemoryStream();
                await foreach (var piece in spool.ReadAsync(CancellationToken.None))
                    content.Write(piece.Span);
                Assert.That(spool.Refusal, Is.Null);
                entries.Releases.Add(release);
                entries.Contents.Add(Convert.ToBase64String(content.ToArray()));
            },
            channel =>
            {
                entries.Channels.Add(channel);
                return ValueTask.CompletedTask;
            },
            CancellationToken.None);
        return entries;
    }

    private static JsonNode? Shuffle(JsonNode? node, Random random)
    {
        if (node is JsonArray items)
            return new JsonArray([.. items.Select(item => Shuffle(item, random))]);
        if (node is not JsonObject members)
            return node?.DeepClone();
        var shuffled =
            members.Select(member => KeyValuePair.Create(member.Key, Shuffle(member.Value, random))).ToArray();
        random.Shuffle(shuffled);
        return new JsonObject(shuffled);
    }

    private sealed class ReadEntries
    {
        public List<BackupRelease> Releases { get; } = [];

        public List<string> Contents { get; } = [];

        public List<BackupChannel> Channels { get; } = [];
    }
}
