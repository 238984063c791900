using System.Net;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Faults;

/// <summary>The storage server is killed and restarted while clients push.</summary>
[TestFixtureSource(typeof(ServerFaultTest), nameof(Backends))]
public sealed class KilledServerTests(string backend) : ServerFaultTest(backend)
{
    private const int Kills = 3;
    private const int Clients = 6;
    private const int Packages = 3;

    /// <summary>The number of acknowledged pushes before each kill, and after the last.</summary>
    private const int Between = 12;

    [Test]
    public async Task Acknowledged_pushes_survive_kills_of_the_server()
    {
        var host = await StartReplicaAsync();
        var ledger = new PushLedger("kill");
        using var done = new CancellationTokenSource();
        var pushers = Enumerable.Range(0, Clients)
            .Select(client => PushUntilAsync(host.Client, ledger, client, done.Token))
            .ToArray();
        for (var kill = 0; kill < Kills; kill++)
        {
            await UntilAcknowledgedAsync(ledger, pushers);
            await Server.KillAsync();
            await UntilAsync(host, ready: false);
            var refused = ledger.Refused;
            await UntilAsync(
                () => Task.FromResult(ledger.Refused > refused), "pushes are refused while the server is down");
            await Server.RestartAsync(CancellationToken);
            await UntilAsync(host, ready: true);
        }

        await UntilAcknowledgedAsync(ledger, pushers);
        await done.CancelAsync();
        await Task.WhenAll(pushers);

        await ledger.VerifyAsync(host.Client, CancellationToken);
        var replica = await StartReplicaAsync();
        await ledger.VerifyAsync(replica.Client, CancellationToken);
    }

    private async Task PushUntilAsync(HttpClient registry, PushLedger ledger, int client, CancellationToken done)
    {
        for (var number = 0; !done.IsCancellationRequested; number++)
        {
            // Large pushes tend to be cut between chunks, small ones while the index is written.
            var status = await ledger.PushAsync(
                registry, $"p{(client + number) % Packages}", $"{client}.0.{number}", number % 4 == 3
                    ? 1_500_000
                    : 2_000, CancellationToken);
            if (status != HttpStatusCode.OK)
                await Task.Delay(50, CancellationToken);
        }
    }

    private async Task UntilAcknowledgedAsync(PushLedger ledger, Task[] pushers)
    {
        var before = ledger.Acknowledged;
        await UntilAsync(
            async () =>
            {
                if (pushers.FirstOrDefault(static pusher => pusher.IsCompleted) is { } failed)
                    await failed;
                return ledger.Acknowledged >= before + Between;
            },
            "pushes are acknowledged");
    }
}
