using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>Runs the contract suite over the reference model.</summary>
internal sealed class InMemoryUnderTest : StorageUnderTest
{
    private readonly InMemoryStorage storage = new() { Epoch = new StorageEpoch("first") };

    public override int CopiesInProcess => 1;

    protected override ValueTask<StorageInstance> OpenInstanceAsync() =>
        ValueTask.FromResult(
            new StorageInstance(storage.Documents, storage.Blobs) { Uploads = storage.Uploads });

    protected override ValueTask RemoveAsync() => ValueTask.CompletedTask;
}
