using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Registry.Core.Sessions;

/// <summary>
/// The id of a session: 256 random bits. Possession of it is enough to be signed in, so only the browser keeps it; the
/// storage has its sha256.
/// </summary>
public sealed class SessionId
{
    private const int Bytes = 32;

    private readonly byte[] value;

    private SessionId(byte[] value) => this.value = value;

    /// <summary>The id as the browser keeps it, in base64url.</summary>
    public string Text => Base64Url.EncodeToString(value);

    /// <summary>The name of the session's document, from which the id cannot be derived.</summary>
    internal SessionKey Key => SessionKey.Of(SHA256.HashData(value));

    /// <summary>Creates a random id.</summary>
    internal static SessionId Create() => new(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>Parses an id; false when it is not one. The storage is not asked.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SessionId? id)
    {
        id = text is not null && Base64Url.IsValid(text, out var length) && length == Bytes
            ? new SessionId(Base64Url.DecodeFromChars(text))
            : null;
        return id is not null;
    }

    /// <summary>
    /// Returns the proof that a session began with a secret: an HMAC of the secret's hash, with this id as the key. A
    /// reader of the storage cannot use it to guess the secret, because the id is not stored.
    /// </summary>
    /// <param name="secretHash">The sha256 of the secret.</param>
    internal byte[] ProofOf(ReadOnlySpan<byte> secretHash) => HMACSHA256.HashData(value, secretHash);

    /// <summary>Returns a text without the id, so that it can be logged.</summary>
    public override string ToString() => "session …";
}
