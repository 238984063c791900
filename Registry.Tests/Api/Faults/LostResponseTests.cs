using System.Net;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Faults;

/// <summary>The storage connection breaks after a write was applied and before its response arrived.</summary>
[TestFixtureSource(typeof(ServerFaultTest), nameof(Backends))]
public sealed class LostResponseTests(string backend) : ServerFaultTest(backend)
{
    [Test]
    public async Task A_push_never_conflicts_with_itself_after_a_lost_response()
    {
        await using var proxy = FaultyProxy.Before(Server.Port);
        var host = await StartReplicaAsync(proxy.Port);
        var ledger = new PushLedger("lost");
        Assert.That(
            await ledger.PushAsync(host.Client, "app", "0.0.1", 1_500_000, CancellationToken),
            Is.EqualTo(HttpStatusCode.OK),
            "the scripts are loaded after this push");

        // The response to the index write is lost: the push finds its own id when it reads the index again.
        for (var number = 0; number < 5; number++)
        {
            proxy.DropResponseTo($"\"1.0.{number}\"");
            Assert.That(
                await ledger.PushAsync(host.Client, "app", $"1.0.{number}", 2_000, CancellationToken),
                Is.EqualTo(HttpStatusCode.OK));
            Assert.That(proxy.Lost, Is.EqualTo(number + 1));
        }

        // The response to a blob write is lost: no index references the blob yet, so the push can be repeated.
        for (var number = 0; number < 6; number++)
        {
            proxy.DropResponseTo(number % 2 == 0 ? "packages/lost/blob/@" : "chunk");
            if (await ledger.PushAsync(
                host.Client,
                "blob",
                $"1.0.{number}",
                number % 3 == 0 ? 2_000 : 1_500_000,
                CancellationToken) != HttpStatusCode.OK)
                Assert.That(
                    await ledger.PushAgainAsync(host.Client, "blob", $"1.0.{number}", CancellationToken),
                    Is.EqualTo(HttpStatusCode.OK));
        }

        Assert.That(proxy.Lost, Is.AtLeast(8));
        await ledger.VerifyAsync(host.Client, CancellationToken);
        var replica = await StartReplicaAsync();
        await ledger.VerifyAsync(replica.Client, CancellationToken);
    }

    [Test]
    public async Task Broken_connections_lose_no_acknowledged_push()
    {
        await using var proxy = FaultyProxy.Before(Server.Port);
        var host = await StartReplicaAsync(proxy.Port);
        var ledger = new PushLedger("reset");
        using var done = new CancellationTokenSource();
        var breaking = BreakAsync(proxy, done.Token);
        var isAnyPushed = false;
        var statuses = await Task.WhenAll(Enumerable.Range(0, 8).Select(async client =>
        {
            var seen = new List<HttpStatusCode>();
            for (var number = 0; number < 12 || !Volatile.Read(ref isAnyPushed); number++)
            {
                var status = await ledger.PushAsync(
                    host.Client,
                    $"p{client % 2}",
                    $"{client}.0.{number}",
                    number % 3 == 2 ? 1_200_000 : 2_000,
                    CancellationToken);
                if (status == HttpStatusCode.OK)
                    Volatile.Write(ref isAnyPushed, true);
                seen.Add(status);
            }

            return seen;
        }));
        await done.CancelAsync();
        await breaking;
        proxy.StopDropping();

        Assert.That(statuses.SelectMany(static seen => seen), Has.Some.EqualTo(HttpStatusCode.OK));
        await UntilAsync(host, ready: true);
        await ledger.VerifyAsync(host.Client, CancellationToken);
    }

    private static async Task BreakAsync(FaultyProxy proxy, CancellationToken done)
    {
        for (var round = 0; !done.IsCancellationRequested; round++)
        {
            // Longer and longer, so that some push succeeds on a slow machine too.
            await Task.Delay(60 + round, CancellationToken.None);
            if (round % 2 == 0)
                proxy.ResetAll();
            else
                proxy.DropResponseTo("packages/reset");
        }
    }
}
