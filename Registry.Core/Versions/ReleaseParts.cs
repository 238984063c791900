namespace Registry.Core.Versions;

/// <summary>
/// The parts of a release, as slices of its text. All are empty for the default release, which therefore comes first.
/// </summary>
internal readonly ref struct ReleaseParts
{
    /// <summary>Slices the text of a release that has been validated.</summary>
    public ReleaseParts(ReadOnlySpan<char> text)
    {
        if (text.IndexOf('+') is >= 0 and var plus)
        {
            Build = text[(plus + 1)..];
            text = text[..plus];
        }

        if (text.IndexOf('-') is >= 0 and var dash)
        {
            Prerelease = text[(dash + 1)..];
            text = text[..dash];
        }

        Major = DottedText.TakeFirst(ref text);
        Minor = DottedText.TakeFirst(ref text);
        Patch = text;
    }

    /// <summary>The digits of the first number, without leading zeros.</summary>
    public ReadOnlySpan<char> Major { get; }

    /// <summary>The digits of the second number.</summary>
    public ReadOnlySpan<char> Minor { get; }

    /// <summary>The digits of the third number.</summary>
    public ReadOnlySpan<char> Patch { get; }

    /// <summary>Dotted identifiers; empty when the release is not a prerelease.</summary>
    public ReadOnlySpan<char> Prerelease { get; }

    /// <summary>Dotted identifiers; empty when there is no build metadata.</summary>
    public ReadOnlySpan<char> Build { get; }

    /// <summary>
    /// Compares by the precedence of Semantic Versioning 2.0.0, section 11: returns 0 also for releases that differ
    /// only in build metadata.
    /// </summary>
    public int ComparePrecedence(ReleaseParts other)
    {
        var order = DottedText.CompareNumbers(Major, other.Major);
        if (order == 0)
            order = DottedText.CompareNumbers(Minor, other.Minor);
        if (order == 0)
            order = DottedText.CompareNumbers(Patch, other.Patch);
        return order != 0 ? order : ComparePrereleases(Prerelease, other.Prerelease);
    }

    /// <summary>Compares the prerelease identifiers of two releases; empty for none.</summary>
    public static int ComparePrereleases(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        // A prerelease precedes its release.
        if (left.IsEmpty || right.IsEmpty)
            return left.IsEmpty.CompareTo(right.IsEmpty);
        while (!left.IsEmpty && !right.IsEmpty)
        {
            var order = DottedText.CompareIdentifiers(DottedText.TakeFirst(ref left), DottedText.TakeFirst(ref right));
            if (order != 0)
                return order;
        }

        return right.IsEmpty.CompareTo(left.IsEmpty);
    }
}
