namespace Registry.Api.Hosting;

/// <summary>
/// Keeps the host from logging why the start failed, with its stack: the start itself tells it in one line. Once the
/// service has started, warnings and errors pass.
/// </summary>
internal sealed class StartFilter
{
    /// <summary>The category of the host.</summary>
    public const string Category = "Microsoft.Extensions.Hosting.Internal.Host";

    private volatile bool hasStarted;

    /// <summary>Whether a line of the category is logged.</summary>
    public bool Passes(LogLevel level) => hasStarted && level >= LogLevel.Warning;

    /// <summary>Lets everything pass from now on that is a warning or more.</summary>
    public void Open() => hasStarted = true;
}
