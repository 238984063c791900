using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Redis;

/// <summary>
/// Appends to a staged upload. The last chunk goes with the completion, so that a small append takes a single call.
/// </summary>
/// <param name="connection">The connection to Redis.</param>
/// <param name="keys">The keys in Redis.</param>
/// <param name="upload">The upload.</param>
/// <param name="offset">The length of the upload before the append.</param>
/// <param name="budget">The memory budget that chunks are reserved in.</param>
/// <param name="time">The clock.</param>
internal sealed class RedisUploadWriter(
    RedisConnection connection,
    RedisKeys keys,
    UploadKey upload,
    long offset,
    TransferBudget budget,
    TimeProvider time) : ChunkedUploadWriter(budget, BlobHead.ChunkBytes, RedisBlobWriter.RefreshAfter, time)
{
    private readonly string name = upload.ToString();

    public override async ValueTask<bool> BeginAsync(ChunkBuffer first, CancellationToken cancellationToken) =>
        (long)await connection.EvaluateAsync(
            UploadScripts.Stage,
            [keys.Upload(name), keys.Uploads, keys.Appends],
            [name, Append],
            cancellationToken)
            == 1;

    public override async Task<bool> SendAsync(int number, Chunk chunk, CancellationToken cancellationToken) =>
        (long)await connection.EvaluateAsync(
            chunk,
            UploadScripts.Append,
            [keys.Upload(name), keys.Uploads, keys.Appends, keys.Chunks, keys.Chunk(Append, number)],
            [name, Append, number, chunk.Bytes],
            cancellationToken)
            == 1;

    public override async ValueTask<bool> RefreshAsync(CancellationToken cancellationToken) =>
        (long)await connection.EvaluateAsync(
            UploadScripts.Refresh,
            [keys.Upload(name), keys.Uploads, keys.Appends],
            [name, Append],
            cancellationToken)
            == 1;

    public override async Task DiscardAsync(CancellationToken cancellationToken) =>
        await connection.EvaluateAsync(
            BlobScripts.Discard, [keys.Appends, keys.Chunks], [Append, keys.ChunkPrefix], cancellationToken);

    protected override async ValueTask<long?> CompleteChunksAsync(
        int sent, Chunk last, long bytes, CancellationToken cancellationToken)
    {
        var reply = await connection.EvaluateAsync(
            last,
            UploadScripts.Complete,
            [keys.Upload(name), keys.Uploads, keys.Appends, keys.Chunks],
            [name, Append, offset, bytes, sent + (last.Bytes.IsEmpty ? 0 : 1), last.Bytes, keys.ChunkPrefix],
            cancellationToken);
        return reply.IsNull ? null : (long)reply;
    }
}
