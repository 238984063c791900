using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>
/// Reclaims chunks that nothing refers to any more, in small steps, because Redis serves no other client during a step.
/// </summary>
internal sealed class RedisReclaimer(RedisConnection connection, RedisKeys keys)
{
    /// <summary>The number of uploads, or chunks of one upload, that one script call discards.</summary>
    public const int BatchSize = 256;

    /// <summary>
    /// How long the chunks of a deleted or replaced blob stay for its readers. Short, because memory is scarce in
    /// Redis.
    /// </summary>
    private static readonly TimeSpan ReaderGrace = TimeSpan.FromMinutes(10);

    /// <summary>Abandons the idle members of a set, to be reclaimed at once, and returns their number.</summary>
    /// <param name="active">The set: staged blobs or appends.</param>
    /// <param name="idle">How long they were idle.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<int> AbandonAsync(
        RedisKey active, TimeSpan idle, CancellationToken cancellationToken)
    {
        var abandoned = 0;
        for (var batch = BatchSize; batch == BatchSize; abandoned += batch)
            batch = (int)await connection.EvaluateAsync(
                BlobScripts.Abandon,
                [active, keys.Dropped],
                [(long)idle.TotalMicroseconds, BatchSize],
                cancellationToken);
        return abandoned;
    }

    /// <summary>Removes the chunks of what was abandoned, deleted or replaced.</summary>
    /// <param name="idle">How long readers may need them; at most <see cref="ReaderGrace"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task ReclaimAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        var age = (long)(idle < ReaderGrace ? idle : ReaderGrace).TotalMicroseconds;
        while ((long)await connection.EvaluateAsync(
            BlobScripts.Reclaim, [keys.Dropped, keys.Chunks], [age, BatchSize, keys.ChunkPrefix], cancellationToken)
            == 1)
            cancellationToken.ThrowIfCancellationRequested();
    }
}
