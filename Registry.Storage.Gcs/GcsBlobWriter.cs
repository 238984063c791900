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
        var commit = new GcsBlobCommit(
            client,
            touches,
            names.Of(key),
            new StagedSource(client, staged, budget, waitsForAttempt: false),
            uploadedAt,
            GcsBlobs.AreReferenced(scope),
            uploadedAt is null && touches.IsShared(scope));
        var (committed, isNew) = (await commit.RunAsync(cancellationToken))!.Value;
        state = State.Committed;
        return new CommittedBlob(GcsBlobs.ToInfo(key, committed), isNew);
    }

    public override ValueTask DisposeAsync()
    {
        if (state != State.Disposed)
            staged.Dispose();
        state = State.Disposed;
        return ValueTask.CompletedTask;
    }

    private void RequireWriting()
    {
        ObjectDisposedException.ThrowIf(state == State.Disposed, this);
        if (state != State.Writing)
            throw new InvalidOperationException(
                "This writer has been committed or has failed: it can only be disposed.");
    }
}
