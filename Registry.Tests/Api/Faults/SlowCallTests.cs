using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Faults;

/// <summary>One call of the storage is slow: the metrics tell which.</summary>
[TestFixtureSource(typeof(ServerFaultTest), nameof(Backends))]
public sealed class SlowCallTests(string backend) : ServerFaultTest(backend)
{
    private readonly string backend = backend;

    [Test]
    public async Task The_slow_operation_has_the_longest_mean_duration()
    {
        // Longer than a busy machine delays any other operation of the push.
        var delay = TimeSpan.FromSeconds(2);
        await using var proxy = FaultyProxy.Before(Server.Port);
        var host = await StartReplicaAsync(proxy.Port);
        var ledger = new PushLedger("slow");
        Assert.That(
            await ledger.PushAsync(host.Client, "app", "0.0.1", 2_000, CancellationToken),
            Is.EqualTo(HttpStatusCode.OK),
            "the scripts are loaded after this push");

        // Only the write of the index names the release.
        proxy.Delay("\"1.0.0\"", delay);
        using var durations = new OperationDurations(host.Services.GetRequiredService<IMeterFactory>());
        Assert.That(
            await ledger.PushAsync(host.Client, "app", "1.0.0", 2_000, CancellationToken),
            Is.EqualTo(HttpStatusCode.OK));
        durations.AssertSlowest($"{backend} documents put", delay);
    }
}
