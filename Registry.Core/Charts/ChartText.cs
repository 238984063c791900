using System.Globalization;
using System.Text;

namespace Registry.Core.Charts;

/// <summary>Cleans the texts of a chart as Helm does when it loads one.</summary>
internal static class ChartText
{
    private const int MaxQuoted = 80;

    /// <summary>Replaces every kind of white space by a space, and removes what cannot be printed.</summary>
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

    /// <summary>Quotes a text in a message, shortened and without what cannot be printed.</summary>
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
