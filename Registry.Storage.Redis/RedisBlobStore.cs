using System.Runtime.CompilerServices;
using Registry.Core.Storage;
using Registry.Core.Transfers;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>
/// Stores a blob as chunks, which belong to one write, and a head that references the write. Referenced chunks are
/// never changed. A delete removes the head, and the chunks are reclaimed later. A blob that fits one chunk stays in
/// the writer's memory until the commit, which is one script.
/// </summary>
internal sealed class RedisBlobStore(
    RedisConnection connection, RedisKeys keys, TimeProvider time, TransferBudget budget) : IBlobStore
{
    /// <summary>The number of entries in a page of a listing: about half a millisecond of server time.</summary>
    private const int PageSize = 500;

    private readonly BufferedUploads uploads = new(time);
    private readonly RedisReclaimer reclaimer = new(connection, keys);

    public ValueTask<BlobWriter> CreateAsync(StoreKey scope, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _ = scope.Value;
        return ValueTask.FromResult<BlobWriter>(new RedisBlobWriter(connection, keys, scope, uploads, budget));
    }

    public async ValueTask<BlobReader?> OpenAsync(BlobKey key, ByteRange range, CancellationToken cancellationToken)
    {
        await budget.ReserveAsync(RedisBlobContent.PieceBytes, cancellationToken);
        Stream? content = null;
        try
        {
            var first = RedisBlobContent.PieceAt(range.Offset, range.Length ?? long.MaxValue);
            RedisValue[] arguments = [keys.ChunkPrefix, range.Offset, first, BlobHead.ChunkBytes];
            var fields = (RedisValue[]?)await connection.EvaluateAsync(
                BlobScripts.Open, [keys.Blob(key)], arguments, cancellationToken) ?? [];
            if (BlobHead.TryRead(key, fields) is not { } info)
                return null;
            var length = range.LengthWithin(info.Length);
            var upload = fields[3].ToString();
            content = new RedisBlobContent(
                connection,
                keys,
                [new RedisExtent(upload, 0, info.Length)],
                range with { Length = length },
                (byte[]?)fields[4] ?? [],
                (at, token) => MissingAsync(key, upload, at, token),
                budget);
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
            await connection.CallAsync(
                database => database.HashGetAsync(keys.Blob(key), BlobHead.Fields, RedisConnection.Flags),
                cancellationToken));

    public async ValueTask<bool> TryDeleteAsync(
        BlobKey key, Precondition precondition, CancellationToken cancellationToken)
    {
        precondition.ThrowIfAbsent();
        if (precondition.Kind == PreconditionKind.Matches)
            return await TryDeleteAsync(key, precondition.RevisionText(), precondition, cancellationToken);

        // A hanging server may execute the script late. The revision keeps it from deleting a later upload.
        while (await RevisionAsync(key, cancellationToken) is { IsNull: false } revision)
            if (await TryDeleteAsync(key, revision, precondition, cancellationToken))
                return true;
        return false;
    }

    public async ValueTask<StorageEpoch?> EpochAsync(CancellationToken cancellationToken) =>
        new StorageEpoch((await connection.EvaluateAsync(BlobScripts.Epoch, [], [], cancellationToken)).ToString());

    public async ValueTask<CommittedBlob?> TouchAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        var reply = await connection.EvaluateAsync(
            BlobScripts.TouchBlob,
            [keys.Blob(key), keys.Revision],
            [uploadedAt is { } given ? UnixMicroseconds.Of(given) : ""],
            cancellationToken);
        if (reply.IsNull)
            return null;
        var fields = (RedisValue[])reply!;
        return new CommittedBlob(
            BlobHead.TryRead(key, fields.AsSpan(1))!, IsNew: false, new StorageEpoch(fields[0].ToString()));
    }

    public async ValueTask<CommittedBlob?> CopyAsync(
        BlobKey source, StoreKey scope, CancellationToken cancellationToken)
    {
        _ = scope.Value;
        var target = source with { Scope = scope };
        RedisValue[] wanted = [.. BlobHead.Fields, "upload"];
        var head = await connection.CallAsync(
            database => database.HashGetAsync(keys.Blob(source), wanted, RedisConnection.Flags), cancellationToken);
        if (BlobHead.TryRead(source, head) is not { } info)
            return null;
        if (await TouchAsync(target, uploadedAt: null, cancellationToken) is { } existing)
            return existing;
        return await new RedisBlobCopy(connection, keys, time).RunAsync(
            source, info.Length, head[^1].ToString(), target, cancellationToken) is { } reply
            ? RedisBlobWriter.Committed(target, info.Length, reply)
            : null;
    }

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
            var page = (RedisValue[]?)await connection.EvaluateAsync(
                BlobScripts.List, [keys.Blobs], arguments, cancellationToken) ?? [];
            for (var i = 0; i < page.Length; i += Width)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return BlobKey.TryParse(page[i], out var key)
                    && BlobHead.TryRead(key, page.AsSpan(i + 1, Width - 1)) is { } info
                    ? info
                    : throw new StorageException(
                        StorageFault.Corrupt, $"'{keys.Blobs}' contains '{page[i]}', which is not a valid blob.");
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
        var discarded = uploads.Discard(idle) + await reclaimer.AbandonAsync(keys.Staged, idle, cancellationToken);
        await reclaimer.ReclaimAsync(idle, cancellationToken);
        return discarded;
    }

    /// <summary>Distinguishes a blob that was deleted or replaced while it was read from a damaged one.</summary>
    private async ValueTask<StorageException> MissingAsync(
        BlobKey key, string upload, long offset, CancellationToken cancellationToken)
    {
        var current = await connection.CallAsync(
            database => database.HashGetAsync(keys.Blob(key), "upload", RedisConnection.Flags), cancellationToken);
        return current == upload
            ? new StorageException(StorageFault.Corrupt, $"The blob '{key}' has no bytes from offset {offset}.")
            : new StorageException(
                StorageFault.Unavailable,
                $"The blob '{key}' was deleted or replaced while it was read, at offset {offset}.");
    }

    /// <summary>Deletes one revision of a blob.</summary>
    private async ValueTask<bool> TryDeleteAsync(
        BlobKey key, RedisValue revision, Precondition precondition, CancellationToken cancellationToken)
    {
        var reply = await connection.EvaluateAsync(
            BlobScripts.Delete,
            [keys.Blob(key), keys.Blobs, keys.Dropped, keys.Chunks],
            [revision, precondition.EpochText(), key.Value],
            cancellationToken);
        return (long)reply < 0 ? throw StorageEpoch.Ended() : (long)reply == 1;
    }

    /// <summary>Returns the revision of a blob, even if other fields are damaged; null when there is none.</summary>
    private ValueTask<RedisValue> RevisionAsync(BlobKey key, CancellationToken cancellationToken) =>
        connection.CallAsync(
            database => database.HashGetAsync(keys.Blob(key), "revision", RedisConnection.Flags), cancellationToken);
}
