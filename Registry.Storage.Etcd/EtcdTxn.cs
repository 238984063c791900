using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;

namespace Registry.Storage.Etcd;

/// <summary>Creates the comparisons and operations of transactions.</summary>
internal static class EtcdTxn
{
    /// <summary>The key has this revision; 0 means that it does not exist.</summary>
    public static Compare HasRevision(ByteString key, long modRevision) =>
        new()
        {
            Key = key,
            Target = Compare.Types.CompareTarget.Mod,
            Result = Compare.Types.CompareResult.Equal,
            ModRevision = modRevision
        };

    /// <summary>The key has this value.</summary>
    public static Compare HasValue(ByteString key, ByteString value) =>
        new()
        {
            Key = key,
            Target = Compare.Types.CompareTarget.Value,
            Result = Compare.Types.CompareResult.Equal,
            Value = value
        };

    public static Compare Exists(ByteString key) =>
        new()
        {
            Key = key,
            Target = Compare.Types.CompareTarget.Create,
            Result = Compare.Types.CompareResult.Greater,
            CreateRevision = 0
        };

    /// <summary>No key of the range has been written after this revision. True for an empty range.</summary>
    public static Compare IsUnchangedSince(KeyRange range, long revision) =>
        new()
        {
            Key = range.From,
            RangeEnd = range.End,
            Target = Compare.Types.CompareTarget.Mod,
            Result = Compare.Types.CompareResult.Less,
            ModRevision = revision + 1
        };

    public static RequestOp Get(ByteString key) => new() { RequestRange = new RangeRequest { Key = key } };

    /// <summary>Reads a key at a past revision.</summary>
    public static RequestOp Get(
        ByteString key, long revision) => new() { RequestRange = new RangeRequest { Key = key, Revision = revision } };

    public static RequestOp Put(
        ByteString key, ByteString value) => new() { RequestPut = new PutRequest { Key = key, Value = value } };

    public static RequestOp Delete(
        ByteString key) => new() { RequestDeleteRange = new DeleteRangeRequest { Key = key } };

    public static RequestOp Delete(
        KeyRange range) =>
        new() { RequestDeleteRange = new DeleteRangeRequest { Key = range.From, RangeEnd = range.End } };

    /// <summary>
    /// Returns the entry that the operation at <paramref name="index"/> read; null when it found none.
    /// </summary>
    public static KeyValue? Read(
        this TxnResponse response,
        int index) => response.Responses[index].ResponseRange.Kvs is [var entry, ..] ? entry : null;
}
