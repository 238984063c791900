using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Registry.Core.Storage;

/// <summary>A sha256: 64 lower-case hex digits without a prefix.</summary>
public readonly record struct Digest
{
    /// <summary>The length of <see cref="Value"/>.</summary>
    public const int HexLength = 64;

    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    private readonly string? value;

    private Digest(string value) => this.value = value;

    /// <summary>The 64 digits.</summary>
    /// <exception cref="InvalidOperationException">This is the default value.</exception>
    public string Value => value ?? throw new InvalidOperationException("The default Digest has no value.");

    /// <summary>Parses a digest. Returns false for anything but 64 lower-case hex digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        if (text is not { Length: HexLength } || text.AsSpan().ContainsAnyExcept(LowerHex))
            return false;
        digest = new Digest(text);
        return true;
    }

    /// <summary>Parses a digest.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is not a digest.</exception>
    public static Digest Parse(string text) =>
        TryParse(text, out var digest) ? digest : throw new FormatException("A digest is 64 lower-case hex digits.");

    /// <summary>Returns the digest of some bytes.</summary>
    public static Digest Of(ReadOnlySpan<byte> bytes) => FromHash(SHA256.HashData(bytes));

    /// <summary>Creates a digest from the 32 bytes of a sha256 hash.</summary>
    public static Digest FromHash(ReadOnlySpan<byte> sha256)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sha256.Length, HexLength / 2, nameof(sha256));
        return new Digest(Convert.ToHexStringLower(sha256));
    }

    /// <inheritdoc/>
    public override string ToString() => value ?? "";
}
