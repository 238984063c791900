using System.Collections.Concurrent;

namespace Registry.Tests.Support.Cluster;

/// <summary>Connections of replicas to one server, each through its own proxy.</summary>
internal sealed class ProxiedConnections(int port) : IAsyncDisposable
{
    /// <summary>Part of every request that reads or writes a package.</summary>
    private const string OfPackages = "packages/";

    private static readonly TimeSpan LongestSilence = TimeSpan.FromMilliseconds(400);

    private readonly ConcurrentDictionary<int, FaultyProxy> proxies = new();

    public int PortOf(int replica) => ProxyOf(replica).Port;

    /// <summary>
    /// Resets the connections, drops the response to a request that was carried out, or delays all traffic briefly.
    /// </summary>
    public async Task DisturbAsync(int replica, Random random, CancellationToken cancellationToken)
    {
        var proxy = ProxyOf(replica);
        switch (random.Next(4))
        {
            case 0:
                proxy.ResetAll();
                break;
            case 1:
                proxy.Silent = true;
                await Task.Delay(LongestSilence * random.NextDouble(), cancellationToken);
                proxy.Silent = false;
                break;
            default:
                // Twice as often: unknown outcomes are what a registry most easily gets wrong.
                proxy.DropResponseTo(OfPackages);
                break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in proxies.Values)
            await proxy.DisposeAsync();
    }

    private FaultyProxy ProxyOf(int replica) => proxies.GetOrAdd(replica, _ => FaultyProxy.Before(port));
}
