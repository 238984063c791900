using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class BlobStoreContract
{
    /// <summary>More than two chunks of any backend (1 MiB at most), and not a multiple of one.</summary>
    private const int SeveralChunks = (2 * 1024 * 1024) + 123_457;

    [Test]
    public async Task An_absent_blob_is_null_or_false_in_every_call()
    {
        var key = new BlobKey(Scope, StorageShortcuts.DigestOf([1]));
        Assert.That(await Blobs.StatAsync(key, CancellationToken), Is.Null);
        Assert.That(await Blobs.OpenAsync(key, ByteRange.All, CancellationToken), Is.Null);
        Assert.That(await Blobs.OpenAsync(key, new ByteRange(1_000_000, 5), CancellationToken), Is.Null);
        Assert.That(await Blobs.TryDeleteAsync(key, Precondition.None, CancellationToken), Is.False);
    }

    [Test]
    public async Task A_range_returns_exactly_its_bytes()
    {
        var bytes = StorageShortcuts.Bytes(SeveralChunks);
        var info = await Blobs.CommitAsync(Scope, bytes, CancellationToken);
        const int Chunk = 512 * 1024;
        (long Offset, long? Length)[] ranges =
        [
            (0, null), (0, SeveralChunks), (0, 1), (0, 0), (1, null),
            (SeveralChunks - 1, null), (SeveralChunks - 1, 1), (SeveralChunks, null), (SeveralChunks, 0),
            (Chunk - 1, 2), (Chunk, 1), (Chunk, Chunk), (Chunk - 1, Chunk + 2),
            ((2 * Chunk) - 1, 2), (2 * Chunk, Chunk), (100, SeveralChunks - 200),
        ];
        foreach (var (offset, length) in ranges)
        {
            var expected = bytes.AsMemory((int)offset, (int)(length ?? SeveralChunks - offset));
            await using var reader =
                await Instance((int)offset).Blobs.OpenAsync(info.Key, new ByteRange(offset, length), CancellationToken);
            Assert.That(reader!.Length, Is.EqualTo(expected.Length), "the length is known before the first byte");
            Assert.That(reader.Info, Is.EqualTo(info));
            var content = await reader.Content.ReadAllAsync(CancellationToken);
            Assert.That(content.AsSpan().SequenceEqual(expected.Span), Is.True, $"{offset}, {length}");
            Assert.That(
                await reader.Content.ReadAsync(new byte[1], CancellationToken), Is.Zero, "the end stays the end");
        }
    }

    [Test]
    public async Task A_range_past_the_end_throws_ArgumentOutOfRangeException()
    {
        var info = await Blobs.CommitAsync(Scope, StorageShortcuts.Bytes(100), CancellationToken);
        foreach (var range in (ByteRange[])[
            new(101, null), new(101, 0), new(0, 101), new(100, 1), new(-1, null), new(0, -1), new(50, long.MaxValue)
        ])
            Assert.That(
                async () => await Blobs.OpenAsync(info.Key, range, CancellationToken),
                Throws.InstanceOf<ArgumentOutOfRangeException>(),
                $"{range}");
    }

    [Test]
    public async Task Reads_of_any_buffer_size_return_the_same_bytes()
    {
        var bytes = StorageShortcuts.Bytes(200_000);
        var info = await Blobs.CommitAsync(Scope, bytes, CancellationToken);
        foreach (var size in (int[])[1_009, 65_536, 200_000, 300_000])
        {
            await using var reader = await Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
            var content = new MemoryStream();
            var buffer = new byte[size];
            while (await reader!.Content.ReadAsync(buffer, CancellationToken) is > 0 and var read)
                content.Write(buffer, 0, read);
            Assert.That(content.ToArray(), SameBytes.As(bytes));
        }
    }

    [Test]
    public async Task Reading_a_blob_that_is_deleted_returns_every_byte_or_throws()
    {
        var bytes = StorageShortcuts.Bytes(SeveralChunks);
        var info = await Blobs.CommitAsync(Scope, bytes, CancellationToken);
        await using var reader = await One.Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
        var start = new byte[1000];
        await reader!.Content.ReadExactlyAsync(start, CancellationToken);
        Assert.That(await Two.Blobs.TryDeleteAsync(info.Key, Precondition.None, CancellationToken), Is.True);
        await AssertRestOrExceptionAsync(reader, start, bytes);
    }

    [Test]
    public async Task Reading_a_blob_that_is_touched_returns_every_byte_or_throws()
    {
        var bytes = StorageShortcuts.Bytes(SeveralChunks);
        var info = await Blobs.CommitAsync(Scope, bytes, CancellationToken);
        await using var reader = await One.Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
        var start = new byte[1000];
        await reader!.Content.ReadExactlyAsync(start, CancellationToken);
        await Two.Blobs.CommitAsync(Scope, bytes, CancellationToken);
        await AssertRestOrExceptionAsync(reader, start, bytes);
        Assert.That(
            (await One.Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken)).AsSpan().SequenceEqual(bytes),
            Is.True);
    }

    [Test]
    public async Task Opening_during_commits_and_deletes_returns_every_byte_or_null_or_throws()
    {
        var bytes = StorageShortcuts.Bytes(700_000);
        var key = new BlobKey(Scope, StorageShortcuts.DigestOf(bytes));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        var reading = Task.Run(async () =>
        {
            var whole = 0;
            while (!ended.IsCancellationRequested || whole == 0)
            {
                try
                {
                    if (await Two.Blobs.ReadAsync(key, ByteRange.All, CancellationToken) is not { } content)
                        continue;
                    Assert.That(content.AsSpan().SequenceEqual(bytes), Is.True);
                    whole++;
                }
                catch (StorageException)
                {
                    // The blob was deleted during the read, and the read reported it.
                }
            }

            return whole;
        });
        for (var round = 0; round < 15; round++)
        {
            await One.Blobs.CommitAsync(Scope, bytes, CancellationToken);
            await One.Blobs.CommitAsync(Scope, bytes, CancellationToken);
            await One.Blobs.TryDeleteAsync(key, Precondition.None, CancellationToken);
        }

        await One.Blobs.CommitAsync(Scope, bytes, CancellationToken);
        await ended.CancelAsync();
        Assert.That(await reading, Is.Positive);
    }

    [Test]
    [NonParallelizable]
    public async Task Memory_does_not_grow_with_the_length_of_a_blob()
    {
        const int Chunk = 1024 * 1024;
        const int Chunks = 40;
        const long Allowance = 24L * Chunk;
        using var sha256 = System.Security.Cryptography.IncrementalHash.CreateHash(
            System.Security.Cryptography.HashAlgorithmName.SHA256);
        var allowed =
            LiveMemory.Measure() + Allowance + ((long)Chunk * Chunks * Storage.CopiesInProcess);

        BlobInfo info;
        await using (var writer = await Blobs.CreateAsync(Scope, CancellationToken))
        {
            for (var i = 0; i < Chunks; i++)
            {
                var bytes = StorageShortcuts.Bytes(Chunk, i);
                sha256.AppendData(bytes);
                await writer.WriteAsync(bytes, CancellationToken);
                if (i % 10 == 9)
                    Assert.That(LiveMemory.Measure(), Is.LessThan(allowed), "while writing");
            }

            info = (await writer.CommitAsync(
                Core.Storage.Digest.FromHash(sha256.GetHashAndReset()), null, CancellationToken)).Info;
        }

        await using var reader = await Two.Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
        var buffer = new byte[Chunk];
        for (var i = 0; i < Chunks; i++)
        {
            await reader!.Content.ReadExactlyAsync(buffer, CancellationToken);
            Assert.That(buffer.AsSpan().SequenceEqual(StorageShortcuts.Bytes(Chunk, i)), Is.True);
            if (i % 10 == 9)
                Assert.That(LiveMemory.Measure(), Is.LessThan(allowed), "while reading");
        }

        Assert.That(await reader!.Content.ReadAsync(buffer, CancellationToken), Is.Zero);
    }

    private async Task AssertRestOrExceptionAsync(BlobReader reader, byte[] start, byte[] whole)
    {
        byte[] rest;
        try
        {
            rest = await reader.Content.ReadAllAsync(CancellationToken);
        }
        catch (StorageException)
        {
            return;
        }

        Assert.That(((byte[])[.. start, .. rest]).AsSpan().SequenceEqual(whole), Is.True);
    }
}
