using System.Buffers;
using System.Collections.Immutable;

namespace Registry.Core.Packages;

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
        if (text is null)
            return "Invalid version string: there is none";
        if (text.Length > Release.MaxLength)
            return $"Invalid version string: longer than {Release.MaxLength} characters";
        var rest = text.AsSpan();
        ReadOnlySpan<char> build = "0";
        ReadOnlySpan<char> prerelease = "0";
        if (rest.IndexOf('+') is >= 0 and var plus)
        {
            build = rest[(plus + 1)..];
            rest = rest[..plus];
        }

        if (rest.IndexOf('-') is >= 0 and var dash)
        {
            prerelease = rest[(dash + 1)..];
            rest = rest[..dash];
        }

        if (!AreIdentifiers(prerelease) || !AreIdentifiers(build) || rest.Count('.') != 2)
            return Invalid(text);
        foreach (var name in NumberNames)
        {
            var number = DottedText.TakeFirst(ref rest);
            if (number.IsEmpty || !DottedText.IsNumeric(number))
                return Invalid(text);
            if (HasLeadingZero(number))
                return $"Invalid leading zero in {name}: '{text}'";
        }

        return HaveLeadingZero(prerelease) ? $"Invalid leading zero in prerelease: '{text}'" : null;
    }

    /// <summary>Whether the text is dotted identifiers, none of them empty.</summary>
    public static bool AreIdentifiers(ReadOnlySpan<char> text)
    {
        foreach (var part in text.Split('.'))
        {
            var identifier = text[part];
            if (identifier.IsEmpty || identifier.ContainsAnyExcept(IdentifierCharacters))
                return false;
        }

        return true;
    }

    /// <summary>Whether it starts with a zero that is not the whole number.</summary>
    public static bool HasLeadingZero(ReadOnlySpan<char> number) => number.Length > 1 && number[0] == '0';

    /// <summary>Whether a numeric identifier among these starts with a zero that is not all of it.</summary>
    public static bool HaveLeadingZero(ReadOnlySpan<char> identifiers)
    {
        foreach (var part in identifiers.Split('.'))
        {
            if (DottedText.IsNumeric(identifiers[part]) && HasLeadingZero(identifiers[part]))
                return true;
        }

        return false;
    }

    private static string Invalid(string text) => $"Invalid version string: '{text}'";
}
