using System.Runtime.CompilerServices;
using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

internal sealed class InMemoryDocumentStore(InMemoryStorage storage) : IDocumentStore
{
    public bool SharesChecks => storage.SharesChecks;

    public ValueTask<Document?> GetAsync(StoreKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (storage.Gate)
            return ValueTask.FromResult(storage.StoredDocuments.GetValueOrDefault(key));
    }

    public ValueTask<Revision?> StatAsync(StoreKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (storage.Gate)
            return ValueTask.FromResult(storage.StoredDocuments.GetValueOrDefault(key)?.Revision);
    }

    public ValueTask<Revision?> TryPutAsync(
        StoreKey key, ReadOnlyMemory<byte> content, Precondition precondition, CancellationToken cancellationToken)
    {
        Document.ThrowIfTooLarge(content);
        cancellationToken.ThrowIfCancellationRequested();
        lock (storage.Gate)
        {
            storage.RequireEpoch(precondition);
            if (!precondition.HoldsFor(storage.StoredDocuments.GetValueOrDefault(key)?.Revision))
                return ValueTask.FromResult<Revision?>(null);
            var document = new Document(content.ToArray(), storage.NextRevision());
            storage.StoredDocuments[key] = document;
            storage.Written.Add(key);
            return ValueTask.FromResult<Revision?>(document.Revision);
        }
    }

    public ValueTask<bool> TryDeleteAsync(StoreKey key, Precondition precondition, CancellationToken cancellationToken)
    {
        precondition.ThrowIfAbsent();
        cancellationToken.ThrowIfCancellationRequested();
        lock (storage.Gate)
        {
            storage.RequireEpoch(precondition);
            var deleted = precondition.HoldsFor(storage.StoredDocuments.GetValueOrDefault(key)?.Revision)
                && storage.StoredDocuments.Remove(key);
            if (deleted)
                storage.Written.Add(key);
            return ValueTask.FromResult(deleted);
        }
    }

    public async IAsyncEnumerable<DocumentEntry> ListAsync(
        StoreKey scope, StoreKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ValueTask.CompletedTask;
        cancellationToken.ThrowIfCancellationRequested();
        StoreKey[] keys;
        lock (storage.Gate)
            keys = [.. storage.StoredDocuments.Keys.Where(
                key => key.IsBelow(scope) && (after is not { } last || key > last)).Order()];
        foreach (var key in keys)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Document? document;
            lock (storage.Gate)
                document = storage.StoredDocuments.GetValueOrDefault(key);
            if (document is not null)
                yield return new DocumentEntry(key, document.Revision);
        }
    }

    public ValueTask<DocumentChanges> ChangesAsync(
        StoreKey scope, ChangeToken? since, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (storage.Gate)
        {
            var keys = since is Moment known && known.Storage == storage
                ? storage.Written.Skip(known.Position).Where(key => key.IsBelow(scope)).Distinct().ToArray()
                : null;
            var revisions = keys?.Where(storage.StoredDocuments.ContainsKey).ToDictionary(
                key => key, key => storage.StoredDocuments[key].Revision);
            return ValueTask.FromResult(
                new DocumentChanges(new Moment(storage, storage.Written.Count), keys, revisions));
        }
    }

    private sealed class Moment(InMemoryStorage storage, int position) : ChangeToken
    {
        public InMemoryStorage Storage => storage;

        public int Position => position;
    }
}
