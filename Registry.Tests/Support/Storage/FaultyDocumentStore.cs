using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>Adds injected faults to any document store.</summary>
public sealed class FaultyDocumentStore(IDocumentStore inner, StorageFaults faults) : IDocumentStore
{
    public bool SharesChecks => inner.SharesChecks;

    public ValueTask<Document?> GetAsync(StoreKey key, CancellationToken cancellationToken) =>
        faults.AroundAsync(StorageOperation.GetDocument, key.Value, () => inner.GetAsync(key, cancellationToken));

    public ValueTask<Revision?> StatAsync(StoreKey key, CancellationToken cancellationToken) =>
        faults.AroundAsync(StorageOperation.StatDocument, key.Value, () => inner.StatAsync(key, cancellationToken));

    public ValueTask<Revision?> TryPutAsync(
        StoreKey key, ReadOnlyMemory<byte> content, Precondition precondition, CancellationToken cancellationToken) =>
        faults.AroundAsync(
            StorageOperation.PutDocument,
            key.Value,
            () => inner.TryPutAsync(key, content, precondition, cancellationToken));

    public ValueTask<bool> TryDeleteAsync(
        StoreKey key, Precondition precondition, CancellationToken cancellationToken) =>
        faults.AroundAsync(
            StorageOperation.DeleteDocument,
            key.Value,
            () => inner.TryDeleteAsync(key, precondition, cancellationToken));

    public async ValueTask EnsureDurableAsync(StoreKey key, CancellationToken cancellationToken)
    {
        await faults.BeforeAsync(StorageOperation.EnsureDurable, key.Value);
        await inner.EnsureDurableAsync(key, cancellationToken);
    }

    public IAsyncEnumerable<DocumentEntry> ListAsync(
        StoreKey scope, StoreKey? after, CancellationToken cancellationToken) =>
        faults.ListAsync(
            StorageOperation.ListDocuments,
            scope.Value,
            inner.ListAsync(scope, after, cancellationToken),
            entry => entry.Key.Value);

    public ValueTask<DocumentChanges> ChangesAsync(
        StoreKey scope, ChangeToken? since, CancellationToken cancellationToken) =>
        faults.AroundAsync(
            StorageOperation.DocumentChanges, scope.Value, () => inner.ChangesAsync(scope, since, cancellationToken));

    public IAsyncEnumerable<StoredDocument> ReadAsync(
        StoreKey scope, StoreKey? after, CancellationToken cancellationToken) =>
        faults.ListAsync(
            StorageOperation.ReadDocuments,
            scope.Value,
            inner.ReadAsync(scope, after, cancellationToken),
            stored => stored.Key.Value);
}
