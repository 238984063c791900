using System.Buffers;
using System.Security.Cryptography;
using Registry.Core.Storage;

namespace Registry.Core.Tokens;

/// <summary>
/// The id of a token: 12 lower-case letters and digits. It is part of the token, and is no secret.
/// </summary>
public readonly record struct TokenId
{
    internal const int Length = 12;

    private const string Alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);

    private readonly string? value;

    private TokenId(string value) => this.value = value;

    /// <summary>The id as text.</summary>
    /// <exception cref="InvalidOperationException">This is the default value.</exception>
    public string Value => value ?? throw new InvalidOperationException("A default TokenId names nothing.");

    /// <summary>The key of the token's document.</summary>
    public StoreKey Key => StoreKeys.Token(Value);

    /// <summary>Creates a random id.</summary>
    public static TokenId Create() => new(RandomNumberGenerator.GetString(Alphabet, Length));

    /// <summary>Parses an id; false when it is invalid.</summary>
    public static bool TryParse(string? text, out TokenId id)
    {
        id = text is { Length: Length } && !text.AsSpan().ContainsAnyExcept(Characters) ? new TokenId(text) : default;
        return id.value is not null;
    }

    /// <summary>Parses the <see cref="Key"/> of a token; false when it is not one.</summary>
    public static bool TryParse(StoreKey key, out TokenId id)
    {
        id = default;
        return key.IsBelow(StoreKeys.Tokens) && key.Segments() is [_, var text] && TryParse(text, out id);
    }

    /// <inheritdoc/>
    public override string ToString() => value ?? "";
}
