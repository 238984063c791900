using System.IO.Pipelines;
using System.Text.Json;
using NUnit.Framework;
using Registry.Api.Cnr;
using Registry.Core.Storage;
using Registry.Tests.Unit.Content;

namespace Registry.Tests.Unit.Push;

public sealed class BlobJsonTests
{
    private static BlobReader Open(byte[] bytes, int pieceBytes = int.MaxValue, long? length = null) => new(
        new BlobInfo(
            new BlobKey(SampleContent.Scope, Digest.FromHash(new byte[32])),
            bytes.Length,
            DateTimeOffset.UnixEpoch,
            new Revision("1")),
        length ?? bytes.Length,
        new PieceStream(bytes, pieceBytes));

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(583)]
    [TestCase(49_151)]
    [TestCase(49_152)]
    [TestCase(49_153)]
    [TestCase(200_000)]
    public async Task The_JSON_contains_the_blob_in_one_canonical_line_and_has_the_announced_length(int length)
    {
        var bytes = SampleContent.Random(length);
        foreach (var pieceBytes in (int[])[1000, 1, int.MaxValue])
        {
            var json = new BlobJson(
                length,
                ("filename", "titi_rocketchat_1.0.0+b1.tar.gz"),
                ("package", "titi/rocketchat"),
                ("odd", "\"é\\\n"));
            using var written = new MemoryStream();
            await using var blob = Open(bytes, pieceBytes);
            var output = PipeWriter.Create(written, new StreamPipeWriterOptions(leaveOpen: true));
            await json.WriteAsync(blob, output, 128 * 1024, CancellationToken.None);
            await output.CompleteAsync();
            Assert.That(written.Length, Is.EqualTo(json.ContentLength));
            using var parsed = JsonDocument.Parse(written.ToArray());
            Assert.That(parsed.RootElement.EnumerateObject()
                .Select(member => (member.Name, member.Value.GetString())), Is.EqualTo(new[]
            {
                ("blob", Convert.ToBase64String(bytes)),
                ("filename", "titi_rocketchat_1.0.0+b1.tar.gz"),
                ("package", "titi/rocketchat"),
                ("odd", "\"é\\\n"),
            }));
        }
    }

    [Test]
    public async Task A_short_or_different_blob_never_produces_a_complete_response()
    {
        await using var shortened = Open(SampleContent.Random(100), length: 200);
        using var written = new MemoryStream();
        Assert.That(
            async () =>
                await new BlobJson(200).WriteAsync(
                    shortened, PipeWriter.Create(written), 128 * 1024, CancellationToken.None),
            Throws.InstanceOf<EndOfStreamException>());
        await using var other = Open(SampleContent.Random(100));
        Assert.That(
            async () =>
                await new BlobJson(200).WriteAsync(
                    other, PipeWriter.Create(written), 128 * 1024, CancellationToken.None),
            Throws.TypeOf<StorageException>());
        Assert.That(written.Length, Is.Zero);
    }

    [Test]
    public async Task Reading_stops_when_the_client_is_gone()
    {
        await using var blob = Open(SampleContent.Random(1_000_000));
        var pipe = new Pipe();
        await pipe.Reader.CompleteAsync();
        await new BlobJson(1_000_000).WriteAsync(blob, pipe.Writer, 128 * 1024, CancellationToken.None);
        Assert.That(((PieceStream)blob.Content).Position, Is.LessThan(100_000));
    }

    private sealed class PieceStream(byte[] bytes, int pieceBytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, pieceBytes)], cancellationToken);
    }
}
