using System.CommandLine;

namespace Registry.Api.Commands;

/// <summary>A command of the program. It runs instead of the service.</summary>
/// <param name="name">The name of the command.</param>
/// <param name="summary">A one-line description.</param>
/// <param name="details">The text of <c>--help</c> below the options: behavior and exit codes.</param>
internal abstract class RegistryCommand(string name, string summary, string details) : Command(name, summary)
{
    /// <summary>The text of <c>--help</c> below the options.</summary>
    public string Details => details;

    /// <summary>
    /// The prefixes that a setting may have, such as <c>from</c> in <c>--from:Filesystem:Path</c>. Empty for a command
    /// that works on one registry.
    /// </summary>
    public virtual IReadOnlyList<string> Sides => [];

    /// <summary>Runs the command.</summary>
    /// <param name="arguments">The parsed and validated options and arguments.</param>
    /// <param name="settings">The settings of the registry.</param>
    /// <param name="console">Receives results on its output, and progress and errors on its error output.</param>
    /// <param name="cancellationToken">Cancelled when the operator stops the program.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public abstract Task<int> RunAsync(
        ParseResult arguments,
        IConfigurationRoot settings,
        CommandConsole console,
        CancellationToken cancellationToken);
}
