using System.CommandLine;
using System.CommandLine.Parsing;
using Registry.Core.Access;
using Registry.Core.Tokens;

namespace Registry.Api.Commands;

/// <summary><c>token create</c>: issues a token and writes it to the standard output.</summary>
internal sealed class TokenCreateCommand : TokenCommand
{
    private readonly Option<TokenName> name = new("--name")
    {
        Description = "A display name for the token, such as 'ci'",
        HelpName = "NAME",
        Required = true,
        CustomParser = static result => TokenName.TryParse(result.Tokens[0].Value, out var name, out var problem)
            ? name
            : Refuse<TokenName>(result, $"--name {problem}."),
    };

    private readonly Option<string[]> scopes = new("--scope")
    {
        Description = "What the holder may do: a pattern, '=' and actions. Can be repeated",
        HelpName = "SCOPE",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<TokenLifetime> expires = new("--expires")
    {
        Description = "How long the token is valid: minutes, hours or days such as 30m, 12h or 90d, or never",
        HelpName = "TIME",
        Required = true,
        CustomParser = static result => TokenLifetime.TryParse(result.Tokens[0].Value, out var time, out var problem)
            ? time
            : Refuse<TokenLifetime>(result, $"--expires {problem}."),
    };

    public TokenCreateCommand()
        : base("create", "Issue a token and print it", """
            The token is the only line on standard output, and is shown only once: the registry stores its sha256.
            Everything else goes to standard error.

            A scope is a pattern and actions: --scope 'team/**=pull,push'. The pattern names packages as namespace/name;
            its last segment may be * (one segment) or ** (one or more). With kar: in front it names workspaces of app
            archives: 'kar:github.com/me/**=pull'. The actions are pull, push, delete and admin (issue tokens within the
            pattern). None implies another: most clients read before they push, so give both.
            """,
            "0 the token is stored; 1 it is not, or the storage failed; 2 usage error.")
    {
        Options.Add(name);
        Options.Add(scopes);
        Options.Add(expires);
        Options.Add(Storage);
        scopes.Validators.Add(static result =>
        {
            if (!ScopeSet.TryParse(result.Tokens.Select(static token => token.Value), out _, out var problem))
                result.AddError($"--scope: {problem}.");
        });
    }

    protected override async Task<int> RunAsync(
        ParseResult arguments, AccessTokens tokens, CommandConsole console, CancellationToken cancellationToken)
    {
        if (!ScopeSet.TryParse(arguments.GetRequiredValue(scopes), out var given, out var problem))
            throw new UsageException($"--scope: {problem}.");
        var request = new NewToken(arguments.GetValue(name), given, arguments.GetValue(expires));
        var (token, secret) = await tokens.IssueAsync(request, Caller, cancellationToken);
        await console.WriteErrorAsync(
            $"Created token {token.Id} with the scopes {token.Scopes}. "
                + (token.ExpiresAt is { } time ? $"It expires at {time:yyyy-MM-dd HH:mm:ss}Z." : "It never expires."));
        foreach (var scope in PushWithoutPull(token.Scopes))
            await console.WriteErrorAsync(
                $"Warning: {scope} allows push without pull, and most clients read before they push. "
                    + $"Add --scope '{scope.Pattern}=pull' if this token is for such a client.");
        console.WriteOutput(secret.Text);
        return ExitCode.Success;
    }

    private static IEnumerable<Scope> PushWithoutPull(ScopeSet scopes) => scopes.Scopes.Where(
        scope => scope.Actions.HasFlag(AccessActions.Push)
            && !scopes.Includes(scope with { Actions = AccessActions.Pull }));

    private static TValue Refuse<TValue>(ArgumentResult result, string error)
        where TValue : struct
    {
        result.AddError(error);
        return default;
    }
}
