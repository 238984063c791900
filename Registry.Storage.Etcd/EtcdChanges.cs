using System.Text;
using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;
using Registry.Core.Storage;

namespace Registry.Storage.Etcd;

/// <summary>
/// The change feed. Each write of a document also writes its key into one key of its own, in the same transaction, and
/// etcd keeps what that key has been until the history is compacted: reading it at past revisions tells every document
/// that was written. Nothing is held open, and whoever asks when nothing changed pays one read.
/// </summary>
internal sealed class EtcdChanges(EtcdClient client, EtcdKeys keys)
{
    /// <summary>How many revisions one transaction asks for. etcd takes 128 operations unless told otherwise.</summary>
    private const int RevisionsAtOnce = 100;

    /// <summary>With more changes than this a listing of revisions costs less.</summary>
    private const int MaxChanges = 2_000;

    /// <summary>
    /// Random characters before each key: after a restore from a back-up, a revision that comes a second time is known
    /// by them to be another.
    /// </summary>
    private const int MarkLength = 16;

    /// <summary>What the transaction of a write has to do besides.</summary>
    public RequestOp Of(StoreKey key) =>
        EtcdTxn.Put(keys.Changes, ByteString.CopyFrom($"{Random.Shared.NextInt64():x16}{key.Value}", Encoding.ASCII));

    /// <summary>
    /// The same where etcd is full and takes nothing new: with the key gone, everybody lists until the next write
    /// brings it back.
    /// </summary>
    public RequestOp Forget() => EtcdTxn.Delete(keys.Changes);

    /// <summary>
    /// See <see cref="IDocumentStore.ChangesAsync"/>. One question: whether the last write is still the known one and,
    /// only if not, which it is, and whether the known one is in its past. Where it is the write before, that is all.
    /// </summary>
    public async ValueTask<DocumentChanges> SinceAsync(
        StoreKey scope, ChangeToken? since, CancellationToken cancellationToken)
    {
        if (since is not Moment { Last: { ModRevision: > 0 } known } moment)
            return await PresentAsync(cancellationToken);
        var request = new TxnRequest
        {
            Compare =
                { EtcdTxn.HasRevision(keys.Changes, known.ModRevision), EtcdTxn.HasValue(keys.Changes, known.Value) },
            Failure = { EtcdTxn.Get(keys.Changes), EtcdTxn.Get(keys.Changes, known.ModRevision) },
        };
        if (await client.TryReadAsync(request, cancellationToken) is not { } answer)
            return await PresentAsync(cancellationToken);
        if (answer.Succeeded)
            return new DocumentChanges(moment, []);
        if (answer.Read(0) is not { } present)
            return new DocumentChanges(new Moment(new KeyValue()), null);
        var isPast = answer.Read(1) is { } then && moment.Is(then) && then.CreateRevision == present.CreateRevision;
        var changed = isPast ? await BetweenAsync(scope, known, present, cancellationToken) : null;
        return new DocumentChanges(new Moment(present), changed?.Keys, changed);
    }

    /// <summary>Only where the present is: for who knows no past, or none that is still there.</summary>
    private async ValueTask<DocumentChanges> PresentAsync(CancellationToken cancellationToken)
    {
        var answer = await client.RangeAsync(new RangeRequest { Key = keys.Changes }, cancellationToken);
        return new DocumentChanges(new Moment(answer.Kvs is [var last, ..] ? last : new KeyValue()), null);
    }

    /// <summary>
    /// Walks back from the present to a moment that is its past: the documents, each with the revision of its last
    /// write or delete, which is that of the entry as one transaction wrote both. Null where the history does not lead
    /// there.
    /// </summary>
    private async Task<Dictionary<StoreKey, Revision>?> BetweenAsync(
        StoreKey scope, KeyValue known, KeyValue present, CancellationToken cancellationToken)
    {
        if (present.Version <= known.Version || present.Version - known.Version > MaxChanges)
            return null;
        var changed = new Dictionary<StoreKey, Revision>();
        Add(present);
        for (var oldest = present; oldest.Version > known.Version + 1;)
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
                    $"'{keys.Changes.ToStringUtf8()}' at revision {entry.ModRevision} names no document of ours.");
            if (key.IsBelow(scope))
                changed.TryAdd(key, EtcdRevision.Of(entry.ModRevision));
        }
    }

    /// <summary>The last write that is known.</summary>
    private sealed class Moment(KeyValue last) : ChangeToken
    {
        /// <summary>Of revision 0 when there was none.</summary>
        public KeyValue Last => last;

        public bool Is(KeyValue other) => last.ModRevision == other.ModRevision && last.Value == other.Value;
    }
}
