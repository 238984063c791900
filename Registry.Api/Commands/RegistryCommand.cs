using System.CommandLine;

namespace Registry.Api.Commands;

/// <summary>Something that the program does instead of serving, and then ends.</summary>
/// <param name="name">The word that asks for it.</param>
/// <param name="summary">What it does, in one line.</param>
/// <param name="details">What <c>--help</c> prints below the options: how it behaves, and its exit codes.</param>
internal abstract class RegistryCommand(string name, string summary, string details) : Command(name, summary)
{
    /// <summary>What <c>--help</c> prints below the options.</summary>
    public string Details => details;

    /// <summary>
    /// Sections that may stand before a setting, such as <c>from</c> in <c>--from:Filesystem:Path</c>; none for a
    /// command that works on one registry.
    /// </summary>
    public virtual IReadOnlyList<string> Sides => [];

    /// <summary>Runs the command.</summary>
    /// <param name="arguments">Its options and arguments, which are valid.</param>
    /// <param name="settings">The settings of the registry.</param>
    /// <param name="console">Results go to its output, progress and errors to its error output.</param>
    /// <param name="cancellationToken">Cancelled when the operator stops the program.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public abstract Task<int> RunAsync(
        ParseResult arguments,
        IConfigurationRoot settings,
        CommandConsole console,
        CancellationToken cancellationToken);
}
