using Etcdserverpb;
using Google.Protobuf;
using Registry.Core.Storage;
using Registry.Storage.Etcd.Protocol;

namespace Registry.Storage.Etcd;

/// <summary>
/// Creates or touches a blob in one transaction. It compares the revision of the head, so that the upload time can be
/// set above that of the head that it replaces. The first attempt expects no head; a failed attempt returns the current
/// one.
/// </summary>
/// <param name="uploads">The staged uploads.</param>
/// <param name="key">The key of the blob.</param>
/// <param name="uploadedAt">
/// The upload time; null for the current time, or a later one when the existing blob requires it.
/// </param>
internal sealed class BlobCommit(EtcdUploads uploads, BlobKey key, DateTimeOffset? uploadedAt)
{
    private readonly ByteString head = uploads.Keys.Head(key);

    /// <summary>Commits bytes that have not been staged. They are stored next to the head.</summary>
    public Task<CommittedBlob> WholeAsync(
        ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => CommitAsync(
        new BlobHead { Length = content.Length },
        (request, exists) =>
        {
            if (!exists)
                request.Success.Add(EtcdTxn.Put(uploads.Keys.Content(key), UnsafeByteOperations.UnsafeWrap(content)));
        },
        upload: null,
        cancellationToken);

    /// <summary>Commits an upload. When the blob exists, its bytes stay and those of the upload are deleted.</summary>
    /// <exception cref="StorageException">The upload has been discarded, or the outcome is unknown.</exception>
    public Task<CommittedBlob> UploadAsync(
        string upload, long length, CancellationToken cancellationToken) => CommitAsync(
        new BlobHead { Length = length, Upload = upload, ChunkBytes = EtcdUploads.ChunkBytes },
        (request, exists) =>
        {
            request.Compare.Add(uploads.IsStaged(upload));
            request.Success.Add(EtcdTxn.Delete(uploads.Keys.Staged(upload)));
            if (exists)
                request.Success.Add(EtcdTxn.Delete(uploads.Keys.Chunks(upload)));
        },
        upload,
        cancellationToken);

    /// <summary>Touches the blob. Returns null when it does not exist.</summary>
    /// <exception cref="StorageException">The outcome is unknown.</exception>
    public async Task<CommittedBlob?> TouchAsync(CancellationToken cancellationToken)
    {
        var found = await uploads.Client.RangeAsync(new RangeRequest { Key = head }, cancellationToken);
        var current = found.Kvs is [var entry] ? StoredHead.Parse(entry) : null;
        for (var attempt = 0; current is not null && attempt < EtcdUploads.MaxAttempts; attempt++)
        {
            var next = Next(current.Head, current);
            var response = await WriteAsync(Put(next, current), cancellationToken);
            if (response.Succeeded)
                return new CommittedBlob(new StoredHead(next, response.Header.Revision).ToInfo(key), IsNew: false);
            current = CurrentOf(response);
        }

        return current is null ? null : throw EtcdUploads.Contended(key);
    }

    private async Task<CommittedBlob> CommitAsync(
        BlobHead created, Action<TxnRequest, bool> addBytes, string? upload, CancellationToken cancellationToken)
    {
        StoredHead? current = null;
        for (var attempt = 0; attempt < EtcdUploads.MaxAttempts; attempt++)
        {
            if (current is not null && current.Head.Length != created.Length)
                throw new StorageException(
                    StorageFault.Corrupt,
                    $"etcd: the blob '{key}' has {current.Head.Length} bytes, but the upload with the same sha256 has "
                        + $"{created.Length}.");
            var next = Next(created, current);
            var request = Put(next, current);
            addBytes(request, current is not null);
            if (upload is not null)
                request.Failure.Add(EtcdTxn.Get(uploads.Keys.Staged(upload)));
            var response = await WriteAsync(request, cancellationToken);
            if (response.Succeeded)
                return new CommittedBlob(
                    new StoredHead(next, response.Header.Revision).ToInfo(key), IsNew: current is null);
            if (upload is not null && response.Read(1) is null)
                throw StagedBlobWriter.Discarded();
            current = CurrentOf(response);
        }

        throw EtcdUploads.Contended(key);
    }

    /// <summary>Returns the head to write: with a later time than that of the head that it replaces.</summary>
    private BlobHead Next(BlobHead created, StoredHead? current)
    {
        var next = (current?.Head ?? created).Clone();

        // Not read by this version. A registry of version 1.0 on the same etcd needs it for collection.
        next.TouchedAtMicros = UnixMicroseconds.Of(uploads.Now);
        next.UploadedAtMicros = uploadedAt is { } given
            ? UnixMicroseconds.Of(given)
            : Math.Max(next.TouchedAtMicros, current is null ? long.MinValue : current.Head.UploadedAtMicros + 1);
        return next;
    }

    private TxnRequest Put(BlobHead next, StoredHead? current) => new()
    {
        Compare = { EtcdTxn.HasRevision(head, current?.ModRevision ?? 0) },
        Success = { EtcdTxn.Put(head, next.ToByteString()) },
        Failure = { EtcdTxn.Get(head) },
    };

    private Task<TxnResponse> WriteAsync(TxnRequest request, CancellationToken cancellationToken) =>
        uploads.Client.WriteAsync(request, Repeat.OnlyIfUnsent, cancellationToken);

    private static StoredHead? CurrentOf(TxnResponse refused) =>
        refused.Read(0) is { } entry ? StoredHead.Parse(entry) : null;
}
