using Google.Protobuf;
using Mvccpb;
using Registry.Core.Storage;
using Registry.Storage.Etcd.Protocol;

namespace Registry.Storage.Etcd;

/// <summary>The head of a staged upload at one revision, which changes whenever an append is completed.</summary>
/// <param name="Length">The number of bytes of all completed appends.</param>
/// <param name="AppendedAt">When the last append was completed, or when the upload began.</param>
/// <param name="ModRevision">The revision.</param>
internal sealed record StoredUpload(long Length, DateTimeOffset AppendedAt, long ModRevision)
{
    /// <exception cref="StorageException">The value is not a valid head.</exception>
    public static StoredUpload Parse(KeyValue entry)
    {
        try
        {
            var head = UploadHead.Parser.ParseFrom(entry.Value);
            if (head.Length >= 0)
                return new StoredUpload(
                    head.Length, UnixMicroseconds.ToTime(head.AppendedAtMicros), entry.ModRevision);
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or ArgumentOutOfRangeException)
        {
            throw Damaged(entry, exception);
        }

        throw Damaged(entry, null);
    }

    /// <summary>Returns the head of an upload of this length to which bytes were appended now.</summary>
    public static ByteString Format(long length, DateTimeOffset appendedAt) =>
        new UploadHead { Length = length, AppendedAtMicros = UnixMicroseconds.Of(appendedAt) }.ToByteString();

    private static StorageException Damaged(KeyValue entry, Exception? inner) =>
        new(StorageFault.Corrupt, $"etcd: '{entry.Key.ToStringUtf8()}' is not a valid head of an upload.", inner);
}
