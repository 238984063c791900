namespace Registry.Bench.Load.Processes;

/// <summary>A storage with the settings of a registry that uses it.</summary>
/// <param name="Name">The value of <c>STORAGE</c>.</param>
/// <param name="Server">Its server; null if it needs none.</param>
/// <param name="Settings">The settings.</param>
internal sealed record Backend(
    string Name, ServerProcess? Server, IReadOnlyList<(string Name, string Value)> Settings) : IAsyncDisposable
{
    /// <summary>Starts a new, empty storage.</summary>
    public static async Task<Backend> StartAsync(Servers servers, string name, CancellationToken cancellationToken)
    {
        if (name == "filesystem")
            return new Backend(name, null, [("STORAGE", name), ("FILESYSTEM__PATH", servers.NewFolder("data"))]);
        var server =
            name == "redis" ? await servers.RedisAsync(cancellationToken) : await servers.EtcdAsync(cancellationToken);
        var address = name == "redis"
            ? ("REDIS__CONFIGURATION", $"127.0.0.1:{server.Port}")
            : ("ETCD__ENDPOINTS", $"http://127.0.0.1:{server.Port}");
        return new Backend(name, server, [("STORAGE", name), address]);
    }

    public ValueTask DisposeAsync() => Server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
