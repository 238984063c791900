using System.Collections.Immutable;
using System.Security.Cryptography;
using Registry.Core.Tokens;

namespace Registry.Core.Sessions;

/// <summary>A session of a user who has signed in with a secret and need not present it again.</summary>
/// <param name="Token">The token of the secret; null for the admin token.</param>
/// <param name="Proof">The proof that the session began with the secret: see <see cref="IsOf"/>.</param>
/// <param name="CreatedAt">When it began, in whole seconds.</param>
/// <param name="ExpiresAt">When it ends, in whole seconds.</param>
public sealed record AccessSession(
    TokenId? Token, ImmutableArray<byte> Proof, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt)
{
    /// <summary>Whether the session has expired at a time.</summary>
    public bool IsExpired(DateTimeOffset time) => time >= ExpiresAt;

    /// <summary>
    /// Whether the session began with a secret. It ends when the secret of its token, or that of the administrator,
    /// changes.
    /// </summary>
    /// <param name="id">The id of this session.</param>
    /// <param name="secretHash">The sha256 of the secret.</param>
    public bool IsOf(SessionId id, ReadOnlySpan<byte> secretHash)
    {
        ArgumentNullException.ThrowIfNull(id);
        return CryptographicOperations.FixedTimeEquals(Proof.AsSpan(), id.ProofOf(secretHash));
    }
}
