using System.Globalization;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Support.Cluster;

/// <summary>One Redis server; each replica connects through its own proxy.</summary>
internal sealed class RedisCluster : ClusterStorage
{
    private readonly RedisServer server;
    private readonly ProxiedConnections connections;
    private readonly string prefix;

    public RedisCluster(RedisServer server)
        : this(server, new RedisUnderTest(server))
    {
    }

    private RedisCluster(RedisServer server, RedisUnderTest storage)
        : base(storage) =>
        (this.server, connections, prefix) = (server, new ProxiedConnections(server.Port), storage.Options.Prefix);

    public override IEnumerable<(string Name, string? Value)> SettingsOf(int replica) =>
    [
        ("STORAGE", "redis"), ("REDIS__PREFIX", prefix),
        (
            "REDIS__CONFIGURATION",
            string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{connections.PortOf(replica)}")),
    ];

    public override async Task<bool> DisturbAsync(int replica, Random random, CancellationToken cancellationToken)
    {
        await connections.DisturbAsync(replica, random, cancellationToken);
        return true;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await connections.DisposeAsync();
        await server.DisposeAsync();
    }
}
