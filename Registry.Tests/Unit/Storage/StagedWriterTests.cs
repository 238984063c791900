using NUnit.Framework;
using Registry.Core.Storage;

namespace Registry.Tests.Unit.Storage;

/// <summary>What the contract of the backends cannot show: calls that are in progress.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class StagedWriterTests : IAsyncDisposable
{
    private readonly TaskCompletionSource running = new();
    private readonly Writer writer;

    public StagedWriterTests() => writer = new Writer(running.Task);

    public ValueTask DisposeAsync() => writer.DisposeAsync();

    [Test]
    public async Task A_call_during_another_is_rejected_and_does_not_end_it()
    {
        var write = WriteAsync();
        Assert.That(WriteAsync, Throws.InvalidOperationException.With.Message.Contains("busy"));
        running.SetResult();
        await write;
        await WriteAsync();
    }

    [Test]
    public void A_write_cancelled_while_it_runs_leaves_a_writer_that_can_only_be_disposed()
    {
        var write = WriteAsync();
        running.SetCanceled();
        Assert.That(() => write, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(WriteAsync, Throws.InvalidOperationException);
        Assert.That(
            async () => await writer.CommitAsync(default, null, CancellationToken.None),
            Throws.InvalidOperationException);
    }

    [Test]
    public async Task A_writer_disposed_during_a_write_stays_disposed()
    {
        var write = WriteAsync();
        await writer.DisposeAsync();
        await writer.DisposeAsync();
        Assert.That(writer.Disposals, Is.EqualTo(1));
        running.SetResult();
        await write;
        Assert.That(WriteAsync, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public async Task Bytes_are_discarded_only_between_calls()
    {
        var write = WriteAsync();
        Assert.That(writer.TryDiscard(static () => true), Is.False, "the writer is busy");
        running.SetResult();
        await write;
        Assert.That(writer.TryDiscard(static () => false), Is.False);
        await WriteAsync();
        Assert.That(writer.TryDiscard(static () => true), Is.True);
        Assert.That(writer.TryDiscard(static () => true), Is.False, "they are discarded once");
        Assert.That(WriteAsync, Throws.TypeOf<StorageException>());
        await writer.DisposeAsync();
        Assert.That(WriteAsync, Throws.TypeOf<ObjectDisposedException>());
    }

    private Task WriteAsync() =>
        writer.WriteAsync(default, CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(10));

    private sealed class Writer(Task running) : StagedBlobWriter(StoreKeys.Packages)
    {
        public int Disposals { get; private set; }

        protected override ValueTask WriteCoreAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            new(running);

        protected override ValueTask<CommittedBlob> CommitCoreAsync(
            BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        protected override ValueTask DisposeCoreAsync()
        {
            Disposals++;
            return ValueTask.CompletedTask;
        }
    }
}
