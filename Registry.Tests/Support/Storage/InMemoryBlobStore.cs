using System.Runtime.CompilerServices;
using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

internal sealed class InMemoryBlobStore(InMemoryStorage storage) : IBlobStore
{
    public ValueTask<BlobWriter> CreateAsync(StoreKey scope, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var writer = new InMemoryBlobWriter(storage, scope);
        lock (storage.Gate)
            storage.Staged.Add(writer);
        return ValueTask.FromResult<BlobWriter>(writer);
    }

    public ValueTask<BlobReader?> OpenAsync(BlobKey key, ByteRange range, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Find(key) is not { } blob)
            return ValueTask.FromResult<BlobReader?>(null);
        var length = range.LengthWithin(blob.Info.Length);
        return ValueTask.FromResult<BlobReader?>(
            new BlobReader(blob.Info, length, new ChunkStream(blob.Chunks, range.Offset, length)));
    }

    public ValueTask<BlobInfo?> StatAsync(BlobKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Find(key)?.Info);
    }

    public ValueTask<bool> TryDeleteAsync(BlobKey key, Precondition precondition, CancellationToken cancellationToken)
    {
        precondition.ThrowIfAbsent();
        cancellationToken.ThrowIfCancellationRequested();
        lock (storage.Gate)
        {
            storage.RequireEpoch(precondition);
            return ValueTask.FromResult(
                precondition.HoldsFor(storage.StoredBlobs.GetValueOrDefault(key)?.Info.Revision)
                    && storage.StoredBlobs.Remove(key));
        }
    }

    public ValueTask<CommittedBlob?> TouchAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken) =>
        CopyAsync(key, key.Scope, uploadedAt, cancellationToken);

    public ValueTask<CommittedBlob?> CopyAsync(
        BlobKey source, StoreKey scope, CancellationToken cancellationToken) =>
        CopyAsync(source, scope, uploadedAt: null, cancellationToken);

    private ValueTask<CommittedBlob?> CopyAsync(
        BlobKey source, StoreKey scope, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (storage.Gate)
            return ValueTask.FromResult(
                storage.StoredBlobs.TryGetValue(source, out var blob)
                    ? storage.Commit(source with { Scope = scope }, blob.Chunks, uploadedAt)
                    : null);
    }

    public ValueTask<StorageEpoch?> EpochAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(storage.Epoch);
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(
        StoreKey scope, ScopeDepth depth, BlobKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ValueTask.CompletedTask;
        cancellationToken.ThrowIfCancellationRequested();
        BlobKey[] keys;
        lock (storage.Gate)
        {
            keys = [.. storage.StoredBlobs.Keys
                .Where(key => key.Scope == scope || (depth == ScopeDepth.Subtree && key.Scope.IsBelow(scope)))
                .Where(key => after is not { } last || key > last)
                .Order()];
        }

        foreach (var key in keys)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Find(key) is { } blob)
                yield return blob.Info;
        }
    }

    public ValueTask<int> DiscardAbandonedAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(idle, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        lock (storage.Gate)
            return ValueTask.FromResult(
                storage.Staged.RemoveWhere(writer => writer.LastWrite <= storage.Time.GetUtcNow() - idle));
    }

    private StoredBlob? Find(BlobKey key)
    {
        lock (storage.Gate)
            return storage.StoredBlobs.GetValueOrDefault(key);
    }
}
