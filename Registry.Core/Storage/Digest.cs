using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Registry.Core.Storage;

/// <summary>A sha256: 64 lower-case hex digits, without any prefix.</summary>
public readonly record struct Digest
{
    /// <summary>The length of <see cref="Value"/>.</summary>
    public const int HexLength = 64;

    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    private readonly string? value;

    private Digest(string value) => this.value = value;

    /// <summary>The 64 digits.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which is no digest.</exception>
    public string Value => value ?? throw new InvalidOperationException("A default Digest is none.");

    /// <summary>Reads a digest; false for anything but 64 lower-case hex digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        if (text is not { Length: HexLength } || text.AsSpan().ContainsAnyExcept(LowerHex))
            return false;
        digest = new Digest(text);
        return true;
    }

    /// <summary>As <see cref="TryParse"/>.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is no digest.</exception>
    public static Digest Parse(string text) =>
        TryParse(text, out var digest) ? digest : throw new FormatException("A digest is 64 lower-case hex digits.");

    /// <summary>Takes the 32 bytes that sha256 gave.</summary>
    public static Digest FromHash(ReadOnlySpan<byte> sha256)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sha256.Length, HexLength / 2, nameof(sha256));
        return new Digest(Convert.ToHexStringLower(sha256));
    }

    /// <inheritdoc/>
    public override string ToString() => value ?? "";
}
