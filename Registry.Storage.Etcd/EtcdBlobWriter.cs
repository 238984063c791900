using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Etcd;

/// <summary>A blob writer: up to one chunk in memory, more as chunks in etcd.</summary>
internal sealed class EtcdBlobWriter(EtcdUploads uploads, StoreKey scope)
    : ChunkedBlobWriter(scope, uploads.Buffered, uploads.Budget, EtcdUploads.ChunkBytes, RefreshAfter)
{
    /// <summary>How long a staged upload or append may go without a chunk before it is refreshed.</summary>
    public static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(30);

    public override async ValueTask<bool> BeginAsync(ChunkBuffer first, CancellationToken cancellationToken)
    {
        var begun = await uploads.BeginAsync(Upload, first.Written, cancellationToken);
        first.Take().Recycle();
        return begun;
    }

    public override async Task<bool> SendAsync(int number, Chunk chunk, CancellationToken cancellationToken)
    {
        try
        {
            return await uploads.StageAsync(Upload, number, chunk.Bytes, cancellationToken);
        }
        finally
        {
            chunk.Recycle();
        }
    }

    public override async ValueTask<bool> RefreshAsync(CancellationToken cancellationToken) =>
        await uploads.RefreshAsync(Upload, cancellationToken);

    public override Task DiscardAsync(CancellationToken cancellationToken) =>
        uploads.DiscardAsync(Upload, cancellationToken);

    protected override async ValueTask<CommittedBlob> CommitChunksAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        var commit = new BlobCommit(uploads, key, uploadedAt);
        if (!IsStaged)
            return await CommitWholeAsync(commit, cancellationToken);
        await SendBufferAsync(cancellationToken);
        await DrainAsync(cancellationToken);
        return await commit.UploadAsync(Upload, Length, cancellationToken);
    }

    private async ValueTask<CommittedBlob> CommitWholeAsync(BlobCommit commit, CancellationToken cancellationToken)
    {
        // The request is a copy.
        var copied = Buffer.Length;
        await uploads.Budget.ReserveAsync(copied, cancellationToken);
        try
        {
            return await commit.WholeAsync(Buffer.Written, cancellationToken);
        }
        finally
        {
            uploads.Budget.Release(copied);
        }
    }
}
