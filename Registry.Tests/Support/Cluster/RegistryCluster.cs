namespace Registry.Tests.Support.Cluster;

/// <summary>
/// Several real processes of the service over one storage. Disposing it kills them, each by its process id, and then
/// the server of the storage.
/// </summary>
internal sealed class RegistryCluster : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly (string Name, string? Value)[] settings;
    private readonly RegistryProcess?[] replicas;
    private readonly List<RegistryProcess> ended = [];

    private RegistryCluster(ClusterStorage storage, int replicas, (string Name, string? Value)[] settings) =>
        (Storage, this.replicas, this.settings) = (storage, new RegistryProcess?[replicas], settings);

    public ClusterStorage Storage { get; }

    public int Count => replicas.Length;

    public RegistryProcess this[int replica] =>
        Volatile.Read(ref replicas[replica]) ?? throw new InvalidOperationException($"Replica {replica} is down.");

    public IEnumerable<RegistryProcess> Replicas => Enumerable.Range(0, Count).Select(replica => this[replica]);

    /// <summary>Returns a random running replica; it may be killed at any moment.</summary>
    public (int Number, RegistryProcess Process) Pick(Random random)
    {
        var up = Enumerable.Range(0, Count)
            .Select(number => (number, Process: Volatile.Read(ref replicas[number])))
            .Where(static replica => replica.Process is not null)
            .ToList();
        return up[random.Next(up.Count)]!;
    }

    /// <summary>The output of all replicas, including killed ones.</summary>
    public IEnumerable<string> Log =>
        ended.Concat(replicas.OfType<RegistryProcess>())
            .SelectMany(static replica => replica.Log.Append(replica.Errors));

    /// <param name="backend">One of <see cref="ClusterStorage.Backends"/>.</param>
    /// <param name="replicas">The number of replicas.</param>
    /// <param name="cancellationToken">Cancels the start of the storage.</param>
    /// <param name="settings">The environment variables of every replica.</param>
    public static async Task<RegistryCluster> StartAsync(
        string backend,
        int replicas,
        CancellationToken cancellationToken,
        params (string Name, string? Value)[] settings)
    {
        var cluster =
            new RegistryCluster(await ClusterStorage.StartAsync(backend, cancellationToken), replicas, settings);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, replicas).Select(cluster.StartAsync));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills a replica with SIGKILL. <see cref="Pick"/> no longer returns it, even before it dies.</summary>
    public async Task KillAsync(int replica)
    {
        var killed = this[replica];
        Volatile.Write(ref replicas[replica], null);
        ended.Add(killed);
        await killed.KillAsync();
    }

    /// <summary>Starts a replica; its address may differ from before.</summary>
    public async Task StartAsync(int replica) =>
        Volatile.Write(
            ref replicas[replica],
            await RegistryProcess.StartAsync(folder.Path, [.. Storage.SettingsOf(replica), .. settings]));

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in ended.Concat(replicas.OfType<RegistryProcess>()))
            await replica.DisposeAsync();
        await Storage.DisposeAsync();
        folder.Dispose();
    }
}
