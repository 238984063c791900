using System.Runtime.CompilerServices;
using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>Stores documents as hashes. Every write is one script, and so atomic.</summary>
internal sealed class RedisDocumentStore(RedisConnection connection, RedisKeys keys) : IDocumentStore
{
    /// <summary>The number of entries in a page of a listing: about half a millisecond of server time.</summary>
    private const int PageSize = 1000;

    /// <summary>
    /// A page of documents ends with the document that brings it to this size, in bytes: also half a millisecond of
    /// server time.
    /// </summary>
    private const int PageBytes = 512 * 1024;

    /// <summary>
    /// The revision of a document that is named but lost. No document has it, so a listing leads to a read, which
    /// reports the loss.
    /// </summary>
    private static readonly Revision Lost = new("lost");

    public bool SharesChecks => true;

    public async ValueTask<Document?> GetAsync(StoreKey key, CancellationToken cancellationToken)
    {
        var reply = await connection.EvaluateAsync(
            DocumentScripts.Get, [keys.Document(key), keys.Documents], [key.Value], cancellationToken);
        if (reply.IsNull)
            return null;
        return (RedisValue[]?)reply switch
        {
            [{ IsNull: false } content, { IsNull: false } revision] =>
                new Document((byte[]?)content ?? [], new Revision(revision.ToString())),
            _ => throw Damaged(key),
        };
    }

    public async ValueTask<Revision?> StatAsync(StoreKey key, CancellationToken cancellationToken)
    {
        var reply = await connection.EvaluateAsync(
            DocumentScripts.Stat, [keys.Document(key), keys.Documents], [key.Value], cancellationToken);
        if (reply.Resp2Type == ResultType.Integer)
            throw Damaged(key);
        return (string?)reply is { } revision ? new Revision(revision) : null;
    }

    public async ValueTask<Revision?> TryPutAsync(
        StoreKey key, ReadOnlyMemory<byte> content, Precondition precondition, CancellationToken cancellationToken)
    {
        Document.ThrowIfTooLarge(content);
        cancellationToken.ThrowIfCancellationRequested();

        // A copy: a call that was given up may still be sending it.
        var reply = await connection.EvaluateAsync(
            DocumentScripts.Put,
            [keys.Document(key), keys.Documents, keys.Revision, keys.Changes],
            [precondition.Word(), precondition.RevisionText(), precondition.EpochText(), key.Value, content.ToArray()],
            cancellationToken);
        if (reply.Resp2Type == ResultType.Integer)
            throw StorageEpoch.Ended();
        return (string?)reply is { } revision ? new Revision(revision) : null;
    }

    public async ValueTask<bool> TryDeleteAsync(
        StoreKey key, Precondition precondition, CancellationToken cancellationToken)
    {
        precondition.ThrowIfAbsent();
        var reply = await connection.EvaluateAsync(
            DocumentScripts.Delete,
            [keys.Document(key), keys.Documents, keys.Revision, keys.Changes],
            [precondition.Word(), precondition.RevisionText(), precondition.EpochText(), key.Value],
            cancellationToken);
        return (long)reply < 0 ? throw StorageEpoch.Ended() : (long)reply == 1;
    }

    public async IAsyncEnumerable<DocumentEntry> ListAsync(
        StoreKey scope, StoreKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var range = LexicalRange.Below(scope, after?.Value);
        while (!range.IsEmpty)
        {
            RedisValue[] arguments = [keys.DocumentPrefix, range.Min, range.Max, PageSize];
            var page = (RedisValue[]?)await connection.EvaluateAsync(
                DocumentScripts.List, [keys.Documents], arguments, cancellationToken) ?? [];
            for (var i = 0; i < page.Length; i += 2)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!StoreKey.TryParse(page[i], out var key))
                    throw new StorageException(
                        StorageFault.Corrupt,
                        $"'{keys.Documents}' contains '{page[i]}', which is not the key of a document.");
                yield return new DocumentEntry(key, page[i + 1].IsNull ? Lost : new Revision(page[i + 1].ToString()));
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
            var page = (RedisValue[]?)await connection.EvaluateAsync(
                DocumentScripts.Read, [keys.Documents], arguments, cancellationToken) ?? [];
            if (page.Length == 0)
                break;
            for (var i = 0; i < page.Length; i += 3)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!StoreKey.TryParse(page[i], out var key) || page[i + 1].IsNull || page[i + 2].IsNull)
                    throw new StorageException(
                        StorageFault.Corrupt,
                        $"'{keys.Documents}' contains '{page[i]}', which is not a valid document.");
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
        var known = since as Position;
        RedisValue[] arguments = [known?.History ?? "", known?.Revision ?? ""];
        if ((RedisResult[]?)await connection.EvaluateAsync(
            DocumentScripts.Changes,
            [keys.Revision, keys.Changes],
            arguments,
            cancellationToken) is not [var history, var latest, var names])
            throw new StorageException(StorageFault.Corrupt, $"'{keys.Changes}' cannot be parsed.");
        if (names.IsNull)
            return new DocumentChanges(new Position(history.ToString()!, latest.ToString()!), null);
        if ((string?)latest == known!.Revision)
            return new DocumentChanges(known, []);
        var changed = new Dictionary<StoreKey, Revision>();
        var entries = (RedisValue[]?)names ?? [];
        for (var i = 0; i < entries.Length; i += 2)
        {
            if (!StoreKey.TryParse(entries[i], out var key))
                throw new StorageException(
                    StorageFault.Corrupt,
                    $"'{keys.Changes}' contains '{entries[i]}', which is not the key of a document.");
            if (key.IsBelow(scope))
                changed[key] = new Revision(entries[i + 1].ToString());
        }

        return new DocumentChanges(new Position(known.History, latest.ToString()!), changed.Keys, changed);
    }

    private StorageException Damaged(StoreKey key) =>
        new(StorageFault.Corrupt, $"The document '{keys.Document(key)}' has no content or no revision.");

    /// <summary>A position in the feed: a revision of one history.</summary>
    private sealed class Position(string history, string revision) : ChangeToken
    {
        public string History => history;

        public string Revision => revision;
    }
}
