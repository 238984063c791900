using Registry.Core.Storage;

namespace Registry.Core.Telemetry;

/// <summary>
/// Records every operation of an upload store. The reads of an upload, and the writes and the completion of an append,
/// are separate operations.
/// </summary>
/// <param name="inner">The store.</param>
/// <param name="metrics">Records the operations.</param>
public sealed class ObservedUploadStore(IUploadStore inner, StorageMetrics metrics) : IUploadStore
{
    /// <inheritdoc/>
    public ValueTask<UploadKey> BeginAsync(StoreKey scope, CancellationToken cancellationToken) => metrics.RecordAsync(
        "begin",
        (inner, scope, cancellationToken),
        static call => call.inner.BeginAsync(call.scope, call.cancellationToken),
        static (_, _) => StorageOutcome.Ok);

    /// <inheritdoc/>
    public ValueTask<long?> LengthAsync(UploadKey upload, CancellationToken cancellationToken) => metrics.RecordAsync(
        "length",
        (inner, upload, cancellationToken),
        static call => call.inner.LengthAsync(call.upload, call.cancellationToken),
        static (_, length) => length is null ? StorageOutcome.Absent : StorageOutcome.Ok);

    /// <inheritdoc/>
    public ValueTask<UploadWriter?> AppendAsync(UploadKey upload, long offset, CancellationToken cancellationToken) =>
        metrics.IsEnabled
            ? AppendObservedAsync(upload, offset, cancellationToken)
            : inner.AppendAsync(upload, offset, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Stream?> OpenAsync(UploadKey upload, CancellationToken cancellationToken) =>
        metrics.IsEnabled ? OpenObservedAsync(upload, cancellationToken) : inner.OpenAsync(upload, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> DiscardAsync(UploadKey upload, CancellationToken cancellationToken) => metrics.RecordAsync(
        "discard",
        (inner, upload, cancellationToken),
        static call => call.inner.DiscardAsync(call.upload, call.cancellationToken),
        static (_, discarded) => discarded ? StorageOutcome.Ok : StorageOutcome.Absent);

    /// <inheritdoc/>
    public ValueTask<int> CountAsync(int limit, CancellationToken cancellationToken) => metrics.RecordAsync(
        "count",
        (inner, limit, cancellationToken),
        static call => call.inner.CountAsync(call.limit, call.cancellationToken),
        static (_, _) => StorageOutcome.Ok);

    /// <inheritdoc/>
    public ValueTask<int> DiscardIdleAsync(TimeSpan idle, CancellationToken cancellationToken) => metrics.RecordAsync(
        "discard_idle",
        (inner, idle, cancellationToken),
        static call => call.inner.DiscardIdleAsync(call.idle, call.cancellationToken),
        static (_, _) => StorageOutcome.Ok);

    private async ValueTask<Stream?> OpenObservedAsync(UploadKey upload, CancellationToken cancellationToken)
    {
        var content = await metrics.RecordAsync(
            "open",
            (inner, upload, cancellationToken),
            static call => call.inner.OpenAsync(call.upload, call.cancellationToken),
            static (_, content) => StorageOutcome.OfRead(content));
        return content is null ? null : new ObservedContent(content, content.Length, metrics);
    }

    private async ValueTask<UploadWriter?> AppendObservedAsync(
        UploadKey upload, long offset, CancellationToken cancellationToken)
    {
        var writer = await metrics.RecordAsync(
            "append",
            (inner, upload, offset, cancellationToken),
            static call => call.inner.AppendAsync(call.upload, call.offset, call.cancellationToken),
            static (_, writer) => writer is null ? StorageOutcome.Conflict : StorageOutcome.Ok);
        return writer is null ? null : new ObservedUploadWriter(writer, metrics);
    }

    /// <summary>Records the writes and the completion of an append.</summary>
    private sealed class ObservedUploadWriter(UploadWriter inner, StorageMetrics metrics) : UploadWriter
    {
        private readonly ContentTimer timer = new(metrics, "write");

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            timer.MeasureAsync(
                (inner, bytes, cancellationToken),
                static call => call.inner.WriteAsync(call.bytes, call.cancellationToken));

        public override ValueTask<long?> CompleteAsync(CancellationToken cancellationToken)
        {
            timer.Complete();
            return metrics.RecordAsync(
                "complete",
                (inner, cancellationToken),
                static call => call.inner.CompleteAsync(call.cancellationToken),
                static (_, length) => length is null ? StorageOutcome.Conflict : StorageOutcome.Ok);
        }

        public override ValueTask DisposeAsync()
        {
            timer.Complete();
            return inner.DisposeAsync();
        }
    }
}
