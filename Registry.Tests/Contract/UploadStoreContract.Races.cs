using NUnit.Framework;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class UploadStoreContract
{
    [Test]
    public async Task Of_concurrent_appends_at_one_offset_exactly_one_is_completed(
        [Values(100, SeveralChunks)] int length)
    {
        const int Runners = 4;
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        var expected = new List<byte>();
        for (var round = 0; round < (length == 100 ? 20 : 3); round++)
        {
            var offset = expected.Count;
            var lengths = await RaceAsync(Runners, async i =>
            {
                // Of different lengths, so that the length tells which one it is.
                var bytes = StorageShortcuts.Bytes(length + i, Seed(round, i));
                return await Instance(i).Uploads.TryAppendAsync(upload, offset, bytes, CancellationToken);
            });
            Assert.That(lengths.Count(known => known is not null), Is.EqualTo(1), $"round {round}");
            var winner = Array.FindIndex(lengths, known => known is not null);
            expected.AddRange(StorageShortcuts.Bytes(length + winner, Seed(round, winner)));
            Assert.That(lengths[winner], Is.EqualTo(expected.Count));
            Assert.That(
                await Instance(round).Uploads.LengthAsync(upload, CancellationToken), Is.EqualTo(lengths[winner]));
        }

        await AssertContentAsync(upload, [.. expected]);
        await Uploads.DiscardAsync(upload, CancellationToken);

        static int Seed(int round, int runner) => (Runners * round) + runner;
    }

    [Test]
    public async Task Of_two_open_appends_at_one_offset_the_first_to_complete_wins()
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        await using var first = await One.Uploads.AppendAsync(upload, 0, CancellationToken);
        await using var second = await Two.Uploads.AppendAsync(upload, 0, CancellationToken);
        await first!.WriteAsync(StorageShortcuts.Bytes(SeveralChunks, 2), CancellationToken);
        await second!.WriteAsync(Small, CancellationToken);
        Assert.That(await second.CompleteAsync(CancellationToken), Is.EqualTo(Small.Length));
        Assert.That(await first.CompleteAsync(CancellationToken), Is.Null);
        await AssertContentAsync(upload, Small);
        await first.DisposeAsync();
        await AssertContentAsync(upload, Small);
    }

    [Test]
    public async Task An_append_racing_a_discard_leaves_no_upload([Values(100, SeveralChunks)] int length)
    {
        var bytes = StorageShortcuts.Bytes(length);
        for (var round = 0; round < (length == 100 ? 20 : 4); round++)
        {
            var upload = await Uploads.BeginAsync(Scope, CancellationToken);
            var results = await RaceAsync(2, async i => i == 0
                ? await One.Uploads.TryAppendAsync(upload, 0, bytes, CancellationToken) ?? 0
                : await Two.Uploads.DiscardAsync(upload, CancellationToken) ? -1 : -2);
            Assert.That(results[0], Is.EqualTo(0).Or.EqualTo(length));
            Assert.That(results[1], Is.EqualTo(-1), "the upload existed");
            Assert.That(await Uploads.LengthAsync(upload, CancellationToken), Is.Null);
            Assert.That(await Uploads.CountAsync(10, CancellationToken), Is.Zero);
        }
    }

    [Test]
    public async Task Concurrent_uploads_do_not_mix()
    {
        var uploads = await RaceAsync(4, async i =>
        {
            var upload = await Instance(i).Uploads.BeginAsync(Scope, CancellationToken);
            var bytes = StorageShortcuts.Bytes(SeveralChunks, i);
            for (var at = 0; at < bytes.Length; at += 700_000)
                await Instance(at).Uploads.AppendBytesAsync(
                    upload, at, bytes.AsMemory(at, Math.Min(700_000, bytes.Length - at)), CancellationToken);
            return upload;
        });
        for (var i = 0; i < uploads.Length; i++)
            await AssertContentAsync(uploads[i], StorageShortcuts.Bytes(SeveralChunks, i));
    }

    [Test]
    public async Task Only_one_of_many_concurrent_discards_succeeds()
    {
        for (var round = 0; round < 10; round++)
        {
            var upload = await Uploads.BeginAsync(Scope, CancellationToken);
            await Uploads.AppendBytesAsync(upload, 0, Small, CancellationToken);
            var discarded = await RaceAsync(
                4, async i => await Instance(i).Uploads.DiscardAsync(upload, CancellationToken));
            Assert.That(discarded.Count(success => success), Is.EqualTo(1));
        }
    }
}
