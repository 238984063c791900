using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Faults;

/// <summary>
/// The storage is slow to read the bytes of a blob: the metrics tell. Only Redis reads them by a command that a proxy
/// can recognize.
/// </summary>
public sealed class SlowReadTests() : ServerFaultTest("redis")
{
    private const string Read = "redis blobs read";

    [Test]
    public async Task The_slow_operation_of_a_pull_is_the_read()
    {
        var delay = TimeSpan.FromSeconds(2);
        await using var proxy = FaultyProxy.Before(Server.Port);
        var host = await StartReplicaAsync(proxy.Port);
        var ledger = new PushLedger("slow");
        Assert.That(
            await ledger.PushAsync(host.Client, "app", "1.0.0", 300_000, CancellationToken),
            Is.EqualTo(HttpStatusCode.OK));
        const string Content = "/api/v1/packages/slow/app/1.0.0/helm/pull";
        await host.Client.GetByteArrayAsync(Content, CancellationToken);

        // The scripts, which name the command too, are loaded.
        proxy.Delay("GETRANGE", delay);
        using var durations = new OperationDurations(host.Services.GetRequiredService<IMeterFactory>());
        await host.Client.GetByteArrayAsync(Content, CancellationToken);
        // It is recorded when the blob is closed, shortly after the client has its last byte.
        await UntilAsync(() => Task.FromResult(durations.Means.ContainsKey(Read)), "the read is recorded");
        durations.AssertSlowest(Read, delay);
    }
}
