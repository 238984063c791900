using System.Net;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using NUnit.Framework.Interfaces;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.Api.Faults;

/// <summary>
/// The whole service over a real, durable server for one test, which may be killed, frozen and disconnected. To add a
/// backend, add it to <see cref="Durable"/>.
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

    /// <summary>Cancels a test that hangs; far longer than any test takes.</summary>
    protected CancellationToken CancellationToken { get; } = new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token;

    protected ServerProcess Server { get; private set; } = null!;

    [SetUp]
    public async Task StartServer() => Server = await Durable[backend](CancellationToken);

    /// <summary>Prints the warnings and errors that the replicas of a failed test logged.</summary>
    [TearDown]
    public async Task PrintFaults()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status != TestStatus.Failed)
            return;
        foreach (var entry in hosts.SelectMany(static host => host.Log.Entries)
            .Where(static entry => entry.Level >= LogLevel.Warning))
            await TestContext.Out.WriteLineAsync(entry.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts)
            await host.DisposeAsync();
        if (Server is not null)
            await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts another replica of the service.</summary>
    /// <param name="port">The port of the server, such as that of a proxy; null for the server itself.</param>
    /// <param name="settings">Additional settings, as on the command line.</param>
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

    /// <summary>Waits until <c>/readyz</c> reports this state.</summary>
    private protected Task UntilAsync(RegistryHost host, bool ready) => UntilAsync(
        async () =>
        {
            using var response = await host.Client.GetAsync("/readyz", CancellationToken);
            Assert.That(response.StatusCode, Is.AnyOf(HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable));
            return response.IsSuccessStatusCode == ready;
        },
        ready ? "the service is ready" : "the service is not ready");

    /// <summary>Waits until a condition holds.</summary>
    protected async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        while (!await holds())
        {
            if (CancellationToken.IsCancellationRequested)
                Assert.Fail($"Timed out waiting until {what}.");
            await Task.Delay(20, CancellationToken.None);
        }
    }
}
