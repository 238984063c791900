using Registry.Core.Access;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Tokens;

/// <summary>The errors of tokens.</summary>
internal static class TokenErrors
{
    /// <param name="id">The requested id, which may be any text. The secret of a whole token is not repeated.</param>
    public static RegistryException NotFound(string id)
    {
        var shown = TokenSecret.Redact(id);
        return new RegistryException(ErrorCode.TokenNotFound, $"Token {shown} does not exist", ("token", shown));
    }

    /// <param name="missing">The scopes that the caller may not grant.</param>
    public static RegistryException MayNotGive(IReadOnlyList<Scope> missing) => new(
        ErrorCode.Forbidden,
        $"You need admin and all of the actions on every scope of the token: {string.Join(' ', missing)}",
        ("scopes", missing.Select(static scope => scope.ToString()).ToArray()));

    /// <param name="unreadable">The tokens that a list would lack, at least one.</param>
    public static RegistryException Unreadable(IReadOnlyList<UnreadableToken> unreadable) => new(
        ErrorCode.Unavailable,
        $"The list of tokens is incomplete, because these cannot be read: "
            + $"{string.Join(", ", unreadable.Select(static token => token.Id))}. "
            + "The log of the registry contains the cause. An administrator can revoke them",
        new StorageException(
            unreadable[0].Cause.Kind, string.Join("; ", unreadable.Select(static token => token.Cause.Message))),
        ("tokens", unreadable.Select(static token => token.Id).ToArray()));

    public static RegistryException MayNotIssue() => new(
        ErrorCode.Forbidden, "Only tokens and administrators can issue tokens");

    public static RegistryException NoScopes() => new(
        ErrorCode.InvalidParameters, "scopes is empty; expected at least one scope, such as team/**=pull,push");

    public static RegistryException TooManyScopes(int count, int limit) => new(
        ErrorCode.InvalidParameters,
        $"scopes has {count} scopes; expected at most {limit}",
        ("scopes", count), ("limit", limit));

    public static RegistryException Exists(TokenId token) => new(
        ErrorCode.ResourceInUse,
        $"Token {token} was issued before, and its secret is not shown again: "
            + "if you do not have it, revoke the token and issue another",
        ("token", token.Value));

    public static RegistryException InUse(TokenId token) => new(
        ErrorCode.ResourceInUse, $"Token {token} has too many concurrent writers: try again", ("token", token.Value));

    /// <param name="token">The token.</param>
    /// <param name="cause">The failure of the storage, for the log.</param>
    public static RegistryException OutcomeUnknown(TokenId token, StorageException cause) => new(
        ErrorCode.Unavailable,
        $"The outcome of the change of token {token} is unknown: list the tokens before you retry",
        cause,
        ("token", token.Value));
}
