using Registry.Core.Transfers;

namespace Registry.Storage.Etcd;

/// <summary>
/// Appends to a staged upload. The last chunk goes with the completion, so a small append takes one transaction.
/// </summary>
internal sealed class EtcdUploadWriter(EtcdUploads uploads, EtcdAppend append)
    : ChunkedUploadWriter(uploads.Budget, EtcdUploads.ChunkBytes, EtcdBlobWriter.RefreshAfter, uploads.Time)
{
    protected override async ValueTask<bool> StageAsync(CancellationToken cancellationToken) =>
        await append.MarkAsync(cancellationToken);

    protected override async Task<bool> SendChunkAsync(int number, Chunk chunk, CancellationToken cancellationToken)
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

    protected override async ValueTask<bool> RefreshAsync(CancellationToken cancellationToken) =>
        await append.MarkAsync(cancellationToken);

    protected override async ValueTask<long?> CompleteCoreAsync(
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

    protected override Task DiscardAppendAsync(CancellationToken cancellationToken) =>
        append.DiscardAsync(cancellationToken);
}
