using Etcdserverpb;
using Google.Protobuf;
using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Etcd;

/// <summary>
/// Reads the chunks of a blob. Chunks are prefetched while spare memory is available. A chunk that was deleted after
/// the blob was opened is read from etcd's history; if it has been compacted, the read throws and never ends early.
/// </summary>
internal sealed class EtcdBlobContent : FixedLengthStream
{
    /// <summary>The memory needed to fetch a chunk: the chunk and the response that contains it.</summary>
    public const int FetchBytes = 2 * EtcdUploads.ChunkBytes;

    private const int ChunksAhead = 2;

    /// <summary>
    /// The memory, in addition to <see cref="FetchBytes"/>, needed to prefetch <see cref="ChunksAhead"/> chunks while
    /// another one is read.
    /// </summary>
    private const int AheadBytes = ((ChunksAhead - 1) * FetchBytes) + EtcdUploads.ChunkBytes;

    private readonly EtcdClient client;
    private readonly EtcdKeys keys;
    private readonly BlobKey key;
    private readonly StoredHead stored;
    private readonly long openedAt;
    private readonly long end;
    private readonly TransferBudget budget;
    private readonly Queue<Task<ByteString>> ahead = new(ChunksAhead + 1);
    private readonly CancellationTokenSource disposed = new();
    private ReadOnlyMemory<byte> rest;
    private long nextChunk;
    private int skip;
    private bool mayFetchAhead;
    private bool closed;

    /// <param name="client">The etcd client.</param>
    /// <param name="keys">The keys in etcd.</param>
    /// <param name="key">The key of the blob.</param>
    /// <param name="stored">The head of the blob.</param>
    /// <param name="openedAt">The revision of etcd when the head was read.</param>
    /// <param name="offset">The first byte to read.</param>
    /// <param name="length">The number of bytes to read.</param>
    /// <param name="budget">
    /// The memory budget. <see cref="FetchBytes"/> are already reserved for this reader, which releases them.
    /// </param>
    public EtcdBlobContent(
        EtcdClient client,
        EtcdKeys keys,
        BlobKey key,
        StoredHead stored,
        long openedAt,
        long offset,
        long length,
        TransferBudget budget)
        : base(length)
    {
        (this.client, this.keys, this.key, this.stored, this.openedAt) = (client, keys, key, stored, openedAt);
        (this.budget, end) = (budget, offset + length);
        (nextChunk, var within) = Math.DivRem(offset, stored.Head.ChunkBytes);
        skip = (int)within;
    }

    public override bool CanRead => !closed;

    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (rest.IsEmpty)
        {
            if (mayFetchAhead && ahead.Count <= 1 && budget.IsScarce)
                StopFetchingAhead();
            if (ahead.Count == 0)
                FetchNext();
            FetchAhead();
            rest = (await ahead.Peek().WaitAsync(cancellationToken)).Memory[skip..];
            _ = ahead.Dequeue();
            skip = 0;
            FetchAhead();
        }

        var count = Math.Min(buffer.Length, rest.Length);
        rest.Span[..count].CopyTo(buffer.Span);
        rest = rest[count..];
        return count;
    }

    public override async ValueTask DisposeAsync()
    {
        if (!closed)
        {
            closed = true;
            await disposed.CancelAsync();
            while (ahead.TryDequeue(out var chunk))
                await ((Task)chunk).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            disposed.Dispose();
            budget.Release(FetchBytes + (mayFetchAhead ? AheadBytes : 0));
        }

        await base.DisposeAsync();
    }

    /// <summary>Prefetches the next chunks of the range while spare memory is available.</summary>
    private void FetchAhead()
    {
        while (ahead.Count < ChunksAhead && nextChunk * stored.Head.ChunkBytes < end)
        {
            if (!mayFetchAhead && !(mayFetchAhead = budget.TryReserve(AheadBytes)))
                return;
            FetchNext();
        }
    }

    private void StopFetchingAhead()
    {
        mayFetchAhead = false;
        budget.Release(AheadBytes);
    }

    private void FetchNext() => ahead.Enqueue(FetchAsync(nextChunk++));

    private async Task<ByteString> FetchAsync(long number)
    {
        var chunkKey = keys.Chunk(stored.Head.Upload, number);
        var chunk = Single(await client.RangeAsync(new RangeRequest { Key = chunkKey }, disposed.Token))
            ?? Single(
                await client.TryRangeAsync(new RangeRequest { Key = chunkKey, Revision = openedAt }, disposed.Token))
            ?? throw await MissingAsync(number);
        var expected = Math.Min(stored.Head.ChunkBytes, stored.Head.Length - (number * stored.Head.ChunkBytes));
        return chunk.Length == expected
            ? chunk
            : throw new StorageException(
                StorageFault.Corrupt,
                $"etcd: chunk {number} of the blob '{key}' has {chunk.Length} bytes, not {expected}.");
    }

    private static ByteString? Single(RangeResponse? response) => response?.Kvs is [var entry, ..] ? entry.Value : null;

    /// <summary>Distinguishes a deleted blob from a damaged one, whose head still exists.</summary>
    private async Task<StorageException> MissingAsync(long number)
    {
        var head = await client.RangeAsync(new RangeRequest { Key = keys.Head(key) }, disposed.Token);
        return head.Kvs is [var entry, ..] && StoredHead.Parse(entry).Head.Upload == stored.Head.Upload
            ? new StorageException(StorageFault.Corrupt, $"etcd: chunk {number} of the blob '{key}' is missing.")
            : new StorageException(
                StorageFault.Unavailable, $"The blob '{key}' was deleted and its history compacted while it was read.");
    }
}
