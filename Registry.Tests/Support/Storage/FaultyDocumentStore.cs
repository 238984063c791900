using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>Any document store, failing where a test says.</summary>
public sealed class FaultyDocumentStore(IDocumentStore inner, StorageFaults faults) : IDocumentStore
{
    public ValueTask<Document?> GetAsync(StoreKey key, CancellationToken ct) =>
        faults.AroundAsync(StorageOperation.GetDocument, key.Value, () => inner.GetAsync(key, ct));

    public ValueTask<Revision?> StatAsync(StoreKey key, CancellationToken ct) =>
        faults.AroundAsync(StorageOperation.StatDocument, key.Value, () => inner.StatAsync(key, ct));

    public ValueTask<Revision?> TryPutAsync(StoreKey key, ReadOnlyMemory<byte> content, Precondition precondition, CancellationToken ct) =>
        faults.AroundAsync(StorageOperation.PutDocument, key.Value, () => inner.TryPutAsync(key, content, precondition, ct));

    public ValueTask<bool> TryDeleteAsync(StoreKey key, Precondition precondition, CancellationToken ct) =>
        faults.AroundAsync(StorageOperation.DeleteDocument, key.Value, () => inner.TryDeleteAsync(key, precondition, ct));

    public async ValueTask EnsureDurableAsync(StoreKey key, CancellationToken cancellationToken)
    {
        await faults.BeforeAsync(StorageOperation.EnsureDurable, key.Value);
        await inner.EnsureDurableAsync(key, cancellationToken);
    }

    public IAsyncEnumerable<DocumentEntry> ListAsync(StoreKey scope, StoreKey? after, CancellationToken ct) =>
        faults.ListAsync(StorageOperation.ListDocuments, scope.Value, inner.ListAsync(scope, after, ct), entry => entry.Key.Value);

    public ValueTask<DocumentChanges> ChangesAsync(StoreKey scope, ChangeToken? since, CancellationToken ct) =>
        faults.AroundAsync(StorageOperation.DocumentChanges, scope.Value, () => inner.ChangesAsync(scope, since, ct));

    public IAsyncEnumerable<StoredDocument> ReadAsync(StoreKey scope, StoreKey? after, CancellationToken ct) =>
        faults.ListAsync(StorageOperation.ReadDocuments, scope.Value, inner.ReadAsync(scope, after, ct), stored => stored.Key.Value);
}
