using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Etcd;

/// <summary>A blob writer: up to one chunk in memory, more as chunks in etcd.</summary>
internal sealed class EtcdBlobWriter(EtcdUploads uploads, StoreKey scope)
    : ChunkedBlobWriter(scope, uploads.Buffered, uploads.Budget, EtcdUploads.ChunkBytes, RefreshAfter)
{
    /// <summary>How long a staged upload or append may go without a chunk before it is refreshed.</summary>
    public static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(30);

    protected override async ValueTask<bool> BeginUploadAsync(
        ReadOnlyMemory<byte> firstChunk, CancellationToken cancellationToken)
    {
        await uploads.BeginAsync(Upload, firstChunk, cancellationToken);
        return true;
    }

    protected override async Task SendChunkAsync(int number, Chunk chunk, CancellationToken cancellationToken)
    {
        try
        {
            await uploads.StageAsync(Upload, number, chunk.Bytes, cancellationToken);
        }
        finally
        {
            chunk.Recycle();
        }
    }

    protected override async ValueTask RefreshUploadAsync(CancellationToken cancellationToken) =>
        await uploads.RefreshAsync(Upload, cancellationToken);

    protected override async ValueTask<CommittedBlob> CommitCoreAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        var commit = new BlobCommit(uploads, key, uploadedAt);
        if (!IsStaged)
            return await CommitWholeAsync(commit, cancellationToken);
        await SendAsync(cancellationToken);
        await DrainAsync(cancellationToken);
        return await commit.UploadAsync(Upload, Length, cancellationToken);
    }

    protected override Task DiscardUploadAsync(CancellationToken cancellationToken) =>
        uploads.DiscardAsync(Upload, cancellationToken);

    private async ValueTask<CommittedBlob> CommitWholeAsync(BlobCommit commit, CancellationToken cancellationToken)
    {
        // The request is a copy.
        var copied = Buffer.Length;
        await Budget.ReserveAsync(copied, cancellationToken);
        try
        {
            return await commit.WholeAsync(Buffer.Written, cancellationToken);
        }
        finally
        {
            Budget.Release(copied);
        }
    }
}
