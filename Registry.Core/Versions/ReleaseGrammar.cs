using System.Buffers;
using System.Collections.Immutable;

namespace Registry.Core.Versions;

/// <summary>The grammar of Semantic Versioning 2.0.0, with words for what is wrong.</summary>
internal static class ReleaseGrammar
{
    private static readonly SearchValues<char> IdentifierCharacters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");

    /// <summary>The names of the three numbers, for words on what is wrong with them.</summary>
    public static readonly ImmutableArray<string> NumberNames = ["major", "minor", "patch"];

    /// <summary>Why the text is no release, in words that may reach a client; null when it is one.</summary>
    public static string? Refuse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "Invalid empty version string: ''";
        if (text.Length > Release.MaxLength)
            return $"Invalid version string: longer than {Release.MaxLength} characters";
        var rest = text.AsSpan();
        var plus = rest.IndexOf('+');
        var build = plus < 0 ? default : rest[(plus + 1)..];
        rest = plus < 0 ? rest : rest[..plus];
        var dash = rest.IndexOf('-');
        var prerelease = dash < 0 ? default : rest[(dash + 1)..];
        rest = dash < 0 ? rest : rest[..dash];
        if (rest.Count('.') != 2 || (dash >= 0 && prerelease.IsEmpty) || (plus >= 0 && build.IsEmpty))
            return Invalid(text);
        foreach (var name in NumberNames)
        {
            var number = DottedText.TakeFirst(ref rest);
            if (number.IsEmpty || !DottedText.IsNumeric(number))
                return Invalid(text);
            if (HasLeadingZero(number))
                return $"Invalid leading zero in {name}: '{text}'";
        }

        return (dash < 0 ? null : RefusePrerelease(prerelease, text)) ?? (plus < 0 ? null : RefuseBuild(build, text));
    }

    /// <summary>Whether it starts with a zero that is not the whole number.</summary>
    public static bool HasLeadingZero(ReadOnlySpan<char> number) => number.Length > 1 && number[0] == '0';

    /// <summary>Why the text between <c>-</c> and <c>+</c> is not dotted identifiers; null when it is.</summary>
    public static string? RefusePrerelease(ReadOnlySpan<char> identifiers, string text)
    {
        foreach (var part in identifiers.Split('.'))
        {
            var identifier = identifiers[part];
            if (DottedText.IsNumeric(identifier) && HasLeadingZero(identifier))
                return $"Invalid leading zero in identifier '{identifier}'";
        }

        return RefuseBuild(identifiers, text);
    }

    /// <summary>
    /// Why the text after <c>+</c> is not dotted identifiers, of which numbers may have leading zeros; null when it is.
    /// </summary>
    public static string? RefuseBuild(ReadOnlySpan<char> identifiers, string text)
    {
        foreach (var part in identifiers.Split('.'))
        {
            var identifier = identifiers[part];
            if (identifier.IsEmpty)
                return $"Invalid empty identifier '' in '{identifiers}'";
            if (identifier.ContainsAnyExcept(IdentifierCharacters))
                return Invalid(text);
        }

        return null;
    }

    /// <summary>
    /// What to add to the refusal of a text that is a release but for a leading <c>v</c>; nothing for any other text.
    /// </summary>
    public static string HintAt(string text) =>
        text is ['v' or 'V', .. var rest] && Refuse(rest) is null ? $". Releases have no leading v: {rest}" : "";

    private static string Invalid(string text) => $"Invalid version string: '{text}'{HintAt(text)}";
}
