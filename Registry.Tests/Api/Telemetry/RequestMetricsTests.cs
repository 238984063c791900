using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Api.Telemetry;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Telemetry;

/// <summary>The request metrics of one service, which exclude the other services in this process.</summary>
[Parallelizable(ParallelScope.Self)]
internal sealed class RequestMetricsTests
{
    [Test]
    public async Task Requests_to_all_base_paths_of_a_protocol_are_counted_together()
    {
        await using var host = await RegistryHost.StartAsync();
        using var listener = new MeterListener();
        var counts = new ConcurrentQueue<(string Name, string Tags, long Value)>();
        var meters = host.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, itself) =>
        {
            if (instrument.Meter.Name == RequestMetrics.MeterName && instrument.Meter.Scope == meters)
                itself.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => counts.Enqueue(
            (instrument.Name, string.Join(' ', tags.ToArray().Select(static tag => tag.Value)), value)));
        listener.Start();

        var content = new SeededPackage(1, 1000);
        using (var pushed = await host.Client.PostAsync("/api/v1/packages/team/app", new PushContent(content, "1.0.0")))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        foreach (var mount in (string[])["/api/v1/packages", "/cnr/api/v1/packages"])
            await host.Client.GetByteArrayAsync($"{mount}/team/app/1.0.0/helm/pull");

        // The server ends a request after the client has its response.
        var deadline = TimeProvider.System.GetTimestamp();
        do
        {
            await Task.Delay(10);
            counts.Clear();
            listener.RecordObservableInstruments();
        }
        while (Count("registry.http.pulls", "cnr") < 2
            && TimeProvider.System.GetElapsedTime(deadline) < TimeSpan.FromSeconds(20));

        Assert.That(counts.Select(static count => (count.Name, count.Tags)), Is.Unique);
        Assert.That(Count("registry.http.pulls", "cnr"), Is.EqualTo(2));
        Assert.That(Count("registry.http.io", "cnr receive"), Is.GreaterThan(1000));
        Assert.That(Count("registry.http.io", "cnr transmit"), Is.GreaterThan(2000));

        long Count(string name, string tags) =>
            counts.Single(count => count.Name == name && count.Tags == tags).Value;
    }
}
