using NUnit.Framework;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public sealed class EtcdDocumentContract : DocumentStoreContract
{
    private EtcdServer? server;

    protected override bool ReportsRevisions => true;

    [OneTimeSetUp]
    public async Task StartServer() => server = await EtcdServer.StartAsync(CancellationToken.None);

    [OneTimeTearDown]
    public async Task StopServer() => await (server?.DisposeAsync() ?? default);

    protected override ValueTask<StorageUnderTest> StartAsync() => new(EtcdContract.Over(server!));
}

public sealed class EtcdBlobContract : BlobStoreContract
{
    private EtcdServer? server;

    [OneTimeSetUp]
    public async Task StartServer() => server = await EtcdServer.StartAsync(CancellationToken.None);

    [OneTimeTearDown]
    public async Task StopServer() => await (server?.DisposeAsync() ?? default);

    protected override ValueTask<StorageUnderTest> StartAsync() => new(EtcdContract.Over(server!));
}

public sealed class EtcdPackageContract : PackageStorageContract
{
    private EtcdServer? server;

    [OneTimeSetUp]
    public async Task StartServer() => server = await EtcdServer.StartAsync(CancellationToken.None);

    [OneTimeTearDown]
    public async Task StopServer() => await (server?.DisposeAsync() ?? default);

    protected override ValueTask<StorageUnderTest> StartAsync() => new(EtcdContract.Over(server!));
}

public sealed class EtcdUploadContract : UploadStoreContract
{
    private EtcdServer? server;

    [OneTimeSetUp]
    public async Task StartServer() => server = await EtcdServer.StartAsync(CancellationToken.None);

    [OneTimeTearDown]
    public async Task StopServer() => await (server?.DisposeAsync() ?? default);

    protected override ValueTask<StorageUnderTest> StartAsync() => new(EtcdContract.Over(server!));
}

internal static class EtcdContract
{
    /// <summary>A storage with a timeout that is long enough for a server whose disk is busy.</summary>
    public static EtcdUnderTest Over(EtcdServer server)
    {
        var storage = new EtcdUnderTest(server);
        storage.Options.TimeoutSeconds = 30;
        return storage;
    }
}
