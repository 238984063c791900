using Google.Protobuf;
using Mvccpb;
using Registry.Core.Storage;
using Registry.Storage.Etcd.Protocol;

namespace Registry.Storage.Etcd;

/// <summary>A blob's head as it was at one revision.</summary>
/// <param name="Head">What it says.</param>
/// <param name="ModRevision">Its revision.</param>
internal sealed record StoredHead(BlobHead Head, long ModRevision)
{
    /// <summary>True when the bytes lie in chunks of an upload, and not beside the head.</summary>
    public bool IsChunked => Head.Upload.Length > 0;

    public BlobInfo ToInfo(BlobKey key) =>
        new(key, Head.Length, EtcdTimes.FromMicros(Head.UploadedAtMicros), EtcdRevision.Of(ModRevision));

    /// <exception cref="StorageException">The value is no head.</exception>
    public static StoredHead Parse(KeyValue entry)
    {
        BlobHead head;
        try
        {
            head = BlobHead.Parser.ParseFrom(entry.Value);
        }
        catch (InvalidProtocolBufferException wrong)
        {
            throw Damaged(entry, wrong);
        }

        return head.Length >= 0 && (head.Upload.Length == 0 || head.ChunkBytes > 0)
            ? new StoredHead(head, entry.ModRevision)
            : throw Damaged(entry, null);
    }

    private static StorageException Damaged(KeyValue entry, Exception? inner) =>
        new(StorageFault.Corrupt, $"etcd: '{entry.Key.ToStringUtf8()}' is no head of a blob.", inner);
}

/// <summary>Times as they are stored: whole microseconds since 1970 UTC.</summary>
internal static class EtcdTimes
{
    public static DateTimeOffset FromMicros(
        long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);

    /// <summary>Rounds down to a whole microsecond.</summary>
    public static long ToMicros(
        DateTimeOffset time) =>
        (long)Math.Floor((time - DateTimeOffset.UnixEpoch).Ticks / (decimal)TimeSpan.TicksPerMicrosecond);
}
