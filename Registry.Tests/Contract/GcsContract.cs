using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public sealed class GcsDocumentContract : DocumentStoreContract
{
    protected override bool ReportsChanges => false;

    protected override async ValueTask<StorageUnderTest> StartAsync() => await GcsUnderTest.StartAsync();
}

public sealed class GcsBlobContract : BlobStoreContract
{
    protected override async ValueTask<StorageUnderTest> StartAsync() => await GcsUnderTest.StartAsync();
}

/// <summary>The same, with all but small blobs uploaded by a resumable session of several chunks.</summary>
public sealed class GcsResumableBlobContract : BlobStoreContract
{
    protected override async ValueTask<StorageUnderTest> StartAsync()
    {
        var storage = await GcsUnderTest.StartAsync();
        storage.Configure =
            static options => (options.ChunkBytes, options.UploadBufferBytes) = (256 * 1024, 256 * 1024);
        return storage;
    }
}

public sealed class GcsPackageContract : PackageStorageContract
{
    protected override async ValueTask<StorageUnderTest> StartAsync() => await GcsUnderTest.StartAsync();
}

public sealed class GcsUploadContract : UploadStoreContract
{
    protected override async ValueTask<StorageUnderTest> StartAsync() => await GcsUnderTest.StartAsync();
}

/// <summary>The same, with all but small appends uploaded by a resumable session of several chunks.</summary>
public sealed class GcsResumableUploadContract : UploadStoreContract
{
    protected override async ValueTask<StorageUnderTest> StartAsync()
    {
        var storage = await GcsUnderTest.StartAsync();
        storage.Configure =
            static options => (options.ChunkBytes, options.UploadBufferBytes) = (256 * 1024, 256 * 1024);
        return storage;
    }
}
