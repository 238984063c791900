using Etcdserverpb;
using Google.Protobuf;
using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Etcd;

/// <summary>
/// The bytes of chunks, read forward, the next of them fetched ahead as long as there is spare memory. A chunk that has
/// been deleted since the blob was opened is read in the past where etcd still has it; where not, that is an exception,
/// never an early end.
/// </summary>
internal sealed class EtcdBlobContent : ForwardStream
{
    /// <summary>The memory to fetch a chunk with: the chunk, and the answer that it is parsed from.</summary>
    public const int FetchBytes = 2 * EtcdUploads.ChunkBytes;

    private const int ChunksAhead = 2;

    /// <summary>
    /// The memory to fetch <see cref="ChunksAhead"/> while another chunk is read, beside <see cref="FetchBytes"/>.
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
    private readonly CancellationTokenSource ended = new();
    private ReadOnlyMemory<byte> rest;
    private long nextChunk;
    private int skip;
    private bool mayFetchAhead;
    private bool closed;

    /// <param name="client">Where to read.</param>
    /// <param name="keys">The names of the chunks.</param>
    /// <param name="key">The blob.</param>
    /// <param name="stored">Its head.</param>
    /// <param name="openedAt">etcd's revision when the head was read.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="budget">
    /// The memory of chunks; <see cref="FetchBytes"/> of it have been reserved for this reader, which releases them.
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

    protected override async ValueTask<int> ReadSomeAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        if (rest.IsEmpty)
        {
            if (mayFetchAhead && ahead.Count <= 1 && budget.IsScarce)
                StopFetchingAhead();
            if (ahead.Count == 0)
                Fetch();
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
            await ended.CancelAsync();
            while (ahead.TryDequeue(out var chunk))
                await ((Task)chunk).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ended.Dispose();
            budget.Release(FetchBytes + (mayFetchAhead ? AheadBytes : 0));
        }

        await base.DisposeAsync();
    }

    /// <summary>
    /// Asks for the chunks after this one, as long as the range reaches into them and there is spare memory.
    /// </summary>
    private void FetchAhead()
    {
        while (ahead.Count < ChunksAhead && nextChunk * stored.Head.ChunkBytes < end)
        {
            if (!mayFetchAhead && !(mayFetchAhead = budget.TryReserve(AheadBytes)))
                return;
            Fetch();
        }
    }

    private void StopFetchingAhead()
    {
        mayFetchAhead = false;
        budget.Release(AheadBytes);
    }

    private void Fetch() => ahead.Enqueue(FetchAsync(nextChunk++));

    private async Task<ByteString> FetchAsync(long number)
    {
        var at = keys.Chunk(stored.Head.Upload, number);
        var chunk = Single(await client.RangeAsync(new RangeRequest { Key = at }, ended.Token))
            ?? Single(await client.TryRangeAsync(new RangeRequest { Key = at, Revision = openedAt }, ended.Token))
            ?? throw await MissingAsync(number);
        var expected = Math.Min(stored.Head.ChunkBytes, stored.Head.Length - (number * stored.Head.ChunkBytes));
        return chunk.Length == expected
            ? chunk
            : throw new StorageException(
                StorageFault.Corrupt,
                $"etcd holds {chunk.Length} of the {expected} bytes of chunk {number} of the blob '{key}'.");
    }

    private static ByteString? Single(RangeResponse? answer) => answer?.Kvs is [var entry, ..] ? entry.Value : null;

    /// <summary>A blob that was deleted is gone, chunks and all; one that is still there has been damaged.</summary>
    private async Task<StorageException> MissingAsync(long number)
    {
        var head = await client.RangeAsync(new RangeRequest { Key = keys.Head(key) }, ended.Token);
        return head.Kvs is [var entry, ..] && StoredHead.Parse(entry).Head.Upload == stored.Head.Upload
            ? new StorageException(StorageFault.Corrupt, $"etcd lacks chunk {number} of the blob '{key}'.")
            : new StorageException(
                StorageFault.Unavailable, $"The blob '{key}' was deleted, and its past compacted, while it was read.");
    }
}
