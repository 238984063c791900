namespace Registry.Api.Commands;

/// <summary>Something that the program does instead of serving, and then ends: <c>Registry.Api NAME …</c>.</summary>
internal abstract class Command
{
    /// <summary>The first argument that asks for it: one lower-case word, with hyphens.</summary>
    public abstract string Name { get; }

    /// <summary>What it does, in one line that stands beside its name.</summary>
    public abstract string Summary { get; }

    /// <summary>What <c>NAME --help</c> prints: usage, options, exit codes.</summary>
    public abstract string Help { get; }

    /// <summary>What it takes beside settings.</summary>
    public virtual CommandSyntax Syntax { get; } = new();

    /// <summary>Does it.</summary>
    /// <param name="arguments">What follows its name.</param>
    /// <param name="console">Results go to its output, progress and errors to its error output.</param>
    /// <param name="ct">Cancelled when the operator stops the program.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    /// <exception cref="UsageException">The arguments cannot be used together.</exception>
    public abstract Task<int> RunAsync(CommandArguments arguments, CommandConsole console, CancellationToken ct);
}
