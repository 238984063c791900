using Registry.Core.Transfers;

namespace Registry.Storage.Etcd;

/// <summary>
/// Appends to a staged upload. The last chunk goes with the completion, so a small append takes one transaction.
/// </summary>
internal sealed class EtcdUploadWriter(EtcdUploads uploads, EtcdAppend append)
    : ChunkedUploadWriter(uploads.Budget, EtcdUploads.ChunkBytes, EtcdBlobWriter.RefreshAfter, uploads.Time)
{
    public override async ValueTask<bool> BeginAsync(ChunkBuffer first, CancellationToken cancellationToken) =>
        await append.MarkAsync(cancellationToken);

    public override async Task<bool> SendAsync(int number, Chunk chunk, CancellationToken cancellationToken)
    {
        try
        {
            return await append.StageAsync(number, chunk.Bytes, cancellationToken);
        }
        finally
        {
            chunk.Recycle();
        }
    }

    public override async ValueTask<bool> RefreshAsync(CancellationToken cancellationToken) =>
        await append.MarkAsync(cancellationToken);

    public override Task DiscardAsync(CancellationToken cancellationToken) => append.DiscardAsync(cancellationToken);

    protected override async ValueTask<long?> CompleteChunksAsync(
        int sent, Chunk last, long bytes, CancellationToken cancellationToken)
    {
        // The request is a copy.
        var copied = last.Bytes.Length;
        try
        {
            await uploads.Budget.ReserveAsync(copied, cancellationToken);
            try
            {
                return bytes == 0
                    ? await append.CompleteEmptyAsync(cancellationToken)
                    : await append.CompleteAsync(sent, last.Bytes, bytes, cancellationToken);
            }
            finally
            {
                uploads.Budget.Release(copied);
            }
        }
        finally
        {
            last.Recycle();
        }
    }
}
