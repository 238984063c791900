using Registry.Core.Telemetry;
using Registry.Storage.Etcd;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.Support.Storage;

/// <summary>The etcd backend with its own prefix on one server. Each instance has its own connections.</summary>
internal sealed class EtcdUnderTest(EtcdServer server, string? endpoints = null) : StorageUnderTest
{
    public EtcdOptions Options { get; init; } =
        new() { Endpoints = endpoints ?? server.Endpoint, Prefix = $"test-{Guid.NewGuid():N}/" };

    public ShiftedTime Time { get; } = new();

    /// <summary>The calls that the clients repeated.</summary>
    public StorageRetries Retries { get; } = new();

    public EtcdClient NewClient() => new(Options, Time, Retries);

    protected override ValueTask<StorageInstance> OpenInstanceAsync()
    {
        var (client, keys) = (NewClient(), new EtcdKeys(Options.Prefix));
        var space = new EtcdUploads(client, keys, Time, Budgets.Ample());
        return ValueTask.FromResult(new StorageInstance(
            new EtcdDocumentStore(client, keys),
            new EtcdBlobStore(client, keys, space, Budgets.Ample()),
            new Disposal(space),
            new Disposal(client))
        {
            Uploads = new EtcdUploadStore(client, keys, space, Budgets.Ample()),
        });
    }

    /// <summary>Removes nothing: the prefix is unique, and the keys are removed with the server.</summary>
    protected override ValueTask RemoveAsync() => default;

    private sealed class Disposal(IDisposable resource) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            resource.Dispose();
            return default;
        }
    }
}
