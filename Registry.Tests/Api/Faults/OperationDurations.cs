using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using NUnit.Framework;
using Registry.Core.Telemetry;

namespace Registry.Tests.Api.Faults;

/// <summary>The mean durations of the storage operations of one service.</summary>
internal sealed class OperationDurations : IDisposable
{
    private readonly ConcurrentQueue<(string Operation, double Seconds)> all = new();
    private readonly MeterListener listener = new();

    public OperationDurations(IMeterFactory meters)
    {
        listener.InstrumentPublished = (instrument, its) =>
        {
            if (instrument.Meter.Scope == meters && instrument.Name == StorageMetrics.DurationName)
                its.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) => all.Enqueue(
            (string.Join(' ', tags.ToArray().Take(3).Select(static tag => tag.Value)), seconds)));
        listener.Start();
    }

    public IReadOnlyDictionary<string, double> Means => all.GroupBy(static one => one.Operation)
        .ToDictionary(static group => group.Key, static group => group.Average(static one => one.Seconds));

    /// <summary>
    /// Asserts that an operation, which a proxy delayed, has the longest mean duration of the operations of requests.
    /// Listings and reads of the change feed are those of background services, which share a connection with requests
    /// and can wait behind the delayed one.
    /// </summary>
    public void AssertSlowest(string operation, TimeSpan delay)
    {
        var (slowest, mean) = Means
            .Where(static pair => !pair.Key.EndsWith(" list", StringComparison.Ordinal)
                && !pair.Key.EndsWith(" changes", StringComparison.Ordinal))
            .MaxBy(static pair => pair.Value);
        Assert.That(slowest, Is.EqualTo(operation));
        // A timer may fire a little early.
        Assert.That(mean, Is.GreaterThan(0.9 * delay.TotalSeconds));
    }

    public void Dispose() => listener.Dispose();
}
