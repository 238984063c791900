using Registry.Core.Storage;

namespace Registry.Core.Telemetry;

/// <summary>
/// Records every operation of a blob store. An open ends when the reader exists. The reads of its content are a
/// separate operation, and so are the writes and the commit of a writer.
/// </summary>
/// <param name="inner">The store.</param>
/// <param name="metrics">Records the operations.</param>
public sealed class ObservedBlobStore(IBlobStore inner, StorageMetrics metrics) : IBlobStore
{
    /// <inheritdoc/>
    public ValueTask<BlobWriter> CreateAsync(StoreKey scope, CancellationToken cancellationToken) =>
        metrics.IsEnabled ? CreateObservedAsync(scope, cancellationToken) : inner.CreateAsync(scope, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<BlobReader?> OpenAsync(BlobKey key, ByteRange range, CancellationToken cancellationToken) =>
        metrics.IsEnabled
            ? OpenObservedAsync(key, range, cancellationToken)
            : inner.OpenAsync(key, range, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<BlobInfo?> StatAsync(BlobKey key, CancellationToken cancellationToken) => metrics.RecordAsync(
        "stat",
        (inner, key, cancellationToken),
        static call => call.inner.StatAsync(call.key, call.cancellationToken),
        static (_, info) => StorageOutcome.OfRead(info));

    /// <inheritdoc/>
    public ValueTask<bool> TryDeleteAsync(
        BlobKey key, Precondition precondition, CancellationToken cancellationToken) => metrics.RecordAsync(
            "delete",
            (inner, key, precondition, cancellationToken),
            static call => call.inner.TryDeleteAsync(call.key, call.precondition, call.cancellationToken),
            static (call, deleted) => StorageOutcome.OfDelete(call.precondition, deleted));

    /// <inheritdoc/>
    public ValueTask<CommittedBlob?> TouchAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken) =>
        metrics.RecordAsync(
            "touch",
            (inner, key, uploadedAt, cancellationToken),
            static call => call.inner.TouchAsync(call.key, call.uploadedAt, call.cancellationToken),
            static (_, touched) => StorageOutcome.OfRead(touched));

    /// <inheritdoc/>
    public ValueTask<CommittedBlob?> CopyAsync(
        BlobKey source, StoreKey scope, CancellationToken cancellationToken) => metrics.RecordAsync(
            "copy",
            (inner, source, scope, cancellationToken),
            static call => call.inner.CopyAsync(call.source, call.scope, call.cancellationToken),
            static (_, copied) => StorageOutcome.OfRead(copied));

    /// <inheritdoc/>
    public IAsyncEnumerable<BlobInfo> ListAsync(
        StoreKey scope, ScopeDepth depth, BlobKey? after, CancellationToken cancellationToken) =>
        metrics.RecordAsync("list", inner.ListAsync(scope, depth, after, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StorageEpoch?> EpochAsync(CancellationToken cancellationToken) => metrics.RecordAsync(
        "epoch",
        (inner, cancellationToken),
        static call => call.inner.EpochAsync(call.cancellationToken),
        static (_, _) => StorageOutcome.Ok);

    /// <inheritdoc/>
    public ValueTask<int> DiscardAbandonedAsync(TimeSpan idle, CancellationToken cancellationToken) =>
        metrics.RecordAsync(
            "discard_abandoned",
            (inner, idle, cancellationToken),
            static call => call.inner.DiscardAbandonedAsync(call.idle, call.cancellationToken),
            static (_, _) => StorageOutcome.Ok);

    private async ValueTask<BlobReader?> OpenObservedAsync(
        BlobKey key, ByteRange range, CancellationToken cancellationToken)
    {
        var reader = await metrics.RecordAsync(
            "open",
            (inner, key, range, cancellationToken),
            static call => call.inner.OpenAsync(call.key, call.range, call.cancellationToken),
            static (_, reader) => StorageOutcome.OfRead(reader));
        return reader is null
            ? null
            : new BlobReader(reader.Info, reader.Length, new ObservedContent(reader.Content, reader.Length, metrics));
    }

    private async ValueTask<BlobWriter> CreateObservedAsync(StoreKey scope, CancellationToken cancellationToken)
    {
        var writer = await metrics.RecordAsync(
            "create",
            (inner, scope, cancellationToken),
            static call => call.inner.CreateAsync(call.scope, call.cancellationToken),
            static (_, _) => StorageOutcome.Ok);
        return new ObservedBlobWriter(writer, metrics);
    }

    /// <summary>Records the writes and the commit of a writer.</summary>
    private sealed class ObservedBlobWriter(BlobWriter inner, StorageMetrics metrics) : BlobWriter
    {
        private readonly ContentTimer timer = new(metrics, "write");

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            timer.MeasureAsync(
                (inner, bytes, cancellationToken),
                static call => call.inner.WriteAsync(call.bytes, call.cancellationToken));

        public override ValueTask<CommittedBlob> CommitAsync(
            Digest digest, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
        {
            timer.Complete();
            return metrics.RecordAsync(
                "commit",
                (inner, digest, uploadedAt, cancellationToken),
                static call => call.inner.CommitAsync(call.digest, call.uploadedAt, call.cancellationToken),
                static (_, _) => StorageOutcome.Ok);
        }

        public override ValueTask DisposeAsync()
        {
            timer.Complete();
            return inner.DisposeAsync();
        }
    }
}
