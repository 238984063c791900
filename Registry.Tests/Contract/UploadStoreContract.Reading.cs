using System.Security.Cryptography;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class UploadStoreContract
{
    [Test]
    public async Task Opening_returns_what_was_appended_before_and_its_length()
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        var bytes = StorageShortcuts.Bytes(SeveralChunks);
        await Uploads.AppendBytesAsync(upload, 0, bytes, CancellationToken);
        await using var content = await Two.Uploads.OpenAsync(upload, CancellationToken);
        Assert.That(content!.Length, Is.EqualTo(bytes.Length));
        await Uploads.AppendBytesAsync(upload, bytes.Length, Small, CancellationToken);
        Assert.That((await content.ReadAllAsync(CancellationToken)).AsSpan().SequenceEqual(bytes), Is.True);
        Assert.That(await content.ReadAsync(new byte[1], CancellationToken), Is.Zero, "the end stays the end");
    }

    [Test]
    public async Task Reads_of_any_buffer_size_return_the_same_bytes()
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        var bytes = StorageShortcuts.Bytes(200_000);
        for (var at = 0; at < bytes.Length; at += 50_000)
            await Uploads.AppendBytesAsync(upload, at, bytes.AsMemory(at, 50_000), CancellationToken);
        foreach (var size in (int[])[1_009, 65_536, 300_000])
        {
            await using var content = await Two.Uploads.OpenAsync(upload, CancellationToken);
            var all = new MemoryStream();
            var buffer = new byte[size];
            while (await content!.ReadAsync(buffer, CancellationToken) is > 0 and var read)
                all.Write(buffer, 0, read);
            Assert.That(all.ToArray(), SameBytes.As(bytes));
        }
    }

    [Test]
    public async Task Reading_an_upload_that_is_discarded_returns_every_byte_or_throws([Values] bool started)
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        var bytes = StorageShortcuts.Bytes(2 * SeveralChunks);
        await Uploads.AppendBytesAsync(upload, 0, bytes.AsMemory(0, SeveralChunks), CancellationToken);
        await Uploads.AppendBytesAsync(upload, SeveralChunks, bytes.AsMemory(SeveralChunks), CancellationToken);
        await using var content = await Uploads.OpenAsync(upload, CancellationToken);
        var start = new byte[started ? 1000 : 0];
        await content!.ReadExactlyAsync(start, CancellationToken);
        Assert.That(await Two.Uploads.DiscardAsync(upload, CancellationToken), Is.True);
        byte[] rest;
        try
        {
            rest = await content.ReadAllAsync(CancellationToken);
        }
        catch (StorageException)
        {
            return;
        }

        Assert.That(((byte[])[.. start, .. rest]).AsSpan().SequenceEqual(bytes), Is.True);
    }

    [Test]
    public async Task A_read_uses_its_own_cancellation_token()
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        await Uploads.AppendBytesAsync(upload, 0, Small, CancellationToken);
        using var opening = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        await using var content = await Uploads.OpenAsync(upload, opening.Token);
        await opening.CancelAsync();
        Assert.That(
            async () => await content!.ReadAsync(new byte[10], Cancelled),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            await content!.ReadAllAsync(CancellationToken),
            Is.EqualTo(Small),
            "cancelling the token of OpenAsync does not cancel reads");
    }

    [Test]
    [NonParallelizable]
    public async Task Memory_does_not_grow_with_the_length_of_an_upload()
    {
        const int Chunk = 1024 * 1024;
        const int Appends = 4;
        const int ChunksPerAppend = 10;
        const long Total = (long)Appends * ChunksPerAppend * Chunk;
        const long Allowance = 24L * Chunk;
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var allowed =
            LiveMemory.Measure() + Allowance + (2 * Total * Storage.CopiesInProcess);

        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        for (var append = 0; append < Appends; append++)
        {
            var offset = (long)append * ChunksPerAppend * Chunk;
            await using var writer = await Instance(append).Uploads.AppendAsync(upload, offset, CancellationToken);
            for (var i = 0; i < ChunksPerAppend; i++)
            {
                var bytes = StorageShortcuts.Bytes(Chunk, (append * ChunksPerAppend) + i);
                sha256.AppendData(bytes);
                await writer!.WriteAsync(bytes, CancellationToken);
            }

            Assert.That(LiveMemory.Measure(), Is.LessThan(allowed), "while appending");
            Assert.That(
                await writer!.CompleteAsync(CancellationToken), Is.EqualTo(offset + (ChunksPerAppend * Chunk)));
        }

        Assert.That(await Two.Uploads.LengthAsync(upload, CancellationToken), Is.EqualTo(Total));
        await using var content = await Two.Uploads.OpenAsync(upload, CancellationToken);
        using var read = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Chunk];
        for (var i = 0; i < Appends * ChunksPerAppend; i++)
        {
            await content!.ReadExactlyAsync(buffer, CancellationToken);
            read.AppendData(buffer);
            if (i % ChunksPerAppend == ChunksPerAppend - 1)
                Assert.That(LiveMemory.Measure(), Is.LessThan(allowed), "while reading");
        }

        Assert.That(await content!.ReadAsync(buffer, CancellationToken), Is.Zero);
        Assert.That(read.GetHashAndReset(), Is.EqualTo(sha256.GetHashAndReset()));
    }
}
