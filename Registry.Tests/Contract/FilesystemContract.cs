using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public sealed class FilesystemDocumentContract : DocumentStoreContract
{
    protected override ValueTask<StorageUnderTest> StartAsync() => new(new FilesystemUnderTest());
}

public sealed class FilesystemBlobContract : BlobStoreContract
{
    protected override ValueTask<StorageUnderTest> StartAsync() => new(new FilesystemUnderTest());
}

public sealed class FilesystemPackageContract : PackageStorageContract
{
    protected override void ShiftClock(TimeSpan shift) => ((FilesystemUnderTest)Storage).Time.Shift = shift;

    protected override ValueTask<StorageUnderTest> StartAsync() => new(new FilesystemUnderTest());
}

public sealed class FilesystemUploadContract : UploadStoreContract
{
    protected override ValueTask<StorageUnderTest> StartAsync() => new(new FilesystemUnderTest());
}
