using System.CommandLine;
using Registry.Api.Hosting;
using Registry.Core.Access;
using Registry.Core.Tokens;

namespace Registry.Api.Commands;

/// <summary><c>token</c>: issues, lists and revokes tokens on the storage itself.</summary>
/// <param name="name">The name of the subcommand.</param>
/// <param name="summary">A one-line description.</param>
/// <param name="details">The behavior, for the help.</param>
/// <param name="exitCodes">The exit codes, for the help.</param>
internal abstract class TokenCommand(string name, string summary, string details, string exitCodes)
    : RegistryCommand(name, summary, $"""
        {details}

        Accesses the storage directly; no server is needed. Running servers apply the change from their next request.

        Exit codes: {exitCodes}
        """)
{
    /// <summary>The storage, instead of the one of the settings.</summary>
    protected Option<string?> Storage { get; } = CommandOptions.Storage(
        "--storage",
        $"The storage, instead of the one that the setting STORAGE selects: "
            + $"{string.Join(", ", StorageSelection.Names)}",
        isRequired: false);

    /// <summary>The caller of the use cases.</summary>
    protected Caller Caller => Caller.Command($"token {Name}");

    /// <summary>Creates the group of all subcommands.</summary>
    public static Command CreateGroup() => new("token", "Issue, list and revoke tokens for clients")
    {
        new TokenCreateCommand(),
        new TokenListCommand(),
        new TokenRevokeCommand(),
    };

    /// <inheritdoc/>
    public sealed override async Task<int> RunAsync(
        ParseResult arguments, IConfigurationRoot settings, CommandConsole console, CancellationToken cancellationToken)
    {
        if (arguments.GetValue(Storage) is { } selected)
            settings[StorageSelection.Setting] = selected;
        await using var registry = await CommandRegistry.OpenAsync(
            settings, writes: true, new CommandLog(console), cancellationToken);
        return await RunAsync(arguments, registry.Tokens, console, cancellationToken);
    }

    /// <summary>Runs the subcommand on an open storage.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    protected abstract Task<int> RunAsync(
        ParseResult arguments, AccessTokens tokens, CommandConsole console, CancellationToken cancellationToken);
}
