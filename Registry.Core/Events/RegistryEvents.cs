using Microsoft.Extensions.Logging;

namespace Registry.Core.Events;

/// <summary>
/// Raises the events of the registry, before the response is sent: one for each completed change, and for each request
/// that is denied to a known caller or has invalid credentials.
/// </summary>
/// <param name="sinks">The receivers of every event.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log for failing sinks.</param>
public sealed partial class RegistryEvents(
    IEnumerable<IRegistryEventSink> sinks, TimeProvider time, ILogger<RegistryEvents> logger)
{
    private readonly IRegistryEventSink[] sinks = [.. sinks];

    /// <summary>The time of an event that is raised now.</summary>
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>
    /// Passes an event to every sink. Never throws: the change is made, and its response must not differ.
    /// </summary>
    public void Raise(RegistryEvent registryEvent)
    {
        foreach (var sink in sinks)
            try
            {
                sink.Receive(registryEvent);
            }
            catch (Exception exception)
            {
                LogFailed(exception, sink.GetType().Name, registryEvent.Action, registryEvent.Resource);
            }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Sink} failed to receive the event {Action} of {Resource}")]
    private partial void LogFailed(Exception fault, string sink, RegistryAction action, string resource);
}
