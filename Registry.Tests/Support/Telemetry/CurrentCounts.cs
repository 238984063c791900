using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Registry.Tests.Support.Telemetry;

/// <summary>The observable counters of one service, without those of others in this process.</summary>
internal sealed class CurrentCounts : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly Dictionary<(string Name, string Tags), long> values = [];

    public CurrentCounts(IServiceProvider services)
    {
        var meters = services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, its) =>
        {
            if (instrument.Meter.Scope == meters && instrument is ObservableCounter<long>)
                its.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            values[(instrument.Name, string.Join(' ', tags.ToArray().Select(static tag => tag.Value)))] = value);
        listener.Start();
    }

    /// <summary>Returns a count; null when there is none.</summary>
    /// <param name="name">The name of the counter.</param>
    /// <param name="tags">The values of its tags, with a space between them.</param>
    public long? Of(string name, string tags = "")
    {
        listener.RecordObservableInstruments();
        return values.TryGetValue((name, tags), out var value) ? value : null;
    }

    public void Dispose() => listener.Dispose();
}
