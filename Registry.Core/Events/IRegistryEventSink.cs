namespace Registry.Core.Events;

/// <summary>Receives every <see cref="RegistryEvent"/>, before the change is acknowledged to the caller.</summary>
public interface IRegistryEventSink
{
    /// <summary>
    /// Receives an event. Called by many threads at once. The caller waits, so a slow sink queues the event. An
    /// exception is logged and does not affect the change, its answer, or other sinks.
    /// </summary>
    void Receive(RegistryEvent registryEvent);
}
