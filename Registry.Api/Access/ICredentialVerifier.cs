using Registry.Core.Access;
using Registry.Core.Storage;

namespace Registry.Api.Access;

/// <summary>Verifies one kind of secret.</summary>
internal interface ICredentialVerifier
{
    /// <summary>Verifies a secret.</summary>
    /// <param name="secret">The secret, of 1 to <see cref="Credentials.MaxSecretLength"/> characters.</param>
    /// <param name="context">The request.</param>
    /// <returns>Null if the secret is not of this kind.</returns>
    /// <exception cref="StorageException">The storage failed: it is not known whether the secret is right.</exception>
    ValueTask<CredentialVerification?> VerifyAsync(string secret, HttpContext context);
}

/// <summary>The result of a verification.</summary>
/// <param name="Identity">The holder of the secret; null if it is wrong, expired or revoked.</param>
/// <param name="Problem">Why it is rejected, as a sentence for the client; null if it is right.</param>
internal sealed record CredentialVerification(CallerIdentity? Identity, string? Problem)
{
    /// <summary>The result for a secret that is right.</summary>
    public static CredentialVerification Of(CallerIdentity identity) => new(identity, null);

    /// <summary>The result for a secret that is rejected.</summary>
    /// <param name="problem">Why, as a sentence for the client.</param>
    public static CredentialVerification Refused(string problem) => new(null, problem);
}

/// <summary>The identity of a caller, independent of the request.</summary>
/// <param name="Kind">The kind of caller.</param>
/// <param name="Name">The name; null for none.</param>
/// <param name="Scopes">What the caller may do.</param>
internal sealed record CallerIdentity(CallerKind Kind, string? Name, ScopeSet Scopes)
{
    /// <summary>Every caller, where requests need no credentials.</summary>
    public static CallerIdentity Anybody { get; } = new(CallerKind.Anonymous, null, ScopeSet.Everything);

    /// <summary>The id of the token, or the issuer of an external identity; null for none.</summary>
    public string? Id { get; init; }

    /// <summary>When the credentials expire; null if never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}
