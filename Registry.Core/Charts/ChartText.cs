using System.Globalization;
using System.Text;

namespace Registry.Core.Charts;

/// <summary>Cleans the texts of a chart as Helm does when it loads one.</summary>
internal static class ChartText
{
    private const int MaxQuoted = 80;

    /// <summary>Replaces every white-space character by a space, and removes non-printable characters.</summary>
    public static string Clean(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;
        var cleaned = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            if (Rune.IsWhiteSpace(rune))
                cleaned.Append(' ');
            else if (IsPrintable(rune))
                cleaned.Append(rune.ToString());
        return cleaned.ToString();
    }

    /// <summary>Quotes a text for a message, truncated and without non-printable characters.</summary>
    public static string Quote(string text)
    {
        var clean = Clean(text);
        return clean.Length <= MaxQuoted
            ? $"'{clean}'"
            : $"'{clean[..(char.IsHighSurrogate(clean[MaxQuoted - 1]) ? MaxQuoted - 1 : MaxQuoted)]}…'";
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);
}
