using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;
using Registry.Core.Storage;
using Registry.Core.Transfers;
using Registry.Storage.Etcd.Protocol;

namespace Registry.Storage.Etcd;

/// <summary>
/// The blobs being written that have not been committed: in memory while they fit one chunk, then as chunks in etcd
/// under the id of the upload. Each upload has a marker key. Every later write to the upload, and its commit, require
/// the marker, so that a late request cannot revive a discarded upload.
/// </summary>
internal sealed class EtcdUploads(
    EtcdClient client, EtcdKeys keys, TimeProvider time, TransferBudget budget) : IDisposable
{
    /// <summary>The size of a chunk in bytes, far below etcd's limit of 1.5 MiB for a request.</summary>
    public const int ChunkBytes = 512 * 1024;

    /// <summary>The number of attempts of a call that loses races.</summary>
    public const int MaxAttempts = 200;

    /// <summary>
    /// The number of chunks that all uploads of this process send at once. etcd writes them one after the other anyway,
    /// and each has a deadline.
    /// </summary>
    private const int MaxChunksInFlight = 8;

    private readonly SemaphoreSlim slots = new(MaxChunksInFlight);

    public EtcdClient Client => client;

    public EtcdKeys Keys => keys;

    /// <summary>The memory budget of chunks.</summary>
    public TransferBudget Budget => budget;

    /// <summary>The uploads that may still be only in memory.</summary>
    public BufferedUploads Buffered { get; } = new(time);

    public TimeProvider Time => time;

    public DateTimeOffset Now => time.GetUtcNow();

    public static StorageException Contended(BlobKey key) =>
        new(
            StorageFault.Throttled,
            $"The blob '{key}' was changed concurrently during each of {MaxAttempts} attempts to change it.");

    public void Dispose() => slots.Dispose();

    /// <summary>
    /// Writes the marker and the first chunk. Never sent twice: a late copy would mark a committed upload as active.
    /// </summary>
    public Task<bool> BeginAsync(string upload, ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken) =>
        WriteAsync(
            new TxnRequest { Success = { Mark(upload), PutChunk(upload, 0, chunk) } },
            Repeat.OnlyIfUnsent,
            cancellationToken);

    /// <summary>
    /// Writes a later chunk and updates the marker with the current time, not the time at which the chunk is sent.
    /// Returns false when the upload has been discarded.
    /// </summary>
    public Task<bool> StageAsync(
        string upload, int number, ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken) =>
        WriteAsync(
            new TxnRequest
            {
                Compare = { IsStaged(upload) },
                Success = { Mark(upload), PutChunk(upload, number, chunk) }
            },
            Repeat.Freely,
            cancellationToken);

    /// <summary>
    /// Updates the time of the marker, for a writer that is too slow to fill a chunk. Returns false as
    /// <see cref="StageAsync"/> does.
    /// </summary>
    public Task<bool> RefreshAsync(string upload, CancellationToken cancellationToken) =>
        WriteAsync(
            new TxnRequest { Compare = { IsStaged(upload) }, Success = { Mark(upload) } },
            Repeat.Freely,
            cancellationToken);

    /// <summary>Sends the transaction of a chunk, and waits while this process sends too many.</summary>
    public async Task<TxnResponse> SendAsync(TxnRequest request, Repeat repeat, CancellationToken cancellationToken)
    {
        await slots.WaitAsync(cancellationToken);
        try
        {
            return await client.WriteAsync(request, repeat, cancellationToken);
        }
        finally
        {
            slots.Release();
        }
    }

    /// <summary>Writes a marker with the current time.</summary>
    public RequestOp Mark(ByteString marker) =>
        EtcdTxn.Put(marker, new StagedUpload { WrittenAtMicros = UnixMicroseconds.Of(Now) }.ToByteString());

    public Compare IsStaged(string upload) => EtcdTxn.Exists(keys.Staged(upload));

    /// <summary>Deletes a staged upload, unless it has been committed or discarded.</summary>
    public Task DiscardAsync(
        string upload,
        CancellationToken cancellationToken) => DiscardAsync(upload, IsStaged(upload), cancellationToken);

    /// <summary>Implements <see cref="IBlobStore.DiscardAbandonedAsync"/>.</summary>
    public async ValueTask<int> DiscardAbandonedAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        var latest = Now - idle;
        var discarded = Buffered.Discard(idle);
        await foreach (var entry in client.ListAsync(keys.AllStaged(), keysOnly: false, cancellationToken))
            if (keys.NameOf(entry.Key, "staged") is { } upload
                && await TryDiscardAsync(upload, entry, latest, cancellationToken))
                discarded++;
        return discarded;
    }

    /// <summary>Returns the time at which a marker was last written.</summary>
    public static DateTimeOffset WrittenAt(KeyValue marker)
    {
        try
        {
            return UnixMicroseconds.ToTime(StagedUpload.Parser.ParseFrom(marker.Value).WrittenAtMicros);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new StorageException(
                StorageFault.Corrupt, $"etcd: '{marker.Key.ToStringUtf8()}' is not a valid upload marker.", exception);
        }
    }

    /// <summary>
    /// Compares the revision of the marker, so that an upload that is written to in the meantime is checked again: a
    /// chunk in flight may carry an old time.
    /// </summary>
    private async Task<bool> TryDiscardAsync(
        string upload, KeyValue? marker, DateTimeOffset latest, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (marker is null || WrittenAt(marker) > latest)
                return false;
            if (await DiscardAsync(upload, EtcdTxn.HasRevision(marker.Key, marker.ModRevision), cancellationToken))
                return true;
            marker = (await client.RangeAsync(
                new RangeRequest { Key = marker.Key }, cancellationToken)).Kvs.FirstOrDefault();
        }

        return false;
    }

    private async Task<bool> DiscardAsync(string upload, Compare condition, CancellationToken cancellationToken)
    {
        var request = new TxnRequest
        {
            Compare = { condition },
            Success = { EtcdTxn.Delete(keys.Staged(upload)), EtcdTxn.Delete(keys.Chunks(upload)) },
        };

        // Idempotent: upload ids are never reused.
        return (await client.WriteAsync(request, Repeat.Freely, cancellationToken)).Succeeded;
    }

    private async Task<bool> WriteAsync(TxnRequest request, Repeat repeat, CancellationToken cancellationToken) =>
        (await SendAsync(request, repeat, cancellationToken)).Succeeded;

    private RequestOp Mark(string upload) => Mark(keys.Staged(upload));

    private RequestOp PutChunk(string upload, int number, ReadOnlyMemory<byte> chunk) =>
        EtcdTxn.Put(keys.Chunk(upload, number), UnsafeByteOperations.UnsafeWrap(chunk));
}
