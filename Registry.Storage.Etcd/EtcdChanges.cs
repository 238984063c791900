using System.Text;
using Google.Protobuf;
using Registry.Core.Storage;
using Registry.Storage.Etcd.Protocol;

namespace Registry.Storage.Etcd;

/// <summary>
/// The change feed. Each write of a document also writes its key into one key of its own, in the same transaction, and etcd keeps what that
/// key has been until the history is compacted: reading it at past revisions tells every document that was written. Nothing is held open, and whoever
/// asks when nothing changed pays one read.
/// </summary>
internal sealed class EtcdChanges(EtcdClient client, EtcdKeys keys)
{
    /// <summary>How many revisions one transaction asks for. etcd takes 128 operations unless told otherwise.</summary>
    private const int RevisionsAtOnce = 100;

    /// <summary>With more changes than this a listing of revisions costs less.</summary>
    private const int MaxChanges = 2_000;

    /// <summary>Random characters before each key: after a restore from a back-up, a revision that comes a second time is known by them to be another.</summary>
    private const int MarkLength = 16;

    /// <summary>What the transaction of a write has to do besides.</summary>
    public RequestOp Of(StoreKey key) =>
        EtcdTxn.Put(keys.Changes, ByteString.CopyFrom($"{Random.Shared.NextInt64():x16}{key.Value}", Encoding.ASCII));

    /// <summary>See <see cref="IDocumentStore.ChangesAsync"/>.</summary>
    public async ValueTask<DocumentChanges> SinceAsync(StoreKey scope, ChangeToken? since, CancellationToken ct)
    {
        var answer = await client.RangeAsync(new RangeRequest { Key = keys.Changes }, ct);
        var present = new Moment(answer.Kvs is [var last, ..] ? last : new KeyValue());
        if (since is not Moment known)
            return new DocumentChanges(present, null);
        if (known.Is(present.Last))
            return new DocumentChanges(known, []);
        return new DocumentChanges(present, await BetweenAsync(scope, known.Last, present.Last, ct));
    }

    /// <summary>Walks back from the present to the known moment; null where the history does not lead there.</summary>
    private async Task<IReadOnlyCollection<StoreKey>?> BetweenAsync(StoreKey scope, KeyValue known, KeyValue present, CancellationToken ct)
    {
        if (known.ModRevision == 0 || present.Version <= known.Version || present.Version - known.Version > MaxChanges)
            return null;
        var changed = new HashSet<StoreKey>();
        for (var oldest = present; ;)
        {
            Add(oldest);
            var request = new TxnRequest();
            var lowest = Math.Max(known.ModRevision, oldest.ModRevision - RevisionsAtOnce);
            for (var revision = oldest.ModRevision - 1; revision >= lowest; revision--)
                request.Success.Add(EtcdTxn.Get(keys.Changes, revision));
            if (request.Success.Count == 0 || await client.TryReadAsync(request, ct) is not { } past)
                return null;
            for (var i = 0; i < past.Responses.Count; i++)
            {
                if (past.Read(i) is not { } earlier || earlier.Version < known.Version)
                    return null;
                if (earlier.ModRevision == oldest.ModRevision)
                    continue;
                oldest = earlier;
                if (oldest.Version == known.Version)
                    return new Moment(known).Is(oldest) ? changed : null;
                Add(oldest);
            }
        }

        void Add(KeyValue entry)
        {
            if (entry.Value.Length > MarkLength && StoreKey.TryParse(Encoding.ASCII.GetString(entry.Value.Span[MarkLength..]), out var key))
            {
                if (key.IsBelow(scope))
                    changed.Add(key);
                return;
            }

            throw new StorageException(StorageFault.Corrupt, $"'{keys.Changes.ToStringUtf8()}' at revision {entry.ModRevision} names no document of ours.");
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
