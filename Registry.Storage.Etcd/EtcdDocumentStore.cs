using System.Runtime.CompilerServices;
using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;
using Registry.Core.Storage;

namespace Registry.Storage.Etcd;

/// <summary>
/// Stores each document in one key. Every write is one transaction that compares the revision of the key.
/// </summary>
internal sealed class EtcdDocumentStore(EtcdClient client, EtcdKeys keys) : IDocumentStore
{
    private readonly EtcdChanges changes = new(client, keys);

    public bool SharesChecks => true;

    public async ValueTask<Document?> GetAsync(StoreKey key, CancellationToken cancellationToken)
    {
        var response = await client.RangeAsync(new RangeRequest { Key = keys.Document(key) }, cancellationToken);
        return response.Kvs is [var entry, ..] ? Read(key, entry) : null;
    }

    public async ValueTask<Revision?> StatAsync(StoreKey key, CancellationToken cancellationToken)
    {
        var response =
            await client.RangeAsync(new RangeRequest { Key = keys.Document(key), KeysOnly = true }, cancellationToken);
        return response.Kvs is [var entry, ..] ? EtcdRevision.Of(entry.ModRevision) : null;
    }

    public async ValueTask<Revision?> TryPutAsync(
        StoreKey key, ReadOnlyMemory<byte> content, Precondition precondition, CancellationToken cancellationToken)
    {
        Document.ThrowIfTooLarge(content);
        cancellationToken.ThrowIfCancellationRequested();
        var etcdKey = keys.Document(key);
        if (!TryCompare(etcdKey, precondition, out var request))
            return null;
        request.Success.Add(EtcdTxn.Put(etcdKey, UnsafeByteOperations.UnsafeWrap(content)));
        request.Success.Add(changes.Record(key));
        var response = await client.WriteAsync(request, Repeat.OnlyIfUnsent, cancellationToken);
        return response.Succeeded ? EtcdRevision.Of(response.Header.Revision) : null;
    }

    public async ValueTask<bool> TryDeleteAsync(
        StoreKey key, Precondition precondition, CancellationToken cancellationToken)
    {
        precondition.ThrowIfAbsent();
        cancellationToken.ThrowIfCancellationRequested();
        var etcdKey = keys.Document(key);
        if (!TryCompare(etcdKey, precondition, out var request))
            return false;
        var record = changes.Record(key);
        request.Success.Add(EtcdTxn.Delete(etcdKey));
        request.Success.Add(record);
        try
        {
            return HasDeleted(await client.WriteAsync(request, Repeat.OnlyIfUnsent, cancellationToken));
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.Full)
        {
            // etcd rejected the transaction because it also writes the feed key; or it applied the transaction, found
            // that it reaches the quota, and reports the same error. Only its record tells these apart.
            request.Success[^1] = changes.Reset();
            var response = await client.WriteAsync(request, Repeat.OnlyIfUnsent, CancellationToken.None);
            if (HasDeleted(response) || await changes.ContainsAsync(record, response.Header.Revision))
                return true;
            throw;
        }
    }

    public async IAsyncEnumerable<DocumentEntry> ListAsync(
        StoreKey scope, StoreKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in client.ListAsync(keys.Documents(scope, after), keysOnly: true, cancellationToken))
        {
            if (keys.NameOf(entry.Key, "documents") is not { } name || !StoreKey.TryParse(name, out var key))
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            yield return new DocumentEntry(key, EtcdRevision.Of(entry.ModRevision));
        }
    }

    public async IAsyncEnumerable<StoredDocument> ReadAsync(
        StoreKey scope, StoreKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in client.ReadAsync(keys.Documents(scope, after), cancellationToken))
        {
            if (keys.NameOf(entry.Key, "documents") is not { } name || !StoreKey.TryParse(name, out var key))
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            yield return new StoredDocument(key, Read(key, entry));
        }
    }

    public ValueTask<DocumentChanges> ChangesAsync(
        StoreKey scope,
        ChangeToken? since,
        CancellationToken cancellationToken) => changes.SinceAsync(scope, since, cancellationToken);

    private static bool HasDeleted(TxnResponse response) =>
        response.Succeeded && response.Responses[0].ResponseDeleteRange.Deleted > 0;

    private static Document Read(StoreKey key, KeyValue entry) =>
        entry.Value.Length <= Document.MaxBytes
            ? new Document(entry.Value.Memory, EtcdRevision.Of(entry.ModRevision))
            : throw new StorageException(
                StorageFault.Corrupt,
                $"The document '{key}' has {entry.Value.Length} bytes, more than {Document.MaxBytes}.");

    /// <summary>
    /// Begins a transaction that compares the precondition. Returns false when the precondition can never hold.
    /// </summary>
    private static bool TryCompare(ByteString etcdKey, Precondition precondition, out TxnRequest request)
    {
        request = new TxnRequest();
        switch (precondition.Kind)
        {
            case PreconditionKind.None:
                return true;
            case PreconditionKind.Absent:
                request.Compare.Add(EtcdTxn.HasRevision(etcdKey, 0));
                return true;
            default:
                if (EtcdRevision.Parse(precondition.Revision) is not { } revision)
                    return false;
                request.Compare.Add(EtcdTxn.HasRevision(etcdKey, revision));
                return true;
        }
    }
}
