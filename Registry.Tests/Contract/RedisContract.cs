using NUnit.Framework;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public sealed class RedisDocumentContract : DocumentStoreContract
{
    private RedisServer? server;

    protected override bool ReportsRevisions => true;

    [OneTimeSetUp]
    public async Task StartServer() => server = await RedisServer.StartAsync(CancellationToken.None);

    [OneTimeTearDown]
    public async Task StopServer() => await (server?.DisposeAsync() ?? default);

    protected override ValueTask<StorageUnderTest> StartAsync() => new(new RedisUnderTest(server!));
}

public sealed class RedisBlobContract : BlobStoreContract
{
    private RedisServer? server;

    [OneTimeSetUp]
    public async Task StartServer() => server = await RedisServer.StartAsync(CancellationToken.None);

    [OneTimeTearDown]
    public async Task StopServer() => await (server?.DisposeAsync() ?? default);

    protected override ValueTask<StorageUnderTest> StartAsync() => new(new RedisUnderTest(server!));
}

public sealed class RedisPackageContract : PackageStorageContract
{
    private RedisServer? server;

    [OneTimeSetUp]
    public async Task StartServer() => server = await RedisServer.StartAsync(CancellationToken.None);

    [OneTimeTearDown]
    public async Task StopServer() => await (server?.DisposeAsync() ?? default);

    protected override ValueTask<StorageUnderTest> StartAsync() => new(new RedisUnderTest(server!));
}

public sealed class RedisUploadContract : UploadStoreContract
{
    private RedisServer? server;

    [OneTimeSetUp]
    public async Task StartServer() => server = await RedisServer.StartAsync(CancellationToken.None);

    [OneTimeTearDown]
    public async Task StopServer() => await (server?.DisposeAsync() ?? default);

    protected override ValueTask<StorageUnderTest> StartAsync() => new(new RedisUnderTest(server!));
}
