using System.Globalization;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Support.Cluster;

/// <summary>One etcd server; each replica connects through its own proxy.</summary>
internal sealed class EtcdCluster : ClusterStorage
{
    private readonly EtcdServer server;
    private readonly ProxiedConnections connections;
    private readonly string prefix;

    public EtcdCluster(EtcdServer server)
        : this(server, new EtcdUnderTest(server) { Options = { TimeoutSeconds = 30 } })
    {
    }

    private EtcdCluster(EtcdServer server, EtcdUnderTest storage)
        : base(storage) =>
        (this.server, connections, prefix) = (server, new ProxiedConnections(server.Port), storage.Options.Prefix);

    public override IEnumerable<(string Name, string? Value)> SettingsOf(int replica) =>
    [
        ("STORAGE", "etcd"), ("ETCD__PREFIX", prefix),
        (
            "ETCD__ENDPOINTS",
            string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{connections.PortOf(replica)}")),
    ];

    public override async Task<bool> DisturbAsync(int replica, Random random, CancellationToken cancellationToken)
    {
        await connections.DisturbAsync(replica, random, cancellationToken);
        return true;
    }

    public override Task CompactAsync(CancellationToken cancellationToken) => server.CompactAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await connections.DisposeAsync();
        await server.DisposeAsync();
    }
}
