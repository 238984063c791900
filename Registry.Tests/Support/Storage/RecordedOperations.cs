using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Registry.Core.Storage;
using Registry.Core.Telemetry;

namespace Registry.Tests.Support.Storage;

/// <summary>Listens to the metrics of stores that it wraps.</summary>
public sealed class RecordedOperations : IDisposable
{
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener listener = new();

    public RecordedOperations(TimeProvider? time = null)
    {
        Time = time ?? TimeProvider.System;
        Meters = services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, its) =>
        {
            if (instrument.Meter.Scope == Meters)
                its.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((instrument, seconds, tags, _) =>
            All.Enqueue((instrument, seconds, tags.ToArray().ToDictionary(tag => tag.Key, tag => $"{tag.Value}"))));
    }

    public ConcurrentQueue<(Instrument Instrument, double Seconds, Dictionary<string, string> Tags)> All { get; } =
        new();

    public IEnumerable<string> Outcomes => All.Select(static one => $"{one.Tags["operation"]} {one.Tags["outcome"]}");

    private IMeterFactory Meters { get; }

    private TimeProvider Time { get; }

    /// <summary>Begins to listen.</summary>
    public RecordedOperations Listen()
    {
        listener.Start();
        return this;
    }

    public IDocumentStore Wrap(IDocumentStore documents) =>
        new ObservedDocumentStore(documents, new StorageMetrics(Meters, Time, "memory", "documents"));

    public IBlobStore Wrap(IBlobStore blobs) =>
        new ObservedBlobStore(blobs, new StorageMetrics(Meters, Time, "memory", "blobs"));

    public IUploadStore Wrap(IUploadStore uploads) =>
        new ObservedUploadStore(uploads, new StorageMetrics(Meters, Time, "memory", "uploads"));

    public void Dispose()
    {
        listener.Dispose();
        services.Dispose();
    }
}
