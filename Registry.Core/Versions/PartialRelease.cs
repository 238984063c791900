using System.Diagnostics.CodeAnalysis;

namespace Registry.Core.Versions;

/// <summary>
/// The operand of a release query: a release whose last parts may be missing. A missing part equals anything, so
/// <c>1.2</c> stands for every 1.2.z, and <c>2.0.0</c> also for its prereleases.
/// </summary>
/// <param name="Major">Digits.</param>
/// <param name="Minor">Digits; null matches any.</param>
/// <param name="Patch">Digits; null matches any.</param>
/// <param name="Prerelease">
/// Dotted identifiers; null matches any, empty matches none: <c>2.0.0-</c> is 2.0.0 without its prereleases.
/// </param>
/// <param name="Build">Dotted identifiers, compared for equality only; null matches any, empty matches none.</param>
internal sealed record PartialRelease(string Major, string? Minor, string? Patch, string? Prerelease, string? Build)
{
    /// <summary>Parses an operand as strictly as a release, except that parts may be missing.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out PartialRelease? partial, [NotNullWhen(false)] out string? reason)
    {
        var (rest, build) = SplitAt(text, '+');
        (rest, var prerelease) = SplitAt(rest, '-');
        var numbers = rest.Split('.');
        reason = FindNumberError(numbers, text) ?? FindIdentifierError(prerelease, build, text);
        partial = reason is not null
            ? null
            : new PartialRelease(
                numbers[0],
                numbers.ElementAtOrDefault(1),
                numbers.ElementAtOrDefault(2),
                // A build names one release, and none of its prereleases.
                prerelease ?? (build is null ? null : ""),
                build);
        return reason is null;
    }

    /// <summary>
    /// Compares a release with this operand: below 0 when the release comes first, above 0 when it comes last, 0 when
    /// every present part is equal. Build metadata has no order.
    /// </summary>
    public int ComparePrecedence(ReleaseParts release)
    {
        var order = DottedText.CompareNumbers(release.Major, Major);
        if (order == 0 && Minor is not null)
            order = DottedText.CompareNumbers(release.Minor, Minor);
        if (order == 0 && Patch is not null)
            order = DottedText.CompareNumbers(release.Patch, Patch);
        return order == 0 && Prerelease is not null
            ? ReleaseParts.ComparePrereleases(release.Prerelease, Prerelease)
            : order;
    }

    /// <summary>Whether every present part equals that of a release, including build metadata.</summary>
    public bool Matches(ReleaseParts release) =>
        ComparePrecedence(release) == 0 && (Build is null || release.Build.SequenceEqual(Build));

    private static (string Head, string? Tail) SplitAt(string text, char separator) =>
        text.IndexOf(separator) is >= 0 and var index ? (text[..index], text[(index + 1)..]) : (text, null);

    private static string? FindNumberError(string[] numbers, string text)
    {
        if (numbers.Length > 3 || numbers.Any(number => number.Length == 0 || !DottedText.IsNumeric(number)))
            return $"Invalid version string: '{text}'";
        var invalid = Array.FindIndex(numbers, number => ReleaseGrammar.HasLeadingZero(number));
        return invalid < 0 ? null : $"Invalid leading zero in {ReleaseGrammar.NumberNames[invalid]}: '{text}'";
    }

    // Unlike a release, an operand may have empty identifiers.
    private static string? FindIdentifierError(string? prerelease, string? build, string text) =>
        (string.IsNullOrEmpty(prerelease) ? null : ReleaseGrammar.FindPrereleaseError(prerelease, text))
        ?? (string.IsNullOrEmpty(build) ? null : ReleaseGrammar.FindBuildError(build, text));
}
