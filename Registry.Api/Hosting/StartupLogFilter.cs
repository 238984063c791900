namespace Registry.Api.Hosting;

/// <summary>
/// Keeps the host from logging a failed startup with its stack trace: the startup reports it in one line. Critical
/// entries, such as the fault of a background service, always pass; warnings and errors once the service has started.
/// </summary>
internal sealed class StartupLogFilter
{
    /// <summary>The log category of the host.</summary>
    public const string Category = "Microsoft.Extensions.Hosting.Internal.Host";

    private volatile bool hasStarted;

    /// <summary>Whether the category logs a level.</summary>
    public bool Passes(LogLevel level) => level >= (hasStarted ? LogLevel.Warning : LogLevel.Critical);

    /// <summary>Lets warnings and errors pass from now on.</summary>
    public void Open() => hasStarted = true;
}
