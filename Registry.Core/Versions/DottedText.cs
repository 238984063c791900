namespace Registry.Core.Versions;

/// <summary>Text of identifiers joined by dots, as releases are made of: walked and compared in place.</summary>
internal static class DottedText
{
    /// <summary>
    /// Takes the text before the first dot and leaves what follows that dot; takes all when there is no dot.
    /// </summary>
    public static ReadOnlySpan<char> TakeFirst(scoped ref ReadOnlySpan<char> text)
    {
        var dot = text.IndexOf('.');
        var first = dot < 0 ? text : text[..dot];
        text = dot < 0 ? [] : text[(dot + 1)..];
        return first;
    }

    /// <summary>Whether it holds ASCII digits alone; so it is also for no text at all.</summary>
    public static bool IsNumeric(ReadOnlySpan<char> identifier) => !identifier.ContainsAnyExceptInRange('0', '9');

    /// <summary>Orders numbers of any size by their digits: without leading zeros, the longer is the greater.</summary>
    public static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right) =>
        left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);

    /// <summary>Orders prerelease identifiers: numbers by value and before words, words by ASCII.</summary>
    public static int CompareIdentifiers(ReadOnlySpan<char> left, ReadOnlySpan<char> right) =>
        (IsNumeric(left), IsNumeric(right)) switch
        {
            (true, true) => CompareNumbers(left, right),
            (true, false) => -1,
            (false, true) => 1,
            _ => left.SequenceCompareTo(right),
        };
}
