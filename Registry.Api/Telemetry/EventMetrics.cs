using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using Registry.Api.Http;
using Registry.Core.Access;
using Registry.Core.Events;

namespace Registry.Api.Telemetry;

/// <summary>
/// Counts the events of the registry: pushes, deletes, and rejected credentials among them. Every count exists from the
/// start, because Prometheus sees an increase only between two values.
/// </summary>
internal sealed class EventMetrics : IRegistryEventSink
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Registry.Events";

    private readonly FrozenDictionary<(RegistryAction Action, string Protocol), Sum> sums;

    public EventMetrics(IMeterFactory meters, ApiProtocols protocols)
    {
        sums = (from action in Enum.GetValues<RegistryAction>()
                from protocol in protocols.All.Select(static protocol => protocol.Name)
                    .Append(Caller.CommandProtocol)
                    .Distinct()
                select (action, protocol)).ToFrozenDictionary(
                    static key => key, static key => new Sum(AuditFacts.NameOf(key.action), key.protocol));
        meters.Create(MeterName).CreateObservableCounter(
            "registry.events",
            () => sums.Values.Select(static sum => sum.Current),
            "{event}",
            "Completed changes, denied requests and rejected credentials.");
    }

    /// <inheritdoc/>
    public void Receive(RegistryEvent registryEvent) =>
        sums[(registryEvent.Action, registryEvent.Caller.Protocol)].Add();

    private sealed class Sum(string action, string protocol)
    {
        private readonly KeyValuePair<string, object?>[] tags =
            [new("action", action), new(RequestMetrics.ProtocolTag, protocol)];
        private long count;

        public Measurement<long> Current => new(Interlocked.Read(ref count), tags);

        public void Add() => Interlocked.Increment(ref count);
    }
}
