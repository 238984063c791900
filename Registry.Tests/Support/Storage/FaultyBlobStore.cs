using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>Adds injected faults to any blob store.</summary>
public sealed class FaultyBlobStore(IBlobStore inner, StorageFaults faults) : IBlobStore
{
    public ValueTask<BlobWriter> CreateAsync(StoreKey scope, CancellationToken cancellationToken) =>
        faults.AroundAsync<BlobWriter>(
            StorageOperation.CreateBlob, scope.Value, async () =>
                new Writer(await inner.CreateAsync(scope, cancellationToken), scope.Value, faults));

    public ValueTask<BlobReader?> OpenAsync(BlobKey key, ByteRange range, CancellationToken cancellationToken) =>
        faults.AroundAsync(StorageOperation.OpenBlob, key.Value, async () =>
        {
            var reader = await inner.OpenAsync(key, range, cancellationToken);
            return reader is null
                ? null
                : new BlobReader(reader.Info, reader.Length, new Content(reader.Content, key.Value, faults));
        });

    public ValueTask<BlobInfo?> StatAsync(BlobKey key, CancellationToken cancellationToken) =>
        faults.AroundAsync(StorageOperation.StatBlob, key.Value, () => inner.StatAsync(key, cancellationToken));

    public ValueTask<bool> TryDeleteAsync(
        BlobKey key, Precondition precondition, CancellationToken cancellationToken) =>
        faults.AroundAsync(
            StorageOperation.DeleteBlob, key.Value, () => inner.TryDeleteAsync(key, precondition, cancellationToken));

    public ValueTask<CommittedBlob?> TouchAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken) =>
        faults.AroundAsync(
            StorageOperation.TouchBlob, key.Value, () => inner.TouchAsync(key, uploadedAt, cancellationToken));

    public ValueTask<CommittedBlob?> CopyAsync(
        BlobKey source, StoreKey scope, CancellationToken cancellationToken) =>
        faults.AroundAsync(
            StorageOperation.CopyBlob, source.Value, () => inner.CopyAsync(source, scope, cancellationToken));

    public IAsyncEnumerable<BlobInfo> ListAsync(
        StoreKey scope, ScopeDepth depth, BlobKey? after, CancellationToken cancellationToken) =>
        faults.ListAsync(
            StorageOperation.ListBlobs,
            scope.Value,
            inner.ListAsync(scope, depth, after, cancellationToken),
            info => info.Key.Value);

    public ValueTask<StorageEpoch?> EpochAsync(
        CancellationToken cancellationToken) => inner.EpochAsync(cancellationToken);

    public ValueTask<int> DiscardAbandonedAsync(TimeSpan idle, CancellationToken cancellationToken) =>
        faults.AroundAsync(
            StorageOperation.DiscardAbandoned, "", () => inner.DiscardAbandonedAsync(idle, cancellationToken));

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

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            await faults.BeforeAsync(StorageOperation.WriteBlob, scope);
            await inner.WriteAsync(bytes, cancellationToken);
            await faults.AfterAsync(StorageOperation.WriteBlob, scope);
        }

        public override ValueTask<CommittedBlob> CommitAsync(
            Digest digest, DateTimeOffset? uploadedAt, CancellationToken cancellationToken) =>
            faults.AroundAsync(
                StorageOperation.CommitBlob, scope, () => inner.CommitAsync(digest, uploadedAt, cancellationToken));

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            if (!disposed)
                faults.CountWriter(-1);
            disposed = true;
        }
    }

    private sealed class Content(Stream inner, string key, StorageFaults faults) : ForwardOnlyStream(inner.Length)
    {
        public override bool CanRead => inner.CanRead;

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await faults.BeforeAsync(StorageOperation.ReadBlob, key);
            if (faults.BlobBytes - Consumed is { } left)
            {
                if (left <= 0)
                    return faults.TruncatesSilently
                        ? 0
                        : throw new StorageException(StorageFault.Unavailable, "secret-host went away");
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
