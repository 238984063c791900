using Microsoft.IdentityModel.JsonWebTokens;
using Registry.Core.Access;

namespace Registry.Api.Identities;

/// <summary>Gives scopes to identities of an issuer.</summary>
/// <param name="Issuer">The issuer, as the claim <c>iss</c> names it.</param>
/// <param name="Audience">What the claim <c>aud</c> must contain: a token for another service is not accepted.</param>
/// <param name="Claims">The claims that the token must have.</param>
/// <param name="Scopes">The scopes.</param>
internal sealed record IdentityRule(
    IssuerAddress Issuer, string Audience, IReadOnlyList<ClaimPattern> Claims, ScopeTemplate Scopes)
{
    /// <summary>Returns the scopes of a verified token; null if the rule does not match.</summary>
    public ScopeSet? Match(JsonWebToken token) =>
        token.Audiences.Contains(Audience, StringComparer.Ordinal)
            && Claims.All(pattern => pattern.Matches(ValuesOf(token, pattern.Claim)))
            ? Scopes.Fill(name => ValuesOf(token, name) is [var only] ? only : null)
            : null;

    /// <summary>
    /// Returns the values of a claim. The case of the name is ignored, because not every source of settings preserves
    /// it. Empty if the token has several claims whose names differ only by case.
    /// </summary>
    private static string[] ValuesOf(JsonWebToken token, string name)
    {
        var claims = token.Claims
            .Where(claim => claim.Type.Equals(name, StringComparison.OrdinalIgnoreCase))
            .ToLookup(static claim => claim.Type, static claim => claim.Value, StringComparer.Ordinal);
        return claims.Count == 1 ? [.. claims.Single()] : [];
    }
}

/// <summary>An issuer, and where its keys are.</summary>
/// <param name="Issuer">The issuer: a URL.</param>
/// <param name="JwksUri">The URL of its keys; null for the one that its discovery document names.</param>
/// <param name="CaFile">
/// The path of a PEM file with the certificate authorities that the registry trusts for these URLs; null for those of
/// the machine.
/// </param>
internal sealed record IssuerAddress(string Issuer, Uri? JwksUri, string? CaFile);
