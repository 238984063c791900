using System.Text;
using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;
using Registry.Core.Storage;

namespace Registry.Storage.Etcd;

/// <summary>
/// The change feed. Each write of a document also stores the document's key in one feed key, in the same transaction.
/// etcd keeps the history of the feed key until it is compacted, so reading it at past revisions returns every document
/// that was written. No watch is held open; one read shows that nothing changed.
/// </summary>
internal sealed class EtcdChanges(EtcdClient client, EtcdKeys keys)
{
    /// <summary>
    /// The number of revisions read per transaction. etcd accepts 128 operations by default (--max-txn-ops).
    /// </summary>
    private const int RevisionsAtOnce = 100;

    /// <summary>The maximum number of changes to read. For more, listing all revisions is cheaper.</summary>
    private const int MaxChanges = 2_000;

    /// <summary>
    /// The number of random characters before each key. They distinguish revisions that repeat after a restore from a
    /// backup.
    /// </summary>
    private const int MarkLength = 16;

    /// <summary>Returns the operation that records a write of a document.</summary>
    public RequestOp Record(StoreKey key) =>
        EtcdTxn.Put(keys.Changes, ByteString.CopyFrom($"{Random.Shared.NextInt64():x16}{key.Value}", Encoding.ASCII));

    /// <summary>
    /// Returns the operation for a delete in a full etcd, which accepts no writes. Without the feed key, every caller
    /// lists until the next write recreates it.
    /// </summary>
    public RequestOp Reset() => EtcdTxn.Delete(keys.Changes);

    /// <summary>
    /// Whether the result of <see cref="Record"/> was written shortly before a revision. False if it is unknown.
    /// </summary>
    public async Task<bool> ContainsAsync(RequestOp record, long revision)
    {
        var request = new TxnRequest();
        for (var past = revision; past > Math.Max(0, revision - RevisionsAtOnce); past--)
            request.Success.Add(EtcdTxn.Get(keys.Changes, past));
        return await client.TryReadAsync(request, CancellationToken.None) is { } written
            && written.Responses.Any(response =>
                response.ResponseRange.Kvs is [var entry, ..] && entry.Value == record.RequestPut.Value);
    }

    /// <summary>
    /// Implements <see cref="IDocumentStore.ChangesAsync"/>. One request checks whether the last write is still the
    /// known one. If not, it also returns the last write and checks that the known one is in its history. When the
    /// known one is its predecessor, no other request is needed.
    /// </summary>
    public async ValueTask<DocumentChanges> SinceAsync(
        StoreKey scope, ChangeToken? since, CancellationToken cancellationToken)
    {
        if (since is not Position { Last: { ModRevision: > 0 } known } position)
            return await GetCurrentAsync(cancellationToken);
        var request = new TxnRequest
        {
            Compare =
                { EtcdTxn.HasRevision(keys.Changes, known.ModRevision), EtcdTxn.HasValue(keys.Changes, known.Value) },
            Failure = { EtcdTxn.Get(keys.Changes), EtcdTxn.Get(keys.Changes, known.ModRevision) },
        };
        if (await client.TryReadAsync(request, cancellationToken) is not { } response)
            return await GetCurrentAsync(cancellationToken);
        if (response.Succeeded)
            return new DocumentChanges(position, []);
        if (response.Read(0) is not { } latest)
            return new DocumentChanges(new Position(new KeyValue()), null);
        var isInHistory = response.Read(1) is { } earlier
            && position.Matches(earlier)
            && earlier.CreateRevision == latest.CreateRevision;
        var changed = isInHistory ? await BetweenAsync(scope, known, latest, cancellationToken) : null;
        return new DocumentChanges(new Position(latest), changed?.Keys, changed);
    }

    /// <summary>
    /// Returns the current position only, for a caller whose token is null or no longer in the history.
    /// </summary>
    private async ValueTask<DocumentChanges> GetCurrentAsync(CancellationToken cancellationToken)
    {
        var response = await client.RangeAsync(new RangeRequest { Key = keys.Changes }, cancellationToken);
        return new DocumentChanges(new Position(response.Kvs is [var last, ..] ? last : new KeyValue()), null);
    }

    /// <summary>
    /// Walks back from the latest entry to a known earlier one. Returns the changed documents with the revision of
    /// their last write or delete, which is the revision of the entry, as one transaction wrote both. Returns null when
    /// the history is incomplete.
    /// </summary>
    private async Task<Dictionary<StoreKey, Revision>?> BetweenAsync(
        StoreKey scope, KeyValue known, KeyValue latest, CancellationToken cancellationToken)
    {
        if (latest.Version <= known.Version || latest.Version - known.Version > MaxChanges)
            return null;
        var changed = new Dictionary<StoreKey, Revision>();
        Add(latest);
        for (var oldest = latest; oldest.Version > known.Version + 1;)
        {
            var request = new TxnRequest();
            var from = oldest.ModRevision;
            var lowest = Math.Max(known.ModRevision + 1, from - RevisionsAtOnce);
            for (var revision = from - 1; revision >= lowest; revision--)
                request.Success.Add(EtcdTxn.Get(keys.Changes, revision));
            if (await client.TryReadAsync(request, cancellationToken) is not { } past)
                return null;
            for (var i = 0; i < past.Responses.Count; i++)
            {
                if (past.Read(i) is not { } earlier)
                    return null;
                if (earlier.ModRevision == oldest.ModRevision || earlier.ModRevision == known.ModRevision)
                    continue;
                oldest = earlier;
                Add(oldest);
            }

            if (oldest.ModRevision == from)
                return null;
        }

        return changed;

        void Add(KeyValue entry)
        {
            if (entry.Value.Length <= MarkLength
                || !StoreKey.TryParse(Encoding.ASCII.GetString(entry.Value.Span[MarkLength..]), out var key))
                throw new StorageException(
                    StorageFault.Corrupt,
                    $"'{keys.Changes.ToStringUtf8()}' at revision {entry.ModRevision} is not the key of a document.");
            if (key.IsBelow(scope))
                changed.TryAdd(key, EtcdRevision.Of(entry.ModRevision));
        }
    }

    /// <summary>A position in the feed: the last known write.</summary>
    private sealed class Position(KeyValue last) : ChangeToken
    {
        /// <summary>The entry; its revision is 0 when there was no write.</summary>
        public KeyValue Last => last;

        public bool Matches(KeyValue other) => last.ModRevision == other.ModRevision && last.Value == other.Value;
    }
}
