using System.Runtime.CompilerServices;
using Registry.Core.Storage;
using Registry.Core.Transfers;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>
/// Blobs as chunks that belong to an upload, and a head that names the upload. Chunks are never written again once a
/// head names them; a delete takes the head, and the chunks go some time after. What fits one chunk stays in the
/// writer's memory until its commit, which is one script.
/// </summary>
internal sealed class RedisBlobStore(
    RedisConnection link, RedisKeys keys, TimeProvider time, TransferBudget budget) : IBlobStore
{
    /// <summary>How many entries a page of a listing has: about half a millisecond of the server's time.</summary>
    private const int PageSize = 500;

    /// <summary>How many uploads, or chunks of one, are given up in one go.</summary>
    private const int BatchSize = 256;

    /// <summary>
    /// How long the chunks of a deleted or replaced blob stay for those who read it: memory is what Redis has least of.
    /// </summary>
    private static readonly TimeSpan ReadersTime = TimeSpan.FromMinutes(10);

    private readonly BufferedUploads uploads = new(time);

    public ValueTask<BlobWriter> CreateAsync(StoreKey scope, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _ = scope.Value;
        return ValueTask.FromResult<BlobWriter>(new RedisBlobWriter(link, keys, scope, time, uploads, budget));
    }

    public async ValueTask<BlobReader?> OpenAsync(BlobKey key, ByteRange range, CancellationToken cancellationToken)
    {
        await budget.ReserveAsync(RedisBlobContent.PieceBytes, cancellationToken);
        Stream? content = null;
        try
        {
            var first = RedisBlobContent.PieceAt(range.Offset, range.Length ?? long.MaxValue);
            RedisValue[] arguments = [keys.ChunkPrefix, range.Offset, first, BlobHead.ChunkBytes];
            var fields = (RedisValue[]?)await link.EvaluateAsync(
                BlobScripts.Open, [keys.Blob(key)], arguments, cancellationToken) ?? [];
            if (BlobHead.TryRead(key, fields) is not { } info)
                return null;
            var length = range.LengthWithin(info.Length);
            var upload = fields[3].ToString();
            content = new RedisBlobContent(
                link, keys, key, upload, range with { Length = length }, (byte[]?)fields[4] ?? [], budget);
            return new BlobReader(info, length, content);
        }
        finally
        {
            if (content is null)
                budget.Release(RedisBlobContent.PieceBytes);
        }
    }

    public async ValueTask<BlobInfo?> StatAsync(BlobKey key, CancellationToken cancellationToken) =>
        BlobHead.TryRead(
            key,
            await link.CallAsync(
                database => database.HashGetAsync(keys.Blob(key), BlobHead.Fields, RedisConnection.Flags),
                cancellationToken));

    public async ValueTask<bool> TryDeleteAsync(
        BlobKey key, Precondition precondition, CancellationToken cancellationToken)
    {
        if (precondition.Kind == PreconditionKind.Absent)
            throw new ArgumentException("What must be absent cannot be deleted.", nameof(precondition));
        var answer = await link.EvaluateAsync(
            BlobScripts.Delete,
            [keys.Blob(key), keys.Blobs, keys.Dropped, keys.Chunks],
            [precondition.Word(), precondition.RevisionText(), precondition.EpochText(), key.Value],
            cancellationToken);
        return (long)answer < 0 ? throw StorageEpoch.Ended() : (long)answer == 1;
    }

    public async ValueTask<StorageEpoch?> EpochAsync(CancellationToken cancellationToken) =>
        new StorageEpoch((await link.EvaluateAsync(BlobScripts.Epoch, [], [], cancellationToken)).ToString());

    public async IAsyncEnumerable<BlobInfo> ListAsync(
        StoreKey scope, ScopeDepth depth, BlobKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const int Width = 4;
        cancellationToken.ThrowIfCancellationRequested();
        var range = depth == ScopeDepth.Exact
            ? LexicalRange.BlobsOf(scope, after?.Value)
            : LexicalRange.Below(scope, after?.Value);
        while (!range.IsEmpty)
        {
            RedisValue[] arguments = [keys.BlobPrefix, range.Min, range.Max, PageSize];
            var page = (RedisValue[]?)await link.EvaluateAsync(
                BlobScripts.List, [keys.Blobs], arguments, cancellationToken) ?? [];
            for (var i = 0; i < page.Length; i += Width)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return BlobKey.TryParse(page[i], out var key)
                    && BlobHead.TryRead(key, page.AsSpan(i + 1, Width - 1)) is { } info
                    ? info
                    : throw new StorageException(
                        StorageFault.Corrupt, $"'{keys.Blobs}' names '{page[i]}', which is no blob of ours.");
            }

            if (page.Length < Width * PageSize)
                break;
            range.Continue(page[^Width].ToString());
        }
    }

    public async ValueTask<int> DiscardAbandonedAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(idle, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        var discarded = uploads.Discard(idle);
        for (var batch = BatchSize; batch == BatchSize; discarded += batch)
        {
            RedisValue[] arguments = [Microseconds(idle), BatchSize];
            batch = (int)await link.EvaluateAsync(
                BlobScripts.Abandon, [keys.Staged, keys.Dropped], arguments, cancellationToken);
        }

        RedisValue[] old = [Microseconds(idle < ReadersTime ? idle : ReadersTime), BatchSize, keys.ChunkPrefix];
        while ((long)await link.EvaluateAsync(BlobScripts.Reclaim, [keys.Dropped, keys.Chunks], old, cancellationToken)
            == 1)
            cancellationToken.ThrowIfCancellationRequested();
        return discarded;
    }

    private static long Microseconds(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;
}
