using System.Globalization;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Support.Cluster;

/// <summary>
/// Storage that several real processes share, initially empty, with the server that it requires. A test inspects it
/// through the ports of the backend and disturbs the connections between the processes and the server.
/// </summary>
internal abstract class ClusterStorage(StorageUnderTest storage) : IAsyncDisposable
{
    /// <summary>The value of <c>STORAGE</c> of every backend.</summary>
    public static readonly string[] Backends = ["filesystem", "redis", "etcd", "gcs"];

    /// <summary>Starts the server that a backend requires.</summary>
    public static async Task<ClusterStorage> StartAsync(
        string backend, CancellationToken cancellationToken) => backend switch
        {
            "filesystem" => new FilesystemCluster(new FilesystemUnderTest()),
            "redis" => new RedisCluster(await RedisServer.StartAsync(cancellationToken)),
            "etcd" => new EtcdCluster(await EtcdServer.StartAsync(cancellationToken)),
            "gcs" => new GcsCluster(await GcsUnderTest.StartAsync()),
            _ => throw new ArgumentException(backend),
        };

    /// <summary>
    /// Returns the settings that limit how long a replica waits for a storage response, for all backends.
    /// </summary>
    public static IEnumerable<(string Name, string? Value)> Deadline(int seconds) =>
        ((string[])["REDIS__DEADLINESECONDS", "ETCD__TIMEOUTSECONDS", "GCS__DEADLINESECONDS"])
            .Select(name => (name, (string?)seconds.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Returns the settings that connect a replica to the storage, each over its own connection.</summary>
    public abstract IEnumerable<(string Name, string? Value)> SettingsOf(int replica);

    /// <summary>Opens the ports of the backend in this process; they are disposed with the storage.</summary>
    public ValueTask<StorageInstance> OpenAsync() => storage.OpenAsync();

    /// <summary>
    /// Disturbs the connection between one replica and the server, and returns when the disturbance is over. Returns
    /// false if there is no connection, so that nothing but the end of a process can go wrong.
    /// </summary>
    public abstract Task<bool> DisturbAsync(int replica, Random random, CancellationToken cancellationToken);

    /// <summary>
    /// Discards what the server retains for readers of deleted data, as its operator may do at any time.
    /// </summary>
    public virtual Task CompactAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual async ValueTask DisposeAsync() => await storage.DisposeAsync();
}
