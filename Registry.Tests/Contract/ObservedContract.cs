using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public sealed class ObservedDocumentContract : DocumentStoreContract
{
    protected override bool ReportsRevisions => true;

    protected override ValueTask<StorageUnderTest> StartAsync() => new(new ObservedUnderTest());
}

public sealed class ObservedBlobContract : BlobStoreContract
{
    protected override ValueTask<StorageUnderTest> StartAsync() => new(new ObservedUnderTest());
}

public sealed class ObservedUploadContract : UploadStoreContract
{
    protected override ValueTask<StorageUnderTest> StartAsync() => new(new ObservedUnderTest());
}
