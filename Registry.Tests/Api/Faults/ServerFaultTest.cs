using System.Net;
using NUnit.Framework;
using NUnit.Framework.Interfaces;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.Api.Faults;

/// <summary>
/// The whole service over a real server of the test's own, which keeps what it acknowledges and may be killed, frozen
/// and cut off. A backend joins with its line in <see cref="Durable"/>.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public abstract class ServerFaultTest(string backend) : IAsyncDisposable
{
    private static readonly Dictionary<string, Func<CancellationToken, Task<ServerProcess>>> Durable = new()
    {
        ["redis"] = static async cancellationToken => await RedisServer.StartDurableAsync(cancellationToken),
        ["etcd"] = static async cancellationToken => await EtcdServer.StartAsync(cancellationToken),
    };

    private readonly List<RegistryHost> hosts = [];

    public static IEnumerable<string> Backends => Durable.Keys;

    /// <summary>Ends a test that hangs; far above what any of them takes.</summary>
    protected CancellationToken CancellationToken { get; } = new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token;

    protected ServerProcess Server { get; private set; } = null!;

    [SetUp]
    public async Task StartServer() => Server = await Durable[backend](CancellationToken);

    /// <summary>Shows what no client is told: what else than the storage failed.</summary>
    [TearDown]
    public async Task TellFaults()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status != TestStatus.Failed)
            return;
        foreach (var fault in hosts.SelectMany(static host => host.Log.Faults)
            .Where(static fault => fault.Exception is not StorageException))
            await TestContext.Out.WriteLineAsync(fault.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts)
            await host.DisposeAsync();
        if (Server is not null)
            await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts one more replica of the service.</summary>
    /// <param name="port">Where it finds the server: that of a proxy, for instance; null for the server's own.</param>
    /// <param name="settings">Further settings, as on the command line.</param>
    private protected async Task<RegistryHost> StartReplicaAsync(int? port = null, params string[] settings)
    {
        var storage = Server.NewStorage("faults");
        if (port is not null)
            storage = [.. storage.Select(
                setting => setting.Replace($":{Server.Port}", $":{port}", StringComparison.Ordinal))];
        var host = await RegistryHost.StartAsync([.. storage, .. settings]);
        hosts.Add(host);
        return host;
    }

    /// <summary>Waits until <c>/readyz</c> says so.</summary>
    private protected Task UntilAsync(RegistryHost host, bool ready) => UntilAsync(
        async () =>
        {
            using var answer = await host.Client.GetAsync("/readyz", CancellationToken);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.ServiceUnavailable));
            return answer.IsSuccessStatusCode == ready;
        },
        ready ? "it is ready again" : "it is not ready");

    /// <summary>Waits until something holds.</summary>
    protected async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        while (!await holds())
        {
            if (CancellationToken.IsCancellationRequested)
                Assert.Fail($"It never came to this: {what}");
            await Task.Delay(20, CancellationToken.None);
        }
    }
}
