using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Gcs;

/// <summary>
/// A blob writer. It stages the bytes in a local file, because the name of the object depends on all of them.
/// </summary>
internal sealed class GcsBlobWriter(
    GcsClient client, GcsNames names, GcsTouches touches, StoreKey scope, StagedBlob staged, TransferBudget budget)
        : BlobWriter
{
    private State state;

    private enum State
    {
        Writing,
        Failed,
        Committed,
        Disposed,
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        RequireWriting();
        cancellationToken.ThrowIfCancellationRequested();
        state = State.Failed;
        staged.Append(bytes.Span);
        state = State.Writing;
        return ValueTask.CompletedTask;
    }

    public override async ValueTask<CommittedBlob> CommitAsync(
        Digest digest, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        RequireWriting();
        cancellationToken.ThrowIfCancellationRequested();
        state = State.Failed;
        var key = new BlobKey(scope, digest);
        staged.RequireFile();
        var chunkBytes = staged.Length > client.Options.ChunkBytes ? client.Options.UploadBufferBytes : 0;
        var bufferBytes = chunkBytes + StagedContent.BufferBytes;
        await budget.ReserveAsync(bufferBytes, cancellationToken);
        try
        {
            var (committed, isNew) = await CommitAsync(names.Of(key), uploadedAt, cancellationToken);
            state = State.Committed;
            return new CommittedBlob(GcsBlobs.ToInfo(key, committed), isNew);
        }
        finally
        {
            budget.Release(bufferBytes);
        }
    }

    public override ValueTask DisposeAsync()
    {
        if (state != State.Disposed)
            staged.Dispose();
        state = State.Disposed;
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Only blobs of packages may share a touch: the upload time of an app archive is shown to clients and defines
    /// their order.
    /// </summary>
    private Task<(GcsObject Object, bool IsNew)> CommitAsync(
        string name, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        var isShared = uploadedAt is null && touches.Window > TimeSpan.Zero && scope.IsBelow(StoreKeys.Packages);
        return new GcsBlobCommit(client, touches, name, staged, uploadedAt, isShared).RunAsync(cancellationToken);
    }

    private void RequireWriting()
    {
        ObjectDisposedException.ThrowIf(state == State.Disposed, this);
        if (state != State.Writing)
            throw new InvalidOperationException(
                "This writer has been committed or has failed: it can only be disposed.");
    }
}
