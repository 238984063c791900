namespace Registry.Tests.Support.Storage;

/// <summary>The reference model below the observed stores, with a listener.</summary>
internal sealed class ObservedUnderTest : StorageUnderTest
{
    private readonly InMemoryStorage storage = new() { Epoch = new("first") };
    private readonly RecordedOperations operations = new RecordedOperations().Listen();

    public override int CopiesInProcess => 1;

    protected override ValueTask<StorageInstance> OpenInstanceAsync() => ValueTask.FromResult(
        new StorageInstance(operations.Wrap(storage.Documents), operations.Wrap(storage.Blobs))
        {
            Uploads = operations.Wrap(storage.Uploads),
        });

    protected override ValueTask RemoveAsync()
    {
        operations.Dispose();
        return ValueTask.CompletedTask;
    }
}
