using System.CommandLine;
using Registry.Core.Tokens;

namespace Registry.Api.Commands;

/// <summary><c>token revoke</c>: revokes a token.</summary>
internal sealed class TokenRevokeCommand : TokenCommand
{
    private readonly Argument<TokenId> id = new("ID")
    {
        Description = "The id of the token, as 'token list' shows it",
        CustomParser = static result =>
        {
            var text = result.Tokens[0].Value;
            if (TokenId.TryParse(text, out var id))
                return id;

            // The argument may be a whole token, which must not reach a log: do not repeat it.
            result.AddError(
                TokenSecret.TryParse(text, out var secret)
                    ? $"ID is a whole token; expected only its id, {secret.Id}."
                    : "ID is invalid; expected 12 lower-case letters and digits, as 'token list' shows them.");
            return default;
        },
    };

    public TokenRevokeCommand()
        : base(
            "revoke",
            "Revoke a token",
            """
            Every server rejects the token from its next request. Tokens that were issued with it stay valid: revoke
            them too if it has leaked. 'token list' shows the issuer of each.
            """,
            "0 the token is revoked; 1 there is no such token, or the storage failed; 2 usage error.")
    {
        Options.Add(Storage);
        Arguments.Add(id);
    }

    protected override async Task<int> RunAsync(
        ParseResult arguments, AccessTokens tokens, CommandConsole console, CancellationToken cancellationToken)
    {
        var token = arguments.GetValue(id);
        await tokens.RevokeAsync(token, Caller, cancellationToken);
        console.WriteOutput($"Revoked token {token}.");
        return ExitCode.Success;
    }
}
