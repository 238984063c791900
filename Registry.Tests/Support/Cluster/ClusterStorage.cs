using System.Globalization;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Support.Cluster;

/// <summary>
/// One storage that several real processes share, empty when it starts, with the server that it takes. A test looks
/// into it through the ports of the backend, past the processes, and disturbs the way between them and the server.
/// </summary>
internal abstract class ClusterStorage(StorageUnderTest storage) : IAsyncDisposable
{
    /// <summary>Every backend, by the value of <c>STORAGE</c>.</summary>
    public static readonly string[] Backends = ["filesystem", "redis", "etcd", "gcs"];

    /// <summary>Starts what the backend takes.</summary>
    public static async Task<ClusterStorage> StartAsync(
        string backend, CancellationToken cancellationToken) => backend switch
    {
        "filesystem" => new FilesystemCluster(new FilesystemUnderTest()),
        "redis" => new RedisCluster(await RedisServer.StartAsync(cancellationToken)),
        "etcd" => new EtcdCluster(await EtcdServer.StartAsync(cancellationToken)),
        "gcs" => new GcsCluster(await GcsUnderTest.StartAsync()),
        _ => throw new ArgumentException(backend),
    };

    /// <summary>For how long a replica waits for one answer of the storage, whichever it is.</summary>
    public static IEnumerable<(string Name, string? Value)> Deadline(int seconds) =>
        ((string[])["REDIS__DEADLINESECONDS", "ETCD__TIMEOUTSECONDS", "GCS__DEADLINESECONDS"])
            .Select(name => (name, (string?)seconds.ToString(CultureInfo.InvariantCulture)));

    /// <summary>The settings that lead a replica to it: each on a way of its own.</summary>
    public abstract IEnumerable<(string Name, string? Value)> SettingsOf(int replica);

    /// <summary>Opens the ports of the backend in this process; disposed with the storage.</summary>
    public ValueTask<StorageInstance> OpenAsync() => storage.OpenAsync();

    /// <summary>
    /// Disturbs the way between one replica and the server, as networks and servers do, and returns when that is over.
    /// False where there is no such way, and nothing but the end of a process can go wrong.
    /// </summary>
    public abstract Task<bool> DisturbAsync(int replica, Random random, CancellationToken cancellationToken);

    /// <summary>
    /// What the server kept for those who still read what is deleted, it keeps no longer, as its operator may tell it
    /// at any time.
    /// </summary>
    public virtual Task ForgetAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual async ValueTask DisposeAsync() => await storage.DisposeAsync();
}
