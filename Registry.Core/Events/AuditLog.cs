using Microsoft.Extensions.Logging;

namespace Registry.Core.Events;

/// <summary>
/// Writes every event to the log, as one readable line with the facts as structured values. Changes have level
/// Information, rejections have level Warning.
/// </summary>
/// <param name="loggers">Creates the log of the category <see cref="Category"/>.</param>
public sealed class AuditLog(ILoggerFactory loggers) : IRegistryEventSink
{
    /// <summary>The category of the log.</summary>
    public const string Category = "Registry.Audit";

    private readonly ILogger logger = loggers.CreateLogger(Category);

    /// <inheritdoc/>
    public void Receive(RegistryEvent registryEvent)
    {
        ArgumentNullException.ThrowIfNull(registryEvent);
        var level = registryEvent.IsRefusal ? LogLevel.Warning : LogLevel.Information;
        if (logger.IsEnabled(level))
            logger.Log(
                level, default, AuditFacts.Of(registryEvent), exception: null, static (facts, _) => facts.ToString());
    }
}
