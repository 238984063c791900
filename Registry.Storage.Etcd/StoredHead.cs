using Google.Protobuf;
using Mvccpb;
using Registry.Core.Storage;
using Registry.Storage.Etcd.Protocol;

namespace Registry.Storage.Etcd;

/// <summary>The head of a blob at one revision.</summary>
/// <param name="Head">The head.</param>
/// <param name="ModRevision">The revision.</param>
internal sealed record StoredHead(BlobHead Head, long ModRevision)
{
    /// <summary>True when the bytes are in the chunks of an upload; false when they are next to the head.</summary>
    public bool IsChunked => Head.Upload.Length > 0;

    public BlobInfo ToInfo(BlobKey key) =>
        new(key, Head.Length, UnixMicroseconds.ToTime(Head.UploadedAtMicros), EtcdRevision.Of(ModRevision));

    /// <exception cref="StorageException">The value is not a valid head.</exception>
    public static StoredHead Parse(KeyValue entry)
    {
        BlobHead head;
        try
        {
            head = BlobHead.Parser.ParseFrom(entry.Value);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw Damaged(entry, exception);
        }

        return head.Length >= 0 && (head.Upload.Length == 0 || head.ChunkBytes > 0)
            ? new StoredHead(head, entry.ModRevision)
            : throw Damaged(entry, null);
    }

    private static StorageException Damaged(KeyValue entry, Exception? inner) =>
        new(StorageFault.Corrupt, $"etcd: '{entry.Key.ToStringUtf8()}' is not a valid head of a blob.", inner);
}
