using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Registry.Core.Tokens;

/// <summary>
/// The secret that a client presents: <c>reg_</c>, the id, <c>_</c>, 43 random letters and digits (256 bits), and a
/// checksum of 6. The prefix and the checksum let secret scanners recognize it, and let the registry reject a mistyped
/// token without asking the storage.
/// </summary>
public sealed partial class TokenSecret
{
    private const string Prefix = "reg_";
    private const int SecretLength = 43;
    private const int ChecksumLength = 6;
    private const int Length = 4 + TokenId.Length + 1 + SecretLength + ChecksumLength;

    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);

    private TokenSecret(TokenId id, string text) => (Id, Text) = (id, text);

    /// <summary>The id of the token.</summary>
    public TokenId Id { get; }

    /// <summary>The whole token. Only the client that requested it may see it.</summary>
    public string Text { get; }

    /// <summary>Creates the secret of a new token.</summary>
    /// <param name="newId">The id of the token; null for a random one.</param>
    internal static TokenSecret Create(TokenId? newId = null)
    {
        var id = newId ?? TokenId.Create();
        var text = $"{Prefix}{id}_{RandomNumberGenerator.GetString(Alphabet, SecretLength)}";
        return new TokenSecret(id, text + ChecksumOf(text));
    }

    /// <summary>
    /// Parses a token; false when it does not have the form of one, or its checksum is wrong. The storage is not asked.
    /// </summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out TokenSecret? secret)
    {
        secret = null;
        if (text is not { Length: Length }
            || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || !TokenId.TryParse(text.Substring(Prefix.Length, TokenId.Length), out var id)
            || text[Prefix.Length + TokenId.Length] != '_'
            || text.AsSpan(Prefix.Length + TokenId.Length + 1).ContainsAnyExcept(Characters)
            || ChecksumOf(text.AsSpan(..^ChecksumLength)) != text[^ChecksumLength..])
            return false;
        secret = new TokenSecret(id, text);
        return true;
    }

    /// <summary>Returns a text, such as a path, without the secret parts of the tokens in it.</summary>
    public static string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Contains(Prefix, StringComparison.Ordinal) ? Secret.Replace(text, "$1…") : text;
    }

    /// <summary>Returns the sha256 of the token, which is all that is stored of the secret.</summary>
    internal byte[] Hash() => SHA256.HashData(Encoding.ASCII.GetBytes(Text));

    /// <summary>Whether this is the token with a hash. Compares in constant time.</summary>
    internal bool Matches(ReadOnlySpan<byte> hash) => CryptographicOperations.FixedTimeEquals(Hash(), hash);

    /// <summary>Returns the token without its secret part, so that it can be logged.</summary>
    public override string ToString() => $"{Prefix}{Id}_…";

    /// <summary>Returns the CRC-32 of a text in base 62, padded with zeros.</summary>
    private static string ChecksumOf(ReadOnlySpan<char> text)
    {
        Span<byte> ascii = stackalloc byte[Length];
        var rest = Crc32.HashToUInt32(ascii[..Encoding.ASCII.GetBytes(text, ascii)]);
        Span<char> checksum = stackalloc char[ChecksumLength];
        for (var i = ChecksumLength - 1; i >= 0; i--, rest /= (uint)Alphabet.Length)
            checksum[i] = Alphabet[(int)(rest % (uint)Alphabet.Length)];
        return checksum.ToString();
    }

    /// <summary>A token, or the beginning of one that was cut: everything after the id is secret.</summary>
    [GeneratedRegex("(reg_[0-9a-z]{12}_)[0-9A-Za-z]+")]
    private static partial Regex Secret { get; }
}
