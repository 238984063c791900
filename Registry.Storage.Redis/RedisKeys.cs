using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>Every key that lies in Redis, in one place.</summary>
/// <remarks>
/// <code>
/// document:&lt;key&gt;          hash   content, revision
/// documents                set    every document's key, all of score 0: in order of the bytes
/// changes set the keys of the documents that changed last, deleted ones too, by the revision of the change; the lowest
/// names the set blob:&lt;scope&gt;/@&lt;digest&gt; hash the head: upload, chunks, length, uploaded, touched, revision
/// blobs set every blob's name, all of score 0 chunk:&lt;upload&gt;:&lt;n&gt; text bytes n × 1 MiB and on of an upload
/// staged set uploads under way, by the time of their last write dropped set uploads that nothing leads to any more, by
/// the time since when; their chunks are to be reclaimed chunks hash of each upload in staged and dropped, how many
/// chunks it has at most revision number the last revision given
/// </code>
/// Times are microseconds since 1970 by the server's clock.
/// </remarks>
internal sealed class RedisKeys(string prefix)
{
    public RedisKey Documents { get; } = prefix + "documents";

    public RedisKey Changes { get; } = prefix + "changes";

    public RedisKey Blobs { get; } = prefix + "blobs";

    public RedisKey Staged { get; } = prefix + "staged";

    public RedisKey Dropped { get; } = prefix + "dropped";

    public RedisKey Chunks { get; } = prefix + "chunks";

    public RedisKey Revision { get; } = prefix + "revision";

    /// <summary>What the name of a document follows, for scripts that list.</summary>
    public RedisValue DocumentPrefix { get; } = prefix + "document:";

    /// <summary>What the name of a blob follows, for scripts that list.</summary>
    public RedisValue BlobPrefix { get; } = prefix + "blob:";

    /// <summary>What <c>upload:n</c> follows.</summary>
    public RedisValue ChunkPrefix { get; } = prefix + "chunk:";

    public RedisKey Document(StoreKey key) => $"{prefix}document:{key.Value}";

    public RedisKey Blob(BlobKey key) => $"{prefix}blob:{key.Value}";

    public RedisKey Chunk(string upload, long number) => $"{prefix}chunk:{upload}:{number}";
}
