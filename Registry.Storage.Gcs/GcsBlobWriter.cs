using Registry.Core.Storage;
using Registry.Core.Transfers;

namespace Registry.Storage.Gcs;

/// <summary>
/// A blob writer. It stages the bytes in a local file, because the name of the object depends on all of them.
/// </summary>
internal sealed class GcsBlobWriter(
    GcsClient client, GcsNames names, GcsTouches touches, StoreKey scope, StagedBlob staged, TransferBudget budget)
        : StagedBlobWriter(scope)
{
    protected override ValueTask WriteCoreAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        staged.Append(bytes.Span);
        return ValueTask.CompletedTask;
    }

    protected override async ValueTask<CommittedBlob> CommitCoreAsync(
        BlobKey key, DateTimeOffset? uploadedAt, CancellationToken cancellationToken)
    {
        staged.RequireFile();
        var commit = new GcsBlobCommit(
            client,
            touches,
            names.Of(key),
            new StagedSource(client, staged, budget, waitsForAttempt: false),
            uploadedAt,
            GcsBlobs.AreReferenced(key.Scope),
            uploadedAt is null && touches.IsShared(key.Scope));
        var (committed, isNew) = (await commit.RunAsync(cancellationToken))!.Value;
        return new CommittedBlob(GcsBlobs.ToInfo(key, committed), isNew);
    }

    protected override ValueTask DisposeCoreAsync()
    {
        staged.Dispose();
        return ValueTask.CompletedTask;
    }
}
