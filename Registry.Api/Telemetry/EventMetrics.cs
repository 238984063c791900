using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using Registry.Core.Events;

namespace Registry.Api.Telemetry;

/// <summary>Counts the events of the registry: pushes, deletes, and refused credentials among them.</summary>
internal sealed class EventMetrics : IRegistryEventSink
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Registry.Events";

    private static readonly FrozenDictionary<RegistryAction, string> Actions =
        Enum.GetValues<RegistryAction>().ToFrozenDictionary(static action => action, AuditFacts.NameOf);

    private readonly Counter<long> events;

    public EventMetrics(IMeterFactory meters) =>
        events = meters.Create(MeterName).CreateCounter<long>(
            "registry.events", "{event}", "Settled changes, denied requests and refused credentials.");

    /// <inheritdoc/>
    public void Receive(RegistryEvent registryEvent) => events.Add(
        1,
        new("action", Actions[registryEvent.Action]),
        new(RequestMetrics.ProtocolTag, registryEvent.Caller.Protocol));
}
