using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;
using Registry.Core.Storage;
using Registry.Core.Transfers;
using Registry.Storage.Etcd.Protocol;

namespace Registry.Storage.Etcd;

/// <summary>
/// Where blobs are before they are committed: in memory as long as they fit one chunk, then as chunks in etcd under the
/// id of their upload. A marker stands for the upload: every later write to it, and its commit, compare that it is
/// there, so that what has been discarded stays so whatever request arrives late.
/// </summary>
internal sealed class EtcdUploads(
    EtcdClient client, EtcdKeys keys, TimeProvider time, TransferBudget budget) : IDisposable
{
    /// <summary>Bytes of a chunk, far below the 1.5 MiB that etcd takes at most.</summary>
    public const int ChunkBytes = 512 * 1024;

    /// <summary>How often a lost race is run again before the call gives up.</summary>
    public const int MaxAttempts = 200;

    /// <summary>
    /// Chunks that all uploads of this process have under way at once: etcd writes them one after the other anyway, and
    /// each has a deadline.
    /// </summary>
    private const int MaxChunksUnderWay = 8;

    private readonly SemaphoreSlim turns = new(MaxChunksUnderWay);

    public EtcdClient Client => client;

    public EtcdKeys Keys => keys;

    /// <summary>The memory of chunks.</summary>
    public TransferBudget Budget => budget;

    /// <summary>What may be in memory yet.</summary>
    public BufferedUploads Uploads { get; } = new(time);

    public DateTimeOffset Now => time.GetUtcNow();

    public static StorageException Contended(BlobKey key) =>
        new(
            StorageFault.Throttled,
            $"The blob '{key}' was changed by others {MaxAttempts} times while it was to be changed.");

    public void Dispose() => turns.Dispose();

    /// <summary>A token that is cancelled after a while.</summary>
    public CancellationTokenSource After(TimeSpan patience) => new(patience, time);

    /// <summary>
    /// Writes the marker and the first chunk. Never sent twice: a late copy would mark an upload that has been
    /// committed as under way.
    /// </summary>
    public Task BeginAsync(string upload, ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken) =>
        WriteAsync(
            new TxnRequest { Success = { Mark(upload), PutChunk(upload, 0, chunk) } },
            Repeat.OnlyIfUnsent,
            cancellationToken);

    /// <summary>Writes a later chunk, and when it was given: now, not when its turn comes.</summary>
    public Task StageAsync(
        string upload, int number, ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken) =>
        WriteAsync(
            new TxnRequest
            {
                Compare = { Marked(upload) },
                Success = { Mark(upload), PutChunk(upload, number, chunk) }
            },
            Repeat.Freely,
            cancellationToken);

    /// <summary>Writes the marker's time alone, for whoever writes so slowly that no chunk fills.</summary>
    public Task RefreshAsync(string upload, CancellationToken cancellationToken) =>
        WriteAsync(
            new TxnRequest { Compare = { Marked(upload) }, Success = { Mark(upload) } },
            Repeat.Freely,
            cancellationToken);

    public Compare Marked(string upload) => EtcdTxn.Exists(keys.Staged(upload));

    /// <summary>Deletes what was staged, unless it has been committed or discarded.</summary>
    public Task DiscardAsync(
        string upload, CancellationToken cancellationToken) => DiscardAsync(upload, Marked(upload), cancellationToken);

    /// <summary>See <see cref="IBlobStore.DiscardAbandonedAsync"/>.</summary>
    public async ValueTask<int> DiscardAbandonedAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        var newest = Now - idle;
        var discarded = Uploads.Discard(idle);
        await foreach (var entry in client.ListAsync(keys.AllStaged(), keysOnly: false, cancellationToken))
            if (keys.NameOf(entry.Key, "staged") is { } upload
                && await TryDiscardAsync(upload, entry, newest, cancellationToken))
                discarded++;
        return discarded;
    }

    /// <summary>
    /// Compares the marker's revision, so that who writes meanwhile is judged again: a chunk may be on its way that was
    /// given long ago.
    /// </summary>
    private async Task<bool> TryDiscardAsync(
        string upload, KeyValue? marker, DateTimeOffset newest, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (marker is null || WrittenAt(marker) > newest)
                return false;
            if (await DiscardAsync(upload, EtcdTxn.HasRevision(marker.Key, marker.ModRevision), cancellationToken))
                return true;
            marker = (await client.RangeAsync(
                new RangeRequest { Key = marker.Key }, cancellationToken)).Kvs.FirstOrDefault();
        }

        return false;
    }

    private static DateTimeOffset WrittenAt(KeyValue marker)
    {
        try
        {
            return EtcdTimes.FromMicros(StagedUpload.Parser.ParseFrom(marker.Value).WrittenAtMicros);
        }
        catch (InvalidProtocolBufferException wrong)
        {
            throw new StorageException(
                StorageFault.Corrupt, $"etcd: '{marker.Key.ToStringUtf8()}' is no marker of an upload.", wrong);
        }
    }

    private async Task<bool> DiscardAsync(string upload, Compare condition, CancellationToken cancellationToken)
    {
        var request = new TxnRequest
        {
            Compare = { condition },
            Success = { EtcdTxn.Delete(keys.Staged(upload)), EtcdTxn.Delete(keys.Chunks(upload)) },
        };

        // Once deleted it is not found again, so to ask twice does no harm.
        return (await client.WriteAsync(request, Repeat.Freely, cancellationToken)).Succeeded;
    }

    private async Task WriteAsync(TxnRequest request, Repeat repeat, CancellationToken cancellationToken)
    {
        await turns.WaitAsync(cancellationToken);
        try
        {
            if (!(await client.WriteAsync(request, repeat, cancellationToken)).Succeeded)
                throw BufferedBlobWriter.Discarded();
        }
        finally
        {
            turns.Release();
        }
    }

    private RequestOp Mark(string upload) =>
        EtcdTxn.Put(keys.Staged(upload), new StagedUpload { WrittenAtMicros = EtcdTimes.ToMicros(Now) }.ToByteString());

    private RequestOp PutChunk(string upload, int number, ReadOnlyMemory<byte> chunk) =>
        EtcdTxn.Put(keys.Chunk(upload, number), UnsafeByteOperations.UnsafeWrap(chunk));
}
