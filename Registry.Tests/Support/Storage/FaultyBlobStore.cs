using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>Any blob store, failing where a test says.</summary>
public sealed class FaultyBlobStore(IBlobStore inner, StorageFaults faults) : IBlobStore
{
    public ValueTask<BlobWriter> CreateAsync(StoreKey scope, CancellationToken ct) =>
        faults.AroundAsync<BlobWriter>(
            StorageOperation.CreateBlob, scope.Value, async () => new Writer(await inner.CreateAsync(scope, ct), scope.Value, faults));

    public ValueTask<BlobReader?> OpenAsync(BlobKey key, ByteRange range, CancellationToken ct) =>
        faults.AroundAsync(StorageOperation.OpenBlob, key.Value, async () =>
        {
            var reader = await inner.OpenAsync(key, range, ct);
            return reader is null ? null : new BlobReader(reader.Info, reader.Length, new Content(reader.Content, key.Value, faults));
        });

    public ValueTask<BlobInfo?> StatAsync(BlobKey key, CancellationToken ct) =>
        faults.AroundAsync(StorageOperation.StatBlob, key.Value, () => inner.StatAsync(key, ct));

    public ValueTask<bool> TryDeleteAsync(BlobKey key, Precondition precondition, CancellationToken ct) =>
        faults.AroundAsync(StorageOperation.DeleteBlob, key.Value, () => inner.TryDeleteAsync(key, precondition, ct));

    public IAsyncEnumerable<BlobInfo> ListAsync(StoreKey scope, ScopeDepth depth, BlobKey? after, CancellationToken ct) =>
        faults.ListAsync(StorageOperation.ListBlobs, scope.Value, inner.ListAsync(scope, depth, after, ct), info => info.Key.Value);

    public ValueTask<StorageEpoch?> EpochAsync(CancellationToken ct) => inner.EpochAsync(ct);

    public ValueTask<int> DiscardAbandonedAsync(TimeSpan idle, CancellationToken ct) =>
        faults.AroundAsync(StorageOperation.DiscardAbandoned, "", () => inner.DiscardAbandonedAsync(idle, ct));

    private sealed class Writer : BlobWriter
    {
        private readonly BlobWriter inner;
        private readonly string scope;
        private readonly StorageFaults faults;
        private bool disposed;

        public Writer(BlobWriter inner, string scope, StorageFaults faults)
        {
            (this.inner, this.scope, this.faults) = (inner, scope, faults);
            faults.CountWriter(1);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            await faults.BeforeAsync(StorageOperation.WriteBlob, scope);
            await inner.WriteAsync(bytes, ct);
            await faults.AfterAsync(StorageOperation.WriteBlob, scope);
        }

        public override ValueTask<CommittedBlob> CommitAsync(Digest digest, DateTimeOffset? uploadedAt, CancellationToken ct) =>
            faults.AroundAsync(StorageOperation.CommitBlob, scope, () => inner.CommitAsync(digest, uploadedAt, ct));

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            if (!disposed)
                faults.CountWriter(-1);
            disposed = true;
        }
    }

    private sealed class Content(Stream inner, string key, StorageFaults faults) : ForwardReadStream(inner.Length)
    {
        public override bool CanRead => inner.CanRead;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await faults.BeforeAsync(StorageOperation.ReadBlob, key);
            if (faults.BlobBytes - Consumed is { } left)
            {
                if (left <= 0)
                    return faults.EndsInsteadOfFailing ? 0 : throw new StorageException(StorageFault.Unavailable, "secret-host went away");
                buffer = buffer[..(int)Math.Min(left, buffer.Length)];
            }

            var read = await inner.ReadAsync(buffer, cancellationToken);
            Consumed += read;
            await faults.AfterAsync(StorageOperation.ReadBlob, key);
            return read;
        }

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
