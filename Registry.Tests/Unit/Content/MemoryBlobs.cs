using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Content;

/// <summary>An in-memory blob store that records its writers.</summary>
internal sealed class MemoryBlobs : IBlobStore
{
    private readonly InMemoryStorage storage = new();

    /// <summary>False to discard the bytes of packages too large to hold in memory.</summary>
    public bool Keep { get; init; } = true;

    /// <summary>The number of bytes after which writes fail; null never fails.</summary>
    public long? FailAfterBytes { get; init; }

    public List<Writer> Writers { get; } = [];

    public IReadOnlyDictionary<BlobKey, byte[]> Committed => storage.StoredBlobs.ToDictionary(
        static blob => blob.Key,
        static blob => blob.Value.Chunks.SelectMany(static chunk => chunk.ToArray()).ToArray());

    public async ValueTask<BlobWriter> CreateAsync(StoreKey scope, CancellationToken cancellationToken)
    {
        var writer = new Writer(this, await storage.Blobs.CreateAsync(scope, cancellationToken));
        Writers.Add(writer);
        return writer;
    }

    public ValueTask<BlobReader?> OpenAsync(BlobKey key, ByteRange range, CancellationToken cancellationToken) =>
        storage.Blobs.OpenAsync(key, range, cancellationToken);

    public ValueTask<BlobInfo?> StatAsync(BlobKey key, CancellationToken cancellationToken) =>
        storage.Blobs.StatAsync(key, cancellationToken);

    public ValueTask<bool> TryDeleteAsync(
        BlobKey key, Precondition precondition, CancellationToken cancellationToken) =>
        storage.Blobs.TryDeleteAsync(key, precondition, cancellationToken);

    public ValueTask<CommittedBlob?> TouchAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken) =>
        storage.Blobs.TouchAsync(key, uploadedAt, cancellationToken);

    public ValueTask<CommittedBlob?> CopyAsync(
        BlobKey source, StoreKey scope, CancellationToken cancellationToken) =>
        storage.Blobs.CopyAsync(source, scope, cancellationToken);

    public IAsyncEnumerable<BlobInfo> ListAsync(
        StoreKey scope, ScopeDepth depth, BlobKey? after, CancellationToken cancellationToken) =>
        storage.Blobs.ListAsync(scope, depth, after, cancellationToken);

    public ValueTask<int> DiscardAbandonedAsync(TimeSpan idle, CancellationToken cancellationToken) =>
        storage.Blobs.DiscardAbandonedAsync(idle, cancellationToken);

    internal sealed class Writer(MemoryBlobs blobs, BlobWriter writer) : BlobWriter
    {
        public long Written { get; private set; }

        public bool Disposed { get; private set; }

        public bool IsCommitted { get; private set; }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            ObjectDisposedException.ThrowIf(Disposed, this);
            Written += bytes.Length;
            if (Written > blobs.FailAfterBytes)
                throw new StorageException(StorageFault.Full, "No space.");
            if (blobs.Keep)
                await writer.WriteAsync(bytes, cancellationToken);
        }

        public override async ValueTask<CommittedBlob> CommitAsync(
            Digest digest, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
        {
            var committed = await writer.CommitAsync(digest, uploadedAt, cancellationToken);
            IsCommitted = true;
            return committed;
        }

        public override async ValueTask DisposeAsync()
        {
            Disposed = true;
            await writer.DisposeAsync();
        }
    }
}
