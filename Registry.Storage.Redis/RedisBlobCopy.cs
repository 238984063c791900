using Registry.Core.Storage;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>
/// Copies a blob within the server: a few chunks in each call, because Redis serves no other client during a call. The
/// chunks are staged and committed as those of a writer.
/// </summary>
internal sealed class RedisBlobCopy(RedisConnection connection, RedisKeys keys, TimeProvider time)
{
    /// <summary>The number of chunks that one call copies: about 2 ms of server time.</summary>
    private const int BatchChunks = 8;

    /// <summary>How long a failed copy waits for the server to discard its chunks.</summary>
    private static readonly TimeSpan DiscardTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Copies a blob; null when the source was deleted in the meantime.</summary>
    /// <param name="source">The blob to copy.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="from">The upload that has its chunks.</param>
    /// <param name="target">The copy.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<RedisResult?> RunAsync(
        BlobKey source, long length, string from, BlobKey target, CancellationToken cancellationToken)
    {
        var upload = Guid.NewGuid().ToString("N");
        var chunks = (length + BlobHead.ChunkBytes - 1) / BlobHead.ChunkBytes;
        var committed = false;
        try
        {
            if (chunks > 0)
                await connection.EvaluateAsync(BlobScripts.Stage, [keys.Staged], [upload], cancellationToken);
            for (var first = 0L; first < chunks; first += BatchChunks)
            {
                RedisValue[] arguments =
                    [upload, from, first, Math.Min(BatchChunks, chunks - first), keys.ChunkPrefix];
                var copied = (long)await connection.EvaluateAsync(
                    BlobScripts.CopyChunks, [keys.Staged, keys.Chunks], arguments, cancellationToken);
                if (copied == 0)
                    throw StagedBlobWriter.Discarded();
                if (copied < 0)
                    return await ExistsAsync(source, cancellationToken) ? throw Missing(source) : null;
            }

            var reply = await connection.EvaluateAsync(
                BlobScripts.Commit,
                [keys.Blob(target), keys.Blobs, keys.Staged, keys.Dropped, keys.Chunks, keys.Revision],
                [upload, target.Value, length, chunks, "", "", keys.ChunkPrefix],
                cancellationToken);
            committed = !reply.IsNull;
            return committed ? reply : throw Missing(source);
        }
        finally
        {
            if (!committed && chunks > 0)
                await DiscardAsync(upload);
        }
    }

    private ValueTask<bool> ExistsAsync(BlobKey source, CancellationToken cancellationToken) =>
        connection.CallAsync(
            database => database.KeyExistsAsync(keys.Blob(source), RedisConnection.Flags), cancellationToken);

    private async Task DiscardAsync(string upload)
    {
        using var late = new CancellationTokenSource(DiscardTimeout, time);
        try
        {
            await connection.EvaluateAsync(
                BlobScripts.Discard, [keys.Staged, keys.Chunks], [upload, keys.ChunkPrefix], late.Token);
        }
        catch (Exception exception) when (exception is StorageException or OperationCanceledException)
        {
            // What remains is reclaimed as abandoned.
        }
    }

    private static StorageException Missing(BlobKey source) => new(
        StorageFault.Unavailable,
        $"The chunks of the blob '{source}' are incomplete: it was replaced while it was copied, or is damaged.");
}
