using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Registry.Core.Tokens;

/// <summary>The display name of a token: any text on one line. Several tokens may have the same name.</summary>
public readonly record struct TokenName
{
    private const int MaxLength = 100;

    private readonly string? value;

    private TokenName(string value) => this.value = value;

    /// <summary>The name as text.</summary>
    /// <exception cref="InvalidOperationException">This is the default value.</exception>
    public string Value => value ?? throw new InvalidOperationException("A default TokenName has no value.");

    /// <summary>Parses a name.</summary>
    /// <param name="text">The name; null if there is none.</param>
    /// <param name="name">The name; the default value if it is invalid.</param>
    /// <param name="problem">What is wrong and what is expected, worded to follow the field; null if valid.</param>
    public static bool TryParse(string? text, out TokenName name, [NotNullWhen(false)] out string? problem)
    {
        name = default;
        problem = text switch
        {
            null => "is missing; expected text such as 'ci'",
            { Length: 0 or > MaxLength } => $"has {text.Length} characters; expected 1 to {MaxLength}",
            _ when char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]) =>
                "begins or ends with white space; expected text such as 'ci'",
            _ when !IsPrintable(text) => "has characters that cannot be printed; expected text on one line",
            _ => null,
        };
        if (problem is not null)
            return false;
        name = new TokenName(text!);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => value ?? "";

    /// <summary>Control and format characters could forge lines of a log or hide parts of a name.</summary>
    private static bool IsPrintable(string text)
    {
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var length) != System.Buffers.OperationStatus.Done
                || Rune.GetUnicodeCategory(rune)
                    is UnicodeCategory.Control
                    or UnicodeCategory.Format
                    or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator
                    or UnicodeCategory.OtherNotAssigned
                    or UnicodeCategory.PrivateUse)
                return false;
            rest = rest[length..];
        }

        return true;
    }
}
