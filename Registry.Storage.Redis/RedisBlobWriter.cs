using Registry.Core.Storage;
using Registry.Core.Transfers;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>
/// A blob writer. The last chunk goes with the commit, so that a small blob takes a single call: the server, which may
/// flush every write before it serves anyone else, flushes once.
/// </summary>
/// <param name="connection">The connection to Redis.</param>
/// <param name="keys">The keys in Redis.</param>
/// <param name="scope">The scope of the blob.</param>
/// <param name="uploads">The uploads of the backend.</param>
/// <param name="budget">The memory budget that chunks are reserved in.</param>
internal sealed class RedisBlobWriter(
    RedisConnection connection,
    RedisKeys keys,
    StoreKey scope,
    BufferedUploads uploads,
    TransferBudget budget) : ChunkedBlobWriter(scope, uploads, budget, BlobHead.ChunkBytes, RefreshAfter)
{
    /// <summary>How long an upload may go without a chunk before it is refreshed.</summary>
    public static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(20);

    /// <summary>Reads the reply of <see cref="BlobScripts.Commit"/>.</summary>
    /// <param name="key">The blob.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="reply">The reply, which is not nil.</param>
    public static CommittedBlob Committed(BlobKey key, long length, RedisResult reply)
    {
        var fields = (RedisValue[])reply!;
        return new CommittedBlob(
            BlobHead.TryRead(key, [length, .. fields.AsSpan(2)])!,
            IsNew: (long)fields[0] == 1,
            new StorageEpoch(fields[1].ToString()));
    }

    public override async ValueTask<bool> BeginAsync(ChunkBuffer first, CancellationToken cancellationToken)
    {
        await connection.EvaluateAsync(BlobScripts.Stage, [keys.Staged], [Upload], cancellationToken);
        return true;
    }

    public override async Task<bool> SendAsync(int number, Chunk chunk, CancellationToken cancellationToken) =>
        (long)await connection.EvaluateAsync(
            chunk,
            BlobScripts.Append,
            [keys.Staged, keys.Chunks, keys.Chunk(Upload, number)],
            [Upload, number, chunk.Bytes],
            cancellationToken)
            == 1;

    public override async ValueTask<bool> RefreshAsync(CancellationToken cancellationToken) =>
        (long)await connection.EvaluateAsync(BlobScripts.Touch, [keys.Staged], [Upload], cancellationToken) == 1;

    public override async Task DiscardAsync(CancellationToken cancellationToken) =>
        await connection.EvaluateAsync(
            BlobScripts.Discard, [keys.Staged, keys.Chunks], [Upload, keys.ChunkPrefix], cancellationToken);

    protected override async ValueTask<CommittedBlob> CommitChunksAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        await DrainAsync(cancellationToken);
        var last = Buffer.Take();
        var reply = await connection.EvaluateAsync(
            last,
            BlobScripts.Commit,
            [keys.Blob(key), keys.Blobs, keys.Staged, keys.Dropped, keys.Chunks, keys.Revision],
            [
                Upload, key.Value, Length, ChunksSent + (last.Bytes.IsEmpty ? 0 : 1), last.Bytes,
                uploadedAt is { } given ? UnixMicroseconds.Of(given) : "", keys.ChunkPrefix,
            ],
            cancellationToken);
        if (reply.IsNull)
            throw Discarded();
        return Committed(key, Length, reply);
    }
}
