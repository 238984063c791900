using System.Diagnostics.CodeAnalysis;

namespace Registry.Core.Versions;

/// <summary>
/// What a release query compares with: a release of which the end may be missing. What is missing equals anything, so
/// that <c>1.2</c> stands for every 1.2.z and <c>2.0.0</c> for its own prereleases too.
/// </summary>
/// <param name="Major">Digits.</param>
/// <param name="Minor">Digits; null stands for any.</param>
/// <param name="Patch">Digits; null stands for any.</param>
/// <param name="Prerelease">
/// Dotted identifiers; null stands for any, empty for none: <c>2.0.0-</c> is 2.0.0 and none of its prereleases.
/// </param>
/// <param name="Build">Dotted identifiers, which equal only themselves; null stands for any, empty for none.</param>
internal sealed record PartialRelease(string Major, string? Minor, string? Patch, string? Prerelease, string? Build)
{
    /// <summary>Reads it as strictly as a release, but for what may be missing.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out PartialRelease? partial, [NotNullWhen(false)] out string? reason)
    {
        var (rest, build) = Cut(text, '+');
        (rest, var prerelease) = Cut(rest, '-');
        var numbers = rest.Split('.');
        reason = RefuseNumbers(numbers, text) ?? RefuseIdentifiers(prerelease, build, text);
        partial = reason is not null
            ? null
            : new PartialRelease(
                numbers[0],
                numbers.ElementAtOrDefault(1),
                numbers.ElementAtOrDefault(2),
                // Whoever names a build means that very release, none of its prereleases.
                prerelease ?? (build is null ? null : ""),
                build);
        return reason is null;
    }

    /// <summary>
    /// Where a release lies: below 0 before this, above 0 after it, 0 where every part that this has is equal. Build
    /// metadata has no order.
    /// </summary>
    public int Locate(ReleaseParts release)
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

    /// <summary>Whether every part that this has is equal, build metadata included.</summary>
    public bool Equals(
        ReleaseParts release) => Locate(release) == 0 && (Build is null || release.Build.SequenceEqual(Build));

    private static (string Head, string? Tail) Cut(string text, char separator) =>
        text.IndexOf(separator) is >= 0 and var at ? (text[..at], text[(at + 1)..]) : (text, null);

    private static string? RefuseNumbers(string[] numbers, string text)
    {
        if (numbers.Length > 3 || numbers.Any(number => number.Length == 0 || !DottedText.IsNumeric(number)))
            return $"Invalid version string: '{text}'";
        var wrong = Array.FindIndex(numbers, number => ReleaseGrammar.HasLeadingZero(number));
        return wrong < 0 ? null : $"Invalid leading zero in {ReleaseGrammar.NumberNames[wrong]}: '{text}'";
    }

    // No identifier at all is told from missing ones, and is good here.
    private static string? RefuseIdentifiers(string? prerelease, string? build, string text) =>
        (string.IsNullOrEmpty(prerelease) ? null : ReleaseGrammar.RefusePrerelease(prerelease, text))
        ?? (string.IsNullOrEmpty(build) ? null : ReleaseGrammar.RefuseBuild(build, text));
}
