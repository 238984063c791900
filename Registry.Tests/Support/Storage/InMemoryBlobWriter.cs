using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

internal sealed class InMemoryBlobWriter(InMemoryStorage storage, StoreKey scope) : StagedBlobWriter(scope)
{
    private readonly List<ReadOnlyMemory<byte>> chunks = [];

    /// <summary>The time of the last write; guarded by the storage's lock.</summary>
    public DateTimeOffset LastWrite { get; private set; } = storage.Time.GetUtcNow();

    protected override ValueTask WriteCoreAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        lock (storage.Gate)
        {
            chunks.Add(bytes.ToArray());
            LastWrite = storage.Time.GetUtcNow();
        }

        return ValueTask.CompletedTask;
    }

    protected override ValueTask<CommittedBlob> CommitCoreAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        lock (storage.Gate)
        {
            if (!storage.Staged.Remove(this))
                throw new StorageException(StorageFault.Unavailable, "The staged upload was discarded.");
            return ValueTask.FromResult(storage.Commit(key, chunks, uploadedAt));
        }
    }

    protected override ValueTask DisposeCoreAsync()
    {
        lock (storage.Gate)
            storage.Staged.Remove(this);
        return ValueTask.CompletedTask;
    }
}
