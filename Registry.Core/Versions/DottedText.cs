namespace Registry.Core.Versions;

/// <summary>Reads and compares dot-separated identifiers in place.</summary>
internal static class DottedText
{
    /// <summary>
    /// Removes and returns the text before the first dot, together with the dot; the whole text when there is no dot.
    /// </summary>
    public static ReadOnlySpan<char> TakeFirst(scoped ref ReadOnlySpan<char> text)
    {
        var dot = text.IndexOf('.');
        var first = dot < 0 ? text : text[..dot];
        text = dot < 0 ? [] : text[(dot + 1)..];
        return first;
    }

    /// <summary>Whether the text consists of ASCII digits only; true for empty text.</summary>
    public static bool IsNumeric(ReadOnlySpan<char> identifier) => !identifier.ContainsAnyExceptInRange('0', '9');

    /// <summary>Compares numbers of any size, which must have no leading zeros.</summary>
    public static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right) =>
        left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);

    /// <summary>
    /// Compares prerelease identifiers: numbers by value, words in ASCII order, numbers before words.
    /// </summary>
    public static int CompareIdentifiers(ReadOnlySpan<char> left, ReadOnlySpan<char> right) =>
        (IsNumeric(left), IsNumeric(right)) switch
        {
            (true, true) => CompareNumbers(left, right),
            (true, false) => -1,
            (false, true) => 1,
            _ => left.SequenceCompareTo(right),
        };
}
