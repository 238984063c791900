using System.Runtime.CompilerServices;
using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>
/// Documents as hashes. Every write is one script, so that it happens whole or not at all, and no other comes between.
/// </summary>
internal sealed class RedisDocumentStore(RedisConnection link, RedisKeys keys) : IDocumentStore
{
    /// <summary>How many entries a page of a listing has: about half a millisecond of the server's time.</summary>
    private const int PageSize = 1000;

    /// <summary>
    /// A page of documents ends with the one that reaches this: half a millisecond of the server's time, as above.
    /// </summary>
    private const int PageBytes = 512 * 1024;

    private const string RevisionField = "revision";

    private static readonly RedisValue[] Fields = ["content", RevisionField];

    public bool SharesChecks => true;

    public async ValueTask<Document?> GetAsync(StoreKey key, CancellationToken cancellationToken)
    {
        var at = keys.Document(key);
        return await link.CallAsync(
            database => database.HashGetAsync(at, Fields, RedisConnection.Flags), cancellationToken) switch
        {
            [{ IsNull: true }, { IsNull: true }] => null,
            [{ IsNull: false } content, { IsNull: false } revision] =>
                new Document((byte[]?)content ?? [], new Revision(revision.ToString())),
            _ =>
                throw new StorageException(StorageFault.Corrupt, $"The document '{at}' lacks its content or revision."),
        };
    }

    public async ValueTask<Revision?> StatAsync(StoreKey key, CancellationToken cancellationToken)
    {
        var at = keys.Document(key);
        var revision = await link.CallAsync(
            database => database.HashGetAsync(at, RevisionField, RedisConnection.Flags), cancellationToken);
        return revision.IsNull ? null : new Revision(revision.ToString());
    }

    public async ValueTask<Revision?> TryPutAsync(
        StoreKey key, ReadOnlyMemory<byte> content, Precondition precondition, CancellationToken cancellationToken)
    {
        if (content.Length > Document.MaxBytes)
            throw new ArgumentException(
                $"A document has at most {Document.MaxBytes} bytes, not {content.Length}.", nameof(content));
        cancellationToken.ThrowIfCancellationRequested();

        // A copy: a call that is given up may still be sending.
        var answer = await link.EvaluateAsync(
            DocumentScripts.Put,
            [keys.Document(key), keys.Documents, keys.Revision, keys.Changes],
            [precondition.Word(), precondition.RevisionText(), precondition.EpochText(), key.Value, content.ToArray()],
            cancellationToken);
        if (answer.Resp2Type == ResultType.Integer)
            throw StorageEpoch.Ended();
        return (string?)answer is { } revision ? new Revision(revision) : null;
    }

    public async ValueTask<bool> TryDeleteAsync(
        StoreKey key, Precondition precondition, CancellationToken cancellationToken)
    {
        if (precondition.Kind == PreconditionKind.Absent)
            throw new ArgumentException("What must be absent cannot be deleted.", nameof(precondition));
        var answer = await link.EvaluateAsync(
            DocumentScripts.Delete,
            [keys.Document(key), keys.Documents, keys.Revision, keys.Changes],
            [precondition.Word(), precondition.RevisionText(), precondition.EpochText(), key.Value],
            cancellationToken);
        return (long)answer < 0 ? throw StorageEpoch.Ended() : (long)answer == 1;
    }

    public async IAsyncEnumerable<DocumentEntry> ListAsync(
        StoreKey scope, StoreKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var range = LexicalRange.Below(scope, after?.Value);
        while (!range.IsEmpty)
        {
            RedisValue[] arguments = [keys.DocumentPrefix, range.Min, range.Max, PageSize];
            var page = (RedisValue[]?)await link.EvaluateAsync(
                DocumentScripts.List, [keys.Documents], arguments, cancellationToken) ?? [];
            for (var i = 0; i < page.Length; i += 2)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!StoreKey.TryParse(page[i], out var key) || page[i + 1].IsNull)
                    throw new StorageException(
                        StorageFault.Corrupt, $"'{keys.Documents}' names '{page[i]}', which is no document of ours.");
                yield return new DocumentEntry(key, new Revision(page[i + 1].ToString()));
            }

            if (page.Length < 2 * PageSize)
                break;
            range.Continue(page[^2].ToString());
        }
    }

    public async IAsyncEnumerable<StoredDocument> ReadAsync(
        StoreKey scope, StoreKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var range = LexicalRange.Below(scope, after?.Value);
        while (!range.IsEmpty)
        {
            RedisValue[] arguments = [keys.DocumentPrefix, range.Min, range.Max, PageSize, PageBytes];
            var page = (RedisValue[]?)await link.EvaluateAsync(
                DocumentScripts.Read, [keys.Documents], arguments, cancellationToken) ?? [];
            if (page.Length == 0)
                break;
            for (var i = 0; i < page.Length; i += 3)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!StoreKey.TryParse(page[i], out var key) || page[i + 1].IsNull || page[i + 2].IsNull)
                    throw new StorageException(
                        StorageFault.Corrupt, $"'{keys.Documents}' names '{page[i]}', which is no document of ours.");
                yield return new StoredDocument(
                    key, new Document((byte[]?)page[i + 2] ?? [], new Revision(page[i + 1].ToString())));
            }

            range.Continue(page[^3].ToString());
        }
    }

    public async ValueTask<DocumentChanges> ChangesAsync(
        StoreKey scope, ChangeToken? since, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var known = since as RedisMoment;
        RedisValue[] arguments = [known?.History ?? "", known?.Revision ?? ""];
        if ((RedisResult[]?)await link.EvaluateAsync(
            DocumentScripts.Changes,
            [keys.Revision, keys.Changes],
            arguments,
            cancellationToken) is not [var history, var present, var names])
            throw new StorageException(StorageFault.Corrupt, $"'{keys.Changes}' cannot be read.");
        if (names.IsNull)
            return new DocumentChanges(new RedisMoment(history.ToString()!, present.ToString()!), null);
        if ((string?)present == known!.Revision)
            return new DocumentChanges(known, []);
        var changed = new Dictionary<StoreKey, Revision>();
        var entries = (RedisValue[]?)names ?? [];
        for (var i = 0; i < entries.Length; i += 2)
        {
            if (!StoreKey.TryParse(entries[i], out var key))
                throw new StorageException(
                    StorageFault.Corrupt, $"'{keys.Changes}' names '{entries[i]}', which is no document of ours.");
            if (key.IsBelow(scope))
                changed[key] = new Revision(entries[i + 1].ToString());
        }

        return new DocumentChanges(new RedisMoment(known.History, present.ToString()!), changed.Keys, changed);
    }

    /// <summary>A revision of one history.</summary>
    private sealed class RedisMoment(string history, string revision) : ChangeToken
    {
        public string History => history;

        public string Revision => revision;
    }
}
