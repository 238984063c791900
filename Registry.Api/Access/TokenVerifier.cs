using Registry.Core.Access;
using Registry.Core.Tokens;

namespace Registry.Api.Access;

/// <summary>Verifies tokens that this registry has issued.</summary>
internal sealed class TokenVerifier(AccessTokens tokens) : ICredentialVerifier
{
    /// <inheritdoc/>
    public async ValueTask<CredentialVerification?> VerifyAsync(string secret, HttpContext context)
    {
        if (!TokenSecret.TryParse(secret, out var parsed))
            return null;
        return await tokens.FindAsync(parsed, context.RequestAborted) is { } token
            ? CredentialVerification.Of(IdentityOf(token))
            : CredentialVerification.Refused($"The token {parsed.Id} is unknown, expired or revoked.");
    }

    /// <summary>Returns the holder of a token.</summary>
    public static CallerIdentity IdentityOf(AccessToken token) =>
        new(CallerKind.Token, token.Name.Value, token.Scopes) { Id = token.Id.Value, ExpiresAt = token.ExpiresAt };
}
