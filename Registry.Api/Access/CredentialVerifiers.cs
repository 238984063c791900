namespace Registry.Api.Access;

/// <summary>Verifies secrets of every kind.</summary>
/// <param name="verifiers">A verifier for each kind.</param>
internal sealed class CredentialVerifiers(IEnumerable<ICredentialVerifier> verifiers)
{
    /// <summary>The result for a secret that is of no known kind.</summary>
    public static CredentialVerification Unknown { get; } =
        CredentialVerification.Refused("The token is unknown or malformed.");

    private readonly ICredentialVerifier[] verifiers = [.. verifiers];

    /// <summary>Verifies a secret.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="context">The request.</param>
    /// <exception cref="Core.Storage.StorageException">The storage failed.</exception>
    public async ValueTask<CredentialVerification> VerifyAsync(string secret, HttpContext context)
    {
        foreach (var verifier in verifiers)
            if (await verifier.VerifyAsync(secret, context) is { } result)
                return result;
        return Unknown;
    }
}
