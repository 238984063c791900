using System.Runtime.CompilerServices;
using Registry.Core.Storage;

namespace Registry.Tests.Unit.Content;

/// <summary>A minimal blob store for uploads that records what they did.</summary>
internal sealed class MemoryBlobs : IBlobStore
{
    /// <summary>False to discard the bytes of packages too large to hold in memory.</summary>
    public bool Keep { get; init; } = true;

    /// <summary>The number of bytes after which writes fail; null never fails.</summary>
    public long? FailAfterBytes { get; init; }

    public List<Writer> Writers { get; } = [];

    public Dictionary<BlobKey, byte[]> Committed { get; } = [];

    public ValueTask<BlobWriter> CreateAsync(StoreKey scope, CancellationToken cancellationToken)
    {
        var writer = new Writer(this, scope);
        Writers.Add(writer);
        return ValueTask.FromResult<BlobWriter>(writer);
    }

    public ValueTask<BlobReader?> OpenAsync(BlobKey key, ByteRange range, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<BlobInfo?> StatAsync(BlobKey key, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<bool> TryDeleteAsync(
        BlobKey key,
        Precondition precondition,
        CancellationToken cancellationToken) => throw new NotSupportedException();

    public async IAsyncEnumerable<BlobInfo> ListAsync(
        StoreKey scope, ScopeDepth depth, BlobKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }

    public ValueTask<int> DiscardAbandonedAsync(TimeSpan idle, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    internal sealed class Writer(MemoryBlobs blobs, StoreKey scope) : BlobWriter
    {
        private readonly MemoryStream bytes = new();

        public long Written { get; private set; }

        public bool Disposed { get; private set; }

        public bool IsCommitted { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> more, CancellationToken cancellationToken)
        {
            ObjectDisposedException.ThrowIf(Disposed, this);
            Written += more.Length;
            if (Written > blobs.FailAfterBytes)
                throw new StorageException(StorageFault.Full, "No space.");
            if (blobs.Keep)
                bytes.Write(more.Span);
            return ValueTask.CompletedTask;
        }

        public override ValueTask<CommittedBlob> CommitAsync(
            Digest digest, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
        {
            var key = new BlobKey(scope, digest);
            blobs.Committed.Add(key, bytes.ToArray());
            IsCommitted = true;
            var info = new BlobInfo(key, Written, DateTimeOffset.UnixEpoch, new Revision("1"));
            return ValueTask.FromResult(new CommittedBlob(info, IsNew: true));
        }

        public override ValueTask DisposeAsync()
        {
            Disposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
