using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

internal sealed class InMemoryBlobWriter(InMemoryStorage storage, StoreKey scope) : BlobWriter
{
    private readonly List<ReadOnlyMemory<byte>> chunks = [];
    private bool ended;

    /// <summary>The time of the last write; guarded by the storage's lock.</summary>
    public DateTimeOffset LastWrite { get; private set; } = storage.Time.GetUtcNow();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ThrowIfEnded();
        cancellationToken.ThrowIfCancellationRequested();
        lock (storage.Gate)
        {
            chunks.Add(bytes.ToArray());
            LastWrite = storage.Time.GetUtcNow();
        }

        return ValueTask.CompletedTask;
    }

    public override ValueTask<CommittedBlob> CommitAsync(
        Digest digest, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        ThrowIfEnded();
        cancellationToken.ThrowIfCancellationRequested();
        ended = true;
        var key = new BlobKey(scope, digest);
        lock (storage.Gate)
        {
            if (!storage.Staged.Remove(this))
                throw new StorageException(StorageFault.Unavailable, "The staged upload was discarded.");
            return ValueTask.FromResult(storage.Commit(key, chunks, uploadedAt));
        }
    }

    public override ValueTask DisposeAsync()
    {
        ended = true;
        lock (storage.Gate)
            storage.Staged.Remove(this);
        return ValueTask.CompletedTask;
    }

    private void ThrowIfEnded()
    {
        if (ended)
            throw new InvalidOperationException("This writer has been committed or disposed.");
    }
}
