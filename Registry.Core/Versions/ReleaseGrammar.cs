using System.Buffers;
using System.Collections.Immutable;

namespace Registry.Core.Versions;

/// <summary>Validates text by the grammar of Semantic Versioning 2.0.0 and describes errors.</summary>
internal static class ReleaseGrammar
{
    private static readonly SearchValues<char> IdentifierCharacters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");

    /// <summary>The names of the three numbers, for error messages.</summary>
    public static readonly ImmutableArray<string> NumberNames = ["major", "minor", "patch"];

    /// <summary>
    /// Returns why a text is not a release, as a message that may reach the client; null when it is a release.
    /// </summary>
    public static string? FindError(string? text)
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

        return (dash < 0 ? null : FindPrereleaseError(prerelease, text))
            ?? (plus < 0 ? null : FindBuildError(build, text));
    }

    /// <summary>Whether a number starts with a zero and has more digits.</summary>
    public static bool HasLeadingZero(ReadOnlySpan<char> number) => number.Length > 1 && number[0] == '0';

    /// <summary>
    /// Returns why the identifiers between <c>-</c> and <c>+</c> are invalid; null when they are valid.
    /// </summary>
    public static string? FindPrereleaseError(ReadOnlySpan<char> identifiers, string text)
    {
        foreach (var part in identifiers.Split('.'))
        {
            var identifier = identifiers[part];
            if (DottedText.IsNumeric(identifier) && HasLeadingZero(identifier))
                return $"Invalid leading zero in identifier '{identifier}'";
        }

        return FindBuildError(identifiers, text);
    }

    /// <summary>
    /// Returns why the identifiers after <c>+</c>, whose numbers may have leading zeros, are invalid; null when they
    /// are valid.
    /// </summary>
    public static string? FindBuildError(ReadOnlySpan<char> identifiers, string text)
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
    /// Returns a hint to append to the error for a release with a leading <c>v</c>; empty for any other text.
    /// </summary>
    public static string HintFor(string text) =>
        text is ['v' or 'V', .. var rest] && FindError(rest) is null ? $". Releases have no leading v: {rest}" : "";

    private static string Invalid(string text) => $"Invalid version string: '{text}'{HintFor(text)}";
}
