using System.Globalization;
using Registry.Core.Storage;
using Registry.Core.Transfers;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>
/// Stores a staged upload as a hash with its length and its appends. The bytes of an append are chunks, as those of a
/// blob. The script that completes an append compares the length, so one of several concurrent appends wins.
/// </summary>
internal sealed class RedisUploadStore(
    RedisConnection connection, RedisKeys keys, TimeProvider time, TransferBudget budget) : IUploadStore
{
    /// <summary>The field of the length. All other fields are offsets.</summary>
    private const string LengthField = "length";

    private readonly RedisReclaimer reclaimer = new(connection, keys);

    public async ValueTask<UploadKey> BeginAsync(StoreKey scope, CancellationToken cancellationToken)
    {
        _ = scope.Value;
        var upload = UploadKey.Create(scope);
        await connection.EvaluateAsync(
            UploadScripts.Begin, [keys.Upload(upload), keys.Uploads], [upload.ToString()], cancellationToken);
        return upload;
    }

    public async ValueTask<long?> LengthAsync(UploadKey upload, CancellationToken cancellationToken)
    {
        var length = await connection.CallAsync(
            database => database.HashGetAsync(keys.Upload(upload), LengthField, RedisConnection.Flags),
            cancellationToken);
        return length.IsNull ? null : Parse(upload, length);
    }

    public async ValueTask<UploadWriter?> AppendAsync(
        UploadKey upload, long offset, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return await LengthAsync(upload, cancellationToken) == offset
            ? new RedisUploadWriter(connection, keys, upload, offset, budget, time)
            : null;
    }

    public async ValueTask<Stream?> OpenAsync(UploadKey upload, CancellationToken cancellationToken)
    {
        var fields = await connection.CallAsync(
            database => database.HashGetAllAsync(keys.Upload(upload), RedisConnection.Flags), cancellationToken);
        if (fields.Length == 0)
            return null;
        var (extents, length) = Read(upload, fields);
        await budget.ReserveAsync(RedisBlobContent.PieceBytes, cancellationToken);
        return new RedisBlobContent(
            connection,
            keys,
            extents,
            new ByteRange(0, length),
            first: null,
            (at, token) => MissingAsync(upload, at, token),
            budget);
    }

    public ValueTask<bool> DiscardAsync(UploadKey upload, CancellationToken cancellationToken) =>
        DiscardAsync(upload.ToString(), idle: null, cancellationToken);

    public async ValueTask<int> CountAsync(int limit, CancellationToken cancellationToken) =>
        (int)Math.Min(
            limit,
            await connection.CallAsync(
                database => database.SortedSetLengthAsync(keys.Uploads, flags: RedisConnection.Flags),
                cancellationToken));

    public async ValueTask<int> DiscardIdleAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(idle, TimeSpan.Zero);
        var discarded = 0;
        RedisValue[] names;
        do
        {
            RedisValue[] arguments = [(long)idle.TotalMicroseconds, RedisReclaimer.BatchSize];
            names = (RedisValue[]?)await connection.EvaluateAsync(
                UploadScripts.Idle, [keys.Uploads], arguments, cancellationToken) ?? [];
            foreach (var name in names)
                if (await DiscardAsync(name.ToString(), idle, cancellationToken))
                    discarded++;
        }
        while (names.Length == RedisReclaimer.BatchSize);

        await reclaimer.AbandonAsync(keys.Appends, idle, cancellationToken);
        await reclaimer.ReclaimAsync(idle, cancellationToken);
        return discarded;
    }

    /// <summary>Discards an upload, if it was idle for a time or in any case.</summary>
    private async ValueTask<bool> DiscardAsync(string name, TimeSpan? idle, CancellationToken cancellationToken)
    {
        RedisValue[] arguments =
        [
            name, keys.ChunkPrefix, BlobHead.ChunkBytes, idle is { } least ? (long)least.TotalMicroseconds : "",
        ];
        return (long)await connection.EvaluateAsync(
            UploadScripts.Discard, [keys.Upload(name), keys.Uploads], arguments, cancellationToken)
            == 1;
    }

    /// <summary>Returns the appends of an upload in order, and its length.</summary>
    private static (IReadOnlyList<RedisExtent> Extents, long Length) Read(UploadKey upload, HashEntry[] fields)
    {
        var extents = new List<RedisExtent>(fields.Length);
        long? length = null;
        foreach (var field in fields)
        {
            if (field.Name == LengthField)
                length = Parse(upload, field.Value);
            else
                extents.Add(RedisExtent.TryParse(field) ?? throw Damaged(upload));
        }

        extents.Sort(static (one, other) => one.Start.CompareTo(other.Start));
        var end = 0L;
        foreach (var extent in extents)
            end = extent.Start == end ? extent.End : throw Damaged(upload);
        return end == length ? (extents, end) : throw Damaged(upload);
    }

    private static long Parse(UploadKey upload, RedisValue length) =>
        long.TryParse(length.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Damaged(upload);

    /// <summary>Distinguishes an upload that was discarded while it was read from a damaged one.</summary>
    private async ValueTask<StorageException> MissingAsync(
        UploadKey upload, long offset, CancellationToken cancellationToken) =>
        await LengthAsync(upload, cancellationToken) is not null
            ? new StorageException(StorageFault.Corrupt, $"The upload '{upload}' has no bytes from offset {offset}.")
            : new StorageException(
                StorageFault.Unavailable,
                $"The upload '{upload}' was discarded while it was read, at offset {offset}.");

    private static StorageException Damaged(UploadKey upload) =>
        new(StorageFault.Corrupt, $"The record of the upload '{upload}' is damaged.");
}
