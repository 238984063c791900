using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public sealed class InMemoryDocumentContract : DocumentStoreContract
{
    protected override bool ReportsRevisions => true;

    protected override ValueTask<StorageUnderTest> StartAsync() => new(new InMemoryUnderTest());
}

public sealed class InMemoryBlobContract : BlobStoreContract
{
    protected override ValueTask<StorageUnderTest> StartAsync() => new(new InMemoryUnderTest());
}

public sealed class InMemoryPackageContract : PackageStorageContract
{
    protected override ValueTask<StorageUnderTest> StartAsync() => new(new InMemoryUnderTest());
}

public sealed class InMemoryUploadContract : UploadStoreContract
{
    protected override ValueTask<StorageUnderTest> StartAsync() => new(new InMemoryUnderTest());
}
