using System.Collections.Immutable;
using Registry.Core.Access;
using Registry.Core.Storage;

namespace Registry.Core.Tokens;

/// <summary>A token that the registry issued, without its secret.</summary>
/// <param name="Id">The id.</param>
/// <param name="Name">The name.</param>
/// <param name="Scopes">What its holder may do; at least one scope.</param>
/// <param name="CreatedAt">When it was issued, in whole seconds.</param>
/// <param name="ExpiresAt">When it expires, in whole seconds; null if never.</param>
/// <param name="LastUsed">The day (UTC) of its last use, on a best-effort basis; null if unknown.</param>
/// <param name="Issuer">Who issued it: <c>administrator</c>, <c>command</c>, or <c>token</c> with the id.</param>
/// <param name="SecretHash">The sha256 of the whole token.</param>
public sealed record AccessToken(
    TokenId Id,
    TokenName Name,
    ScopeSet Scopes,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateOnly? LastUsed,
    string Issuer,
    ImmutableArray<byte> SecretHash)
{
    /// <summary>Whether the token has expired at a time.</summary>
    public bool IsExpired(DateTimeOffset time) => time >= ExpiresAt;
}

/// <summary>A token that was just issued.</summary>
/// <param name="Token">The token.</param>
/// <param name="Secret">What its holder presents. It cannot be shown again.</param>
public sealed record IssuedToken(AccessToken Token, TokenSecret Secret);

/// <summary>The tokens that a caller administers.</summary>
/// <param name="Tokens">The tokens, by id.</param>
/// <param name="Unreadable">
/// The stored tokens that cannot be read, by id. Their scopes are unknown, so every caller gets them, and
/// <paramref name="Tokens"/> may be incomplete.
/// </param>
public sealed record TokenList(IReadOnlyList<AccessToken> Tokens, IReadOnlyList<UnreadableToken> Unreadable);

/// <summary>A stored token that is damaged, or that a later version of the registry stored.</summary>
/// <param name="Id">The id, or any other text in its place.</param>
/// <param name="Cause">Why it cannot be read, for the operator.</param>
public sealed record UnreadableToken(string Id, StorageException Cause);

/// <summary>The properties of a new token.</summary>
/// <param name="Name">The name.</param>
/// <param name="Scopes">What its holder may do.</param>
/// <param name="Lifetime">How long it is valid.</param>
public sealed record NewToken(TokenName Name, ScopeSet Scopes, TokenLifetime Lifetime)
{
    /// <summary>
    /// The id, so that a form that is sent twice issues one token; null for a random one.
    /// </summary>
    public TokenId? Id { get; init; }
}
