using System.Diagnostics.Metrics;
using Registry.Core.Maintenance;

namespace Registry.Api.Telemetry;

/// <summary>
/// Counts collections, and what they reclaim. Every count exists from the start, because Prometheus sees an increase
/// only between two values.
/// </summary>
internal sealed class CollectionMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Registry.Collection";

    /// <summary>The bounds of the durations, in seconds: a collection lists the whole registry.</summary>
    private static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600],
    };

    private readonly Histogram<double> duration;
    private long succeeded;
    private long failed;
    private long blobs;
    private long bytes;
    private long uploads;

    public CollectionMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        duration = meter.CreateHistogram(
            "registry.collection.duration", "s", "Duration of collections.", tags: null, Buckets);
        meter.CreateObservableCounter(
            "registry.collection.runs",
            () => (Measurement<long>[])
            [
                new(Interlocked.Read(ref succeeded), OutcomeOf("ok")),
                new(Interlocked.Read(ref failed), OutcomeOf("failed")),
            ],
            "{collection}",
            "Collections.");
        meter.CreateObservableCounter(
            "registry.collection.blobs",
            () => Interlocked.Read(ref blobs),
            "{blob}",
            "Blobs that collections deleted.");
        meter.CreateObservableCounter(
            "registry.collection.reclaimed", () => Interlocked.Read(ref bytes), "By", "Bytes of these blobs.");
        meter.CreateObservableCounter(
            "registry.collection.uploads",
            () => Interlocked.Read(ref uploads),
            "{upload}",
            "Abandoned uploads that were discarded.");
    }

    /// <summary>Records a completed collection.</summary>
    public void Record(TimeSpan elapsed, CollectionReport report)
    {
        duration.Record(elapsed.TotalSeconds, OutcomeOf("ok"));
        Interlocked.Increment(ref succeeded);
        Interlocked.Add(ref blobs, report.Deleted);
        Interlocked.Add(ref bytes, report.Bytes);
        Interlocked.Add(ref uploads, report.Discarded);
    }

    /// <summary>Records a failed collection.</summary>
    public void RecordFailure(TimeSpan elapsed)
    {
        duration.Record(elapsed.TotalSeconds, OutcomeOf("failed"));
        Interlocked.Increment(ref failed);
    }

    private static KeyValuePair<string, object?> OutcomeOf(string outcome) => new("outcome", outcome);
}
