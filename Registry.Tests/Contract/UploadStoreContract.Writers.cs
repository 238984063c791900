using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class UploadStoreContract
{
    [Test]
    public async Task A_writer_is_completed_once_and_disposing_it_keeps_the_bytes(
        [Values(0, 1000, SeveralChunks)] int length)
    {
        var bytes = StorageShortcuts.Bytes(length);
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        var writer = await Uploads.AppendAsync(upload, 0, CancellationToken);
        await writer!.WriteAsync(bytes, CancellationToken);
        Assert.That(await writer.CompleteAsync(CancellationToken), Is.EqualTo(length));
        AssertUnusable<InvalidOperationException>(writer);
        await writer.DisposeAsync();
        await writer.DisposeAsync();
        AssertUnusable<ObjectDisposedException>(writer);
        await AssertContentAsync(upload, bytes);
    }

    [Test]
    public async Task A_writer_can_only_be_disposed_after_a_failed_write([Values(0, 1000, SeveralChunks)] int length)
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        var writer = await Uploads.AppendAsync(upload, 0, CancellationToken);
        await writer!.WriteAsync(StorageShortcuts.Bytes(length), CancellationToken);
        Assert.That(
            async () => await writer.WriteAsync(UnreadableBytes.Create(), CancellationToken),
            Throws.InstanceOf<NotSupportedException>());
        AssertUnusable<InvalidOperationException>(writer);
        await writer.DisposeAsync();
        await writer.DisposeAsync();
        await AssertContentAsync(upload, []);
    }

    [Test]
    public async Task A_writer_can_only_be_disposed_after_a_lost_completion([Values(1000, SeveralChunks)] int length)
    {
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        await using var writer = await Uploads.AppendAsync(upload, 0, CancellationToken);
        await writer!.WriteAsync(StorageShortcuts.Bytes(length), CancellationToken);
        await Two.Uploads.AppendBytesAsync(upload, 0, Small, CancellationToken);
        Assert.That(await writer.CompleteAsync(CancellationToken), Is.Null);
        AssertUnusable<InvalidOperationException>(writer);
        await AssertContentAsync(upload, Small);
    }

    [Test]
    public async Task A_call_cancelled_before_it_starts_leaves_the_writer_usable(
        [Values(1000, SeveralChunks)] int length)
    {
        var bytes = StorageShortcuts.Bytes(length);
        var upload = await Uploads.BeginAsync(Scope, CancellationToken);
        await using var writer = await Uploads.AppendAsync(upload, 0, CancellationToken);
        Assert.That(
            async () => await writer!.WriteAsync(bytes, Cancelled), Throws.InstanceOf<OperationCanceledException>());
        await writer!.WriteAsync(bytes, CancellationToken);
        Assert.That(
            async () => await writer.CompleteAsync(Cancelled), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await writer.CompleteAsync(CancellationToken), Is.EqualTo(length));
        await AssertContentAsync(upload, bytes);
    }

    private void AssertUnusable<TException>(UploadWriter writer)
        where TException : Exception
    {
        Assert.That(async () => await writer.WriteAsync(Small, CancellationToken), Throws.TypeOf<TException>());
        Assert.That(async () => await writer.CompleteAsync(CancellationToken), Throws.TypeOf<TException>());
    }
}
