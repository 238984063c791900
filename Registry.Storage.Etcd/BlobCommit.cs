using Etcdserverpb;
using Google.Protobuf;
using Registry.Core.Storage;
using Registry.Storage.Etcd.Protocol;

namespace Registry.Storage.Etcd;

/// <summary>
/// The one transaction with which a blob appears or is touched. It compares the head's revision, so that the time of
/// the upload can be set above that of the entry that it replaces: the first try expects none, and a try that fails
/// brings along what is there.
/// </summary>
/// <param name="space">Where the bytes are staged.</param>
/// <param name="key">The blob.</param>
/// <param name="uploadedAt">Null for now, above the entry that is replaced.</param>
internal sealed class BlobCommit(EtcdUploads space, BlobKey key, DateTimeOffset? uploadedAt)
{
    private readonly ByteString head = space.Keys.Head(key);

    /// <summary>Commits bytes that have not been staged: they lie beside the head.</summary>
    public Task<CommittedBlob> WholeAsync(
        ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => CommitAsync(
        new BlobHead { Length = content.Length },
        (request, isThere) =>
        {
            if (!isThere)
                request.Success.Add(EtcdTxn.Put(space.Keys.Content(key), UnsafeByteOperations.UnsafeWrap(content)));
        },
        upload: null,
        cancellationToken);

    /// <summary>
    /// Commits an upload. Where the blob is there already, its bytes stay and those of the upload go.
    /// </summary>
    /// <exception cref="StorageException">The upload has been discarded, or the outcome is unknown.</exception>
    public Task<CommittedBlob> UploadAsync(
        string upload, long length, CancellationToken cancellationToken) => CommitAsync(
        new BlobHead { Length = length, Upload = upload, ChunkBytes = EtcdUploads.ChunkBytes },
        (request, isThere) =>
        {
            request.Compare.Add(space.Marked(upload));
            request.Success.Add(EtcdTxn.Delete(space.Keys.Staged(upload)));
            if (isThere)
                request.Success.Add(EtcdTxn.Delete(space.Keys.Chunks(upload)));
        },
        upload,
        cancellationToken);

    private async Task<CommittedBlob> CommitAsync(
        BlobHead ours, Action<TxnRequest, bool> addBytes, string? upload, CancellationToken cancellationToken)
    {
        StoredHead? there = null;
        for (var attempt = 0; attempt < EtcdUploads.MaxAttempts; attempt++)
        {
            if (there is not null && there.Head.Length != ours.Length)
                throw new StorageException(
                    StorageFault.Corrupt,
                    $"etcd: the blob '{key}' has {there.Head.Length} bytes, and {ours.Length} with the same sha256 "
                        + "were written.");
            var next = (there?.Head ?? ours).Clone();

            // Nothing reads it here. A registry of version 1.0 that runs beside this one collects by it.
            next.TouchedAtMicros = EtcdTimes.ToMicros(space.Now);
            next.UploadedAtMicros = uploadedAt is { } given
                ? EtcdTimes.ToMicros(given)
                : Math.Max(next.TouchedAtMicros, there is null ? long.MinValue : there.Head.UploadedAtMicros + 1);

            var request = new TxnRequest
            {
                Compare = { EtcdTxn.HasRevision(head, there?.ModRevision ?? 0) },
                Success = { EtcdTxn.Put(head, next.ToByteString()) },
                Failure = { EtcdTxn.Get(head) },
            };
            addBytes(request, there is not null);
            if (upload is not null)
                request.Failure.Add(EtcdTxn.Get(space.Keys.Staged(upload)));
            var answer = await space.Client.WriteAsync(request, Repeat.OnlyIfUnsent, cancellationToken);
            if (answer.Succeeded)
                return new CommittedBlob(
                    new StoredHead(next, answer.Header.Revision).ToInfo(key), IsNew: there is null);
            if (upload is not null && answer.Read(1) is null)
                throw BufferedBlobWriter.Discarded();
            there = answer.Read(0) is { } entry ? StoredHead.Parse(entry) : null;
        }

        throw EtcdUploads.Contended(key);
    }
}
