using Etcdserverpb;
using Google.Protobuf;
using Registry.Core.Storage;
using Registry.Storage.Etcd.Protocol;

namespace Registry.Storage.Etcd;

/// <summary>
/// One append to a staged upload. Every write of it compares the revision that the head of the upload had when the
/// append began, so it writes nothing once another append has been completed or the upload has been discarded. All but
/// the first write also require the marker of the append, so chunks never exist without a marker or a part.
/// </summary>
/// <param name="uploads">The staged bytes.</param>
/// <param name="upload">The upload.</param>
/// <param name="stored">The head of the upload when the append began.</param>
internal sealed class EtcdAppend(EtcdUploads uploads, UploadKey upload, StoredUpload stored)
{
    private readonly string id = Guid.NewGuid().ToString("N");
    private readonly ByteString head = uploads.Keys.Upload(upload);

    /// <summary>True once the marker exists in etcd, or may exist. Later writes require it.</summary>
    public bool IsMarked { get; private set; }

    private ByteString Marker => uploads.Keys.Append(upload, id);

    /// <summary>Marks the append as active. Returns false as <see cref="StageAsync"/> does.</summary>
    public Task<bool> MarkAsync(CancellationToken cancellationToken) =>
        WriteAsync(new TxnRequest { Success = { uploads.Mark(Marker) } }, cancellationToken);

    /// <summary>Stores a chunk of an append that is marked as active.</summary>
    /// <returns>
    /// False when another append has been completed or the upload has been discarded: the append is lost.
    /// </returns>
    /// <exception cref="StorageException">The chunk could not be stored, or the append has been discarded.</exception>
    public Task<bool> StageAsync(int number, ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken) =>
        WriteAsync(
            new TxnRequest { Success = { uploads.Mark(Marker), PutChunk(number, chunk) } }, cancellationToken);

    /// <summary>Stores the last chunk and adds the append to the upload, in one transaction.</summary>
    /// <param name="number">The number of the last chunk. All others are stored.</param>
    /// <param name="last">The last chunk, not empty.</param>
    /// <param name="length">The number of bytes of the append.</param>
    /// <param name="cancellationToken">Cancels the call until it is sent.</param>
    /// <returns>The new length of the upload; null when the append is lost.</returns>
    /// <exception cref="StorageException">The outcome is unknown, or the append has been discarded.</exception>
    public async Task<long?> CompleteAsync(
        int number, ReadOnlyMemory<byte> last, long length, CancellationToken cancellationToken)
    {
        var total = stored.Length + length;
        var part = new UploadPart { Length = length, Append = id, ChunkBytes = EtcdUploads.ChunkBytes };
        var request = new TxnRequest
        {
            Success =
            {
                EtcdTxn.Put(head, StoredUpload.Format(total, uploads.Now)),
                EtcdTxn.Put(uploads.Keys.Part(upload, stored.Length), part.ToByteString()),
                PutChunk(number, last),
            },
        };
        if (IsMarked)
            request.Success.Add(EtcdTxn.Delete(Marker));
        Require(request);
        var response = await uploads.SendAsync(request, Repeat.OnlyIfUnsent, cancellationToken);
        if (response.Succeeded)
            return total;
        return IsLost(response) ? null : throw StagedBlobWriter.Discarded();
    }

    /// <summary>Returns the length of the upload; null when it has changed since the append began.</summary>
    public async Task<long?> CompleteEmptyAsync(CancellationToken cancellationToken)
    {
        var request = new RangeRequest { Key = head, KeysOnly = true };
        var response = await uploads.Client.RangeAsync(request, cancellationToken);
        return response.Kvs is [{ } entry] && entry.ModRevision == stored.ModRevision ? stored.Length : null;
    }

    /// <summary>Deletes the chunks, unless the append was completed or discarded, which deleted the marker.</summary>
    public Task DiscardAsync(CancellationToken cancellationToken) =>
        uploads.Client.WriteAsync(
            new TxnRequest
            {
                Compare = { EtcdTxn.Exists(Marker) },
                Success =
                {
                    EtcdTxn.Delete(Marker),
                    EtcdTxn.Delete(uploads.Keys.AppendedBy($"{upload.Id}/{id}")),
                },
            },
            Repeat.Freely,
            cancellationToken);

    /// <summary>Makes a write that may be repeated: a second copy writes the same, or nothing.</summary>
    private async Task<bool> WriteAsync(TxnRequest request, CancellationToken cancellationToken)
    {
        Require(request);

        // Set before the call: whatever its outcome, the marker must be deleted.
        IsMarked = true;
        var response = await uploads.SendAsync(request, Repeat.Freely, cancellationToken);
        if (response.Succeeded)
            return true;
        return IsLost(response) ? false : throw StagedBlobWriter.Discarded();
    }

    private void Require(TxnRequest request)
    {
        request.Compare.Add(EtcdTxn.HasRevision(head, stored.ModRevision));
        if (IsMarked)
            request.Compare.Add(EtcdTxn.Exists(Marker));
        request.Failure.Add(EtcdTxn.Get(head));
    }

    /// <summary>
    /// Distinguishes a lost append from one whose chunks were discarded as abandoned, although the upload is unchanged.
    /// </summary>
    private bool IsLost(TxnResponse refused) => refused.Read(0)?.ModRevision != stored.ModRevision;

    private RequestOp PutChunk(int number, ReadOnlyMemory<byte> chunk) =>
        EtcdTxn.Put(uploads.Keys.AppendedChunk(upload, id, number), UnsafeByteOperations.UnsafeWrap(chunk));
}
