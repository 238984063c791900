using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>Builds every key in Redis.</summary>
/// <remarks>
/// <code>
/// document:&lt;key&gt;          hash   content, revision
/// documents                zset   keys of all documents, all of score 0, and so in byte order
/// changes                  zset   keys of the last changed and deleted documents by the revision of the change;
///                                 the lowest entry identifies the sorted set
/// blob:&lt;scope&gt;/@&lt;digest&gt;  hash   the head: upload, chunks, length, uploaded, touched, revision
/// blobs                    zset   names of all blobs, all of score 0
/// chunk:&lt;write&gt;:&lt;n&gt;        string the bytes of a blob or an append from n × 1 MiB
/// staged                   zset   uncommitted writes of blobs by the time of their last chunk
/// upload:&lt;scope&gt;/&lt;id&gt;     hash   a staged upload: its length, and its appends by their offsets
/// uploads                  zset   names of all staged uploads by the time of their last append
/// appends                  zset   active appends by the time of their last chunk
/// dropped                  zset   writes that nothing references, whose chunks are to be reclaimed, by the time of
///                                 the drop
/// chunks                   hash   the maximum number of chunks of each write in staged, appends and dropped
/// revision                 number the last revision
/// </code>
/// A write is that of a blob or an append; the field upload of a head is the id of the write of its chunks. A zset is a
/// sorted set. Times are microseconds since 1970 by the clock of the server.
/// </remarks>
internal sealed class RedisKeys(string prefix)
{
    public RedisKey Documents { get; } = prefix + "documents";

    public RedisKey Changes { get; } = prefix + "changes";

    public RedisKey Blobs { get; } = prefix + "blobs";

    public RedisKey Staged { get; } = prefix + "staged";

    public RedisKey Uploads { get; } = prefix + "uploads";

    public RedisKey Appends { get; } = prefix + "appends";

    public RedisKey Dropped { get; } = prefix + "dropped";

    public RedisKey Chunks { get; } = prefix + "chunks";

    public RedisKey Revision { get; } = prefix + "revision";

    /// <summary>The prefix of document keys, for scripts.</summary>
    public RedisValue DocumentPrefix { get; } = prefix + "document:";

    /// <summary>The prefix of blob keys, for scripts.</summary>
    public RedisValue BlobPrefix { get; } = prefix + "blob:";

    /// <summary>The prefix of chunk keys, for scripts. <c>upload:n</c> follows.</summary>
    public RedisValue ChunkPrefix { get; } = prefix + "chunk:";

    public RedisKey Document(StoreKey key) => $"{prefix}document:{key.Value}";

    public RedisKey Blob(BlobKey key) => $"{prefix}blob:{key.Value}";

    public RedisKey Upload(UploadKey upload) => Upload(upload.ToString());

    /// <param name="name">The text of the upload's key.</param>
    public RedisKey Upload(string name) => $"{prefix}upload:{name}";

    public RedisKey Chunk(string upload, long number) => $"{prefix}chunk:{upload}:{number}";
}
