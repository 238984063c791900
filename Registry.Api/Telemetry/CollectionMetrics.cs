using System.Diagnostics.Metrics;
using Registry.Core.Maintenance;

namespace Registry.Api.Telemetry;

/// <summary>Counts collections, and what they reclaim.</summary>
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
    private readonly Counter<long> blobs;
    private readonly Counter<long> bytes;
    private readonly Counter<long> uploads;

    public CollectionMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        duration = meter.CreateHistogram(
            "registry.collection.duration", "s", "Duration of collections.", tags: null, Buckets);
        blobs = meter.CreateCounter<long>("registry.collection.blobs", "{blob}", "Blobs that collections deleted.");
        bytes = meter.CreateCounter<long>("registry.collection.reclaimed", "By", "Bytes of these blobs.");
        uploads = meter.CreateCounter<long>(
            "registry.collection.uploads", "{upload}", "Abandoned uploads that were discarded.");
    }

    /// <summary>Records a completed collection.</summary>
    public void Record(TimeSpan elapsed, CollectionReport report)
    {
        duration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("outcome", "ok"));
        blobs.Add(report.Deleted);
        bytes.Add(report.Bytes);
        uploads.Add(report.Discarded);
    }

    /// <summary>Records a failed collection.</summary>
    public void RecordFailure(TimeSpan elapsed) =>
        duration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("outcome", "failed"));
}
