using NUnit.Framework;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Servers;

namespace Registry.Tests;

/// <summary>
/// The backends that the tests of the whole service run on. Each has one server for the whole run, which starts at its
/// first use. To add a backend, add one line here.
/// </summary>
[SetUpFixture]
internal sealed class Backends
{
    private const string Local = "filesystem";

    private static readonly Dictionary<string, Lazy<Task<IBackendServer>>> All = new()
    {
        [Local] = new(static () => Task.FromResult<IBackendServer>(new LocalFolders())),
        ["redis"] = new(static async () => await RedisServer.StartAsync(CancellationToken.None)),
        ["etcd"] = new(static async () => await EtcdServer.StartAsync(CancellationToken.None)),
        ["gcs"] = new(static async () => await FakeGcs.StartAsync()),
    };

    /// <summary>The values of <c>STORAGE</c>: the source of a fixture that runs on each backend.</summary>
    public static IEnumerable<string> Names => All.Keys;

    /// <summary>Those of <see cref="Names"/> that have a server.</summary>
    public static IEnumerable<string> Servers => Names.Where(static name => name != Local);

    /// <summary>Returns command-line settings for a new, empty storage.</summary>
    public static async Task<string[]> NewStorageAsync(
        string backend) => (await All[backend].Value).NewStorage($"host-{Guid.NewGuid():N}");

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        foreach (var server in All.Values)
            if (server.IsValueCreated)
                await (await server.Value).DisposeAsync();
    }
}
