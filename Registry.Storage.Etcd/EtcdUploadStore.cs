using Etcdserverpb;
using Mvccpb;
using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Etcd;

/// <summary>
/// Stores a staged upload as a head with its length, and each append as a part and chunks. The transaction that
/// completes an append compares and replaces the head, so one of several concurrent appends wins.
/// </summary>
internal sealed class EtcdUploadStore(
    EtcdClient client, EtcdKeys keys, EtcdUploads uploads, TransferBudget budget) : IUploadStore
{
    public async ValueTask<UploadKey> BeginAsync(StoreKey scope, CancellationToken cancellationToken)
    {
        _ = scope.Value;
        var upload = UploadKey.Create(scope);
        var head = keys.Upload(upload);
        var request = new TxnRequest
        {
            Compare = { EtcdTxn.HasRevision(head, 0) },
            Success = { EtcdTxn.Put(head, StoredUpload.Format(0, uploads.Now)) },
        };

        // The id is random: if the head exists, an earlier attempt wrote it.
        await client.WriteAsync(request, Repeat.Freely, cancellationToken);
        return upload;
    }

    public async ValueTask<long?> LengthAsync(UploadKey upload, CancellationToken cancellationToken) =>
        (await FindAsync(upload, cancellationToken))?.Length;

    public async ValueTask<UploadWriter?> AppendAsync(
        UploadKey upload, long offset, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return await FindAsync(upload, cancellationToken) is { } stored && stored.Length == offset
            ? new EtcdUploadWriter(uploads, new EtcdAppend(uploads, upload, stored))
            : null;
    }

    public async ValueTask<Stream?> OpenAsync(UploadKey upload, CancellationToken cancellationToken)
    {
        if (await FindAsync(upload, cancellationToken) is not { } stored)
            return null;
        await budget.ReserveAsync(EtcdBlobContent.FetchBytes, cancellationToken);
        return new EtcdUploadContent(client, keys, upload, stored.Length, budget);
    }

    public async ValueTask<bool> DiscardAsync(UploadKey upload, CancellationToken cancellationToken)
    {
        // Only deletes: a full etcd accepts nothing else.
        var request = Discard(upload);
        request.Compare.Add(EtcdTxn.Exists(keys.Upload(upload)));
        return (await client.WriteAsync(request, Repeat.OnlyIfUnsent, cancellationToken)).Succeeded;
    }

    public async ValueTask<int> CountAsync(int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        var all = keys.AllUploads();
        var request = new RangeRequest { Key = all.From, RangeEnd = all.End, CountOnly = true };
        return (int)Math.Min((await client.RangeAsync(request, cancellationToken)).Count, limit);
    }

    public async ValueTask<int> DiscardIdleAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(idle, TimeSpan.Zero);
        var latest = uploads.Now - idle;
        var discarded = 0;
        await foreach (var entry in client.ListAsync(keys.AllUploads(), keysOnly: false, cancellationToken))
            if (keys.TryGetUpload(entry.Key, out var upload)
                && await TryDiscardIdleAsync(upload, entry, latest, cancellationToken))
                discarded++;
        await foreach (var marker in client.ListAsync(keys.AllAppends(), keysOnly: false, cancellationToken))
            if (keys.NameOf(marker.Key, "appends") is { } append && EtcdUploads.WrittenAt(marker) <= latest)
                await DiscardAppendAsync(append, marker, cancellationToken);
        return discarded;
    }

    private async ValueTask<StoredUpload?> FindAsync(UploadKey upload, CancellationToken cancellationToken)
    {
        var found = await client.RangeAsync(new RangeRequest { Key = keys.Upload(upload) }, cancellationToken);
        return found.Kvs is [var entry] ? StoredUpload.Parse(entry) : null;
    }

    private TxnRequest Discard(UploadKey upload) => new()
    {
        Success =
        {
            EtcdTxn.Delete(keys.Upload(upload)),
            EtcdTxn.Delete(keys.Parts(upload)),
            EtcdTxn.Delete(keys.Appends(upload)),
            EtcdTxn.Delete(keys.Appended(upload)),
        },
    };

    /// <summary>
    /// Discards an upload unless bytes were appended recently, or are being appended. Compares the revisions of the
    /// head and of all appends in progress, so that an upload that is written to in the meantime is checked again.
    /// </summary>
    private async Task<bool> TryDiscardIdleAsync(
        UploadKey upload, KeyValue? head, DateTimeOffset latest, CancellationToken cancellationToken)
    {
        var appends = keys.Appends(upload);
        for (var attempt = 0; attempt < EtcdUploads.MaxAttempts; attempt++)
        {
            if (head is null || StoredUpload.Parse(head) is var stored && stored.AppendedAt > latest)
                return false;
            var markers = await client.RangeAsync(
                new RangeRequest { Key = appends.From, RangeEnd = appends.End }, cancellationToken);
            if (markers.Kvs.Any(marker => EtcdUploads.WrittenAt(marker) > latest))
                return false;
            var request = Discard(upload);
            request.Compare.Add(EtcdTxn.HasRevision(head.Key, head.ModRevision));
            request.Compare.Add(EtcdTxn.IsUnchangedSince(appends, markers.Header.Revision));

            // Idempotent: upload ids are never reused.
            if ((await client.WriteAsync(request, Repeat.Freely, cancellationToken)).Succeeded)
                return true;
            head = (await client.RangeAsync(
                new RangeRequest { Key = head.Key }, cancellationToken)).Kvs.FirstOrDefault();
        }

        return false;
    }

    /// <summary>Deletes the chunks of an abandoned append, unless it has been written to in the meantime.</summary>
    private async Task DiscardAppendAsync(string append, KeyValue marker, CancellationToken cancellationToken)
    {
        var request = new TxnRequest
        {
            Compare = { EtcdTxn.HasRevision(marker.Key, marker.ModRevision) },
            Success = { EtcdTxn.Delete(marker.Key), EtcdTxn.Delete(keys.AppendedBy(append)) },
        };
        await client.WriteAsync(request, Repeat.Freely, cancellationToken);
    }
}
