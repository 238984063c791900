using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class BlobStoreContract
{
    [Test]
    public async Task A_writer_commits_once_and_disposing_it_keeps_the_blob(
        [Values(0, 1000, SeveralChunks)] int length)
    {
        var bytes = StorageShortcuts.Bytes(length);
        var writer = await Blobs.CreateAsync(Scope, CancellationToken);
        await writer.WriteAsync(bytes, CancellationToken);
        var info = (await writer.CommitAsync(StorageShortcuts.DigestOf(bytes), null, CancellationToken)).Info;
        AssertUnusable<InvalidOperationException>(writer, bytes);
        await writer.DisposeAsync();
        await writer.DisposeAsync();
        AssertUnusable<ObjectDisposedException>(writer, bytes);
        Assert.That(await Blobs.StatAsync(info.Key, CancellationToken), Is.EqualTo(info), "it was committed once");
        Assert.That(await Two.Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken), SameBytes.As(bytes));
    }

    [Test]
    public async Task A_writer_can_only_be_disposed_after_a_failed_write([Values(0, 1000, SeveralChunks)] int length)
    {
        var bytes = StorageShortcuts.Bytes(length);
        var writer = await Blobs.CreateAsync(Scope, CancellationToken);
        await writer.WriteAsync(bytes, CancellationToken);
        Assert.That(
            async () => await writer.WriteAsync(UnreadableBytes.Create(), CancellationToken),
            Throws.InstanceOf<NotSupportedException>());
        AssertUnusable<InvalidOperationException>(writer, bytes);
        await writer.DisposeAsync();
        await writer.DisposeAsync();
        await AssertNothingRemainsAsync(bytes);
    }

    [Test]
    public async Task A_writer_can_only_be_disposed_after_a_failed_commit([Values(1000, SeveralChunks)] int length)
    {
        var bytes = StorageShortcuts.Bytes(length);
        await using (var writer = await Blobs.CreateAsync(Scope, CancellationToken))
        {
            await writer.WriteAsync(bytes, CancellationToken);
            await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken);
            Assert.That(
                async () => await writer.CommitAsync(StorageShortcuts.DigestOf(bytes), null, CancellationToken),
                Throws.InstanceOf<StorageException>());
            Assert.That(
                async () => await writer.CommitAsync(StorageShortcuts.DigestOf(bytes), null, CancellationToken),
                Throws.InstanceOf<InvalidOperationException>().Or.InstanceOf<StorageException>());
        }

        await AssertNothingRemainsAsync(bytes);
    }

    [Test]
    public async Task A_call_cancelled_before_it_starts_leaves_the_writer_usable(
        [Values(1000, SeveralChunks)] int length)
    {
        var bytes = StorageShortcuts.Bytes(length);
        var digest = StorageShortcuts.DigestOf(bytes);
        await using var writer = await Blobs.CreateAsync(Scope, CancellationToken);
        Assert.That(
            async () => await writer.WriteAsync(bytes, Cancelled), Throws.InstanceOf<OperationCanceledException>());
        await writer.WriteAsync(bytes, CancellationToken);
        Assert.That(
            async () => await writer.CommitAsync(digest, null, Cancelled),
            Throws.InstanceOf<OperationCanceledException>());
        var info = (await writer.CommitAsync(digest, null, CancellationToken)).Info;
        Assert.That(await Two.Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken), SameBytes.As(bytes));
    }

    [Test]
    public async Task A_writer_disposed_without_a_commit_leaves_nothing([Values(0, 1000, SeveralChunks)] int length)
    {
        var bytes = StorageShortcuts.Bytes(length);
        var writer = await Blobs.CreateAsync(Scope, CancellationToken);
        await writer.WriteAsync(bytes, CancellationToken);
        await writer.DisposeAsync();
        await writer.DisposeAsync();
        AssertUnusable<ObjectDisposedException>(writer, bytes);
        await AssertNothingRemainsAsync(bytes);
    }

    private void AssertUnusable<TException>(BlobWriter writer, byte[] bytes)
        where TException : Exception
    {
        Assert.That(async () => await writer.WriteAsync(bytes, CancellationToken), Throws.TypeOf<TException>());
        Assert.That(
            async () => await writer.CommitAsync(StorageShortcuts.DigestOf(bytes), null, CancellationToken),
            Throws.TypeOf<TException>());
    }

    private async Task AssertNothingRemainsAsync(byte[] bytes)
    {
        Assert.That(
            await Two.Blobs.StatAsync(new BlobKey(Scope, StorageShortcuts.DigestOf(bytes)), CancellationToken),
            Is.Null);
        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
    }
}
