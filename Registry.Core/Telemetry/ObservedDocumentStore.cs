using Registry.Core.Storage;

namespace Registry.Core.Telemetry;

/// <summary>Records every operation of a document store.</summary>
/// <param name="inner">The store.</param>
/// <param name="metrics">Records the operations.</param>
public sealed class ObservedDocumentStore(IDocumentStore inner, StorageMetrics metrics) : IDocumentStore
{
    /// <inheritdoc/>
    public bool SharesChecks => inner.SharesChecks;

    /// <inheritdoc/>
    public ValueTask<Document?> GetAsync(StoreKey key, CancellationToken cancellationToken) => metrics.RecordAsync(
        "get",
        (inner, key, cancellationToken),
        static call => call.inner.GetAsync(call.key, call.cancellationToken),
        static (_, document) => StorageOutcome.OfRead(document));

    /// <inheritdoc/>
    public ValueTask<Revision?> StatAsync(StoreKey key, CancellationToken cancellationToken) => metrics.RecordAsync(
        "stat",
        (inner, key, cancellationToken),
        static call => call.inner.StatAsync(call.key, call.cancellationToken),
        static (_, revision) => StorageOutcome.OfRead(revision));

    /// <inheritdoc/>
    public ValueTask<Revision?> TryPutAsync(
        StoreKey key, ReadOnlyMemory<byte> content, Precondition precondition, CancellationToken cancellationToken) =>
        metrics.RecordAsync(
            "put",
            (inner, key, content, precondition, cancellationToken),
            static call => call.inner.TryPutAsync(call.key, call.content, call.precondition, call.cancellationToken),
            static (_, revision) => revision is null ? StorageOutcome.Conflict : StorageOutcome.Ok);

    /// <inheritdoc/>
    public ValueTask<bool> TryDeleteAsync(
        StoreKey key, Precondition precondition, CancellationToken cancellationToken) => metrics.RecordAsync(
            "delete",
            (inner, key, precondition, cancellationToken),
            static call => call.inner.TryDeleteAsync(call.key, call.precondition, call.cancellationToken),
            static (call, deleted) => StorageOutcome.OfDelete(call.precondition, deleted));

    /// <inheritdoc/>
    public ValueTask EnsureDurableAsync(StoreKey key, CancellationToken cancellationToken) => metrics.RecordAsync(
        "ensure_durable",
        (inner, key, cancellationToken),
        static call => call.inner.EnsureDurableAsync(call.key, call.cancellationToken));

    /// <inheritdoc/>
    public IAsyncEnumerable<DocumentEntry> ListAsync(
        StoreKey scope, StoreKey? after, CancellationToken cancellationToken) =>
        metrics.RecordAsync("list", inner.ListAsync(scope, after, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredDocument> ReadAsync(
        StoreKey scope, StoreKey? after, CancellationToken cancellationToken) =>
        metrics.RecordAsync("read", inner.ReadAsync(scope, after, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<DocumentChanges> ChangesAsync(
        StoreKey scope, ChangeToken? since, CancellationToken cancellationToken) => metrics.RecordAsync(
            "changes",
            (inner, scope, since, cancellationToken),
            static call => call.inner.ChangesAsync(call.scope, call.since, call.cancellationToken),
            static (_, _) => StorageOutcome.Ok);
}
