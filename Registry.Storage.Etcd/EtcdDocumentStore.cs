using System.Runtime.CompilerServices;
using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;
using Registry.Core.Storage;

namespace Registry.Storage.Etcd;

/// <summary>Documents as one key each; every write is one transaction that compares the key's revision.</summary>
internal sealed class EtcdDocumentStore(EtcdClient client, EtcdKeys keys) : IDocumentStore
{
    private readonly EtcdChanges changes = new(client, keys);

    public bool SharesChecks => true;

    public async ValueTask<Document?> GetAsync(StoreKey key, CancellationToken cancellationToken)
    {
        var answer = await client.RangeAsync(new RangeRequest { Key = keys.Document(key) }, cancellationToken);
        return answer.Kvs is [var entry, ..] ? Read(key, entry) : null;
    }

    public async ValueTask<Revision?> StatAsync(StoreKey key, CancellationToken cancellationToken)
    {
        var answer =
            await client.RangeAsync(new RangeRequest { Key = keys.Document(key), KeysOnly = true }, cancellationToken);
        return answer.Kvs is [var entry, ..] ? EtcdRevision.Of(entry.ModRevision) : null;
    }

    public async ValueTask<Revision?> TryPutAsync(
        StoreKey key, ReadOnlyMemory<byte> content, Precondition precondition, CancellationToken cancellationToken)
    {
        if (content.Length > Document.MaxBytes)
            throw new ArgumentException(
                $"A document has at most {Document.MaxBytes} bytes, not {content.Length}.", nameof(content));
        cancellationToken.ThrowIfCancellationRequested();
        var at = keys.Document(key);
        if (!TryCompare(at, precondition, out var request))
            return null;
        request.Success.Add(EtcdTxn.Put(at, UnsafeByteOperations.UnsafeWrap(content)));
        request.Success.Add(changes.Of(key));
        var answer = await client.WriteAsync(request, Repeat.OnlyIfUnsent, cancellationToken);
        return answer.Succeeded ? EtcdRevision.Of(answer.Header.Revision) : null;
    }

    public async ValueTask<bool> TryDeleteAsync(
        StoreKey key, Precondition precondition, CancellationToken cancellationToken)
    {
        if (precondition.Kind == PreconditionKind.Absent)
            throw new ArgumentException("What must be absent cannot be deleted.", nameof(precondition));
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await TryDeleteAsync(key, precondition, changes.Of(key), cancellationToken);
        }
        catch (StorageException full) when (full.Kind == StorageFault.Full)
        {
            // It refused the whole for the sake of what it would have had to take in.
            return await TryDeleteAsync(key, precondition, changes.Forget(), cancellationToken);
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

    private async Task<bool> TryDeleteAsync(
        StoreKey key, Precondition precondition, RequestOp note, CancellationToken cancellationToken)
    {
        var at = keys.Document(key);
        if (!TryCompare(at, precondition, out var request))
            return false;
        request.Success.Add(EtcdTxn.Delete(at));
        request.Success.Add(note);
        var answer = await client.WriteAsync(request, Repeat.OnlyIfUnsent, cancellationToken);
        return answer.Succeeded && answer.Responses[0].ResponseDeleteRange.Deleted > 0;
    }

    private static Document Read(StoreKey key, KeyValue entry) =>
        entry.Value.Length <= Document.MaxBytes
            ? new Document(entry.Value.Memory, EtcdRevision.Of(entry.ModRevision))
            : throw new StorageException(
                StorageFault.Corrupt, $"The document '{key}' has {entry.Value.Length} bytes, more than any of ours.");

    /// <summary>
    /// Begins a transaction that compares what the precondition says; false where it can hold for nothing.
    /// </summary>
    private static bool TryCompare(ByteString at, Precondition precondition, out TxnRequest request)
    {
        request = new TxnRequest();
        switch (precondition.Kind)
        {
            case PreconditionKind.None:
                return true;
            case PreconditionKind.Absent:
                request.Compare.Add(EtcdTxn.HasRevision(at, 0));
                return true;
            default:
                if (EtcdRevision.Parse(precondition.Revision) is not { } revision)
                    return false;
                request.Compare.Add(EtcdTxn.HasRevision(at, revision));
                return true;
        }
    }
}
