namespace Registry.Core.Catalog;

/// <summary>
/// Finds packages despite typos: each word of a search must occur in the package, or be similar to a word of its name,
/// of its namespace or of its keywords. Fewer edits rank first, and names before keywords.
/// </summary>
/// <param name="words">The words.</param>
internal sealed class SimilarNames(IEnumerable<byte[]> words) : ISearchRanking
{
    /// <summary>The maximum number of edits between similar words.</summary>
    private const int MaxDistance = 2;

    /// <summary>The maximum length of words that are compared, because a comparison allocates on the stack.</summary>
    private const int MaxLength = 64;

    /// <summary>Longest first, because it is usually in the fewest packages.</summary>
    private readonly Word[] words = [.. words.Select(Word.Of).OrderByDescending(static word => word.Text.Length)];

    /// <summary>Whether any word may have similar ones.</summary>
    public bool MayExist => words.Any(static word => word.MaxEdits > 0);

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Required => [];

    /// <inheritdoc/>
    public int Ranks => 2 * (MaxDistance + 1);

    /// <inheritdoc/>
    public int? RankOf(ReadOnlySpan<byte> mention)
    {
        Span<int> ranks = stackalloc int[words.Length];
        ranks.Fill(Ranks);
        Compare(mention, ranks);
        var worst = 0;
        for (var i = 0; i < ranks.Length; i++)
            if (ranks[i] < Ranks)
                worst = Math.Max(worst, ranks[i]);
            else if (mention.IndexOf(words[i].Text) < 0)
                return null;
        return worst;
    }

    /// <summary>Compares the names and keywords with all words, and enters the best rank of each.</summary>
    private void Compare(ReadOnlySpan<byte> mention, Span<int> ranks)
    {
        var (start, letters, parts) = (0, 0u, 0);
        for (var end = 0; ; end++)
        {
            var letter = mention[end];
            if (SearchWords.IsPart(letter))
            {
                letters |= SearchWords.SetOf(letter);
                continue;
            }

            var found = mention[start..end];
            for (var i = 0; i < words.Length; i++)
                if (words[i].DistanceTo(found, letters) is { } distance)
                    ranks[i] = Math.Min(ranks[i], (2 * distance) + parts);
            (start, letters) = (end + 1, 0u);
            if (letter == SearchText.PartEnd && parts++ == 1)
                return;
        }
    }

    /// <param name="Text">The word.</param>
    /// <param name="Letters">Its letters.</param>
    /// <param name="MaxEdits">The maximum number of edits between it and a similar word.</param>
    private sealed record Word(byte[] Text, uint Letters, int MaxEdits)
    {
        public static Word Of(byte[] text) => new(
            text,
            text.Aggregate(0u, static (letters, letter) => letters | SearchWords.SetOf(letter)),
            text.Length switch
            {
                < 4 or > MaxLength => 0,
                <= 6 => 1,
                _ => MaxDistance,
            });

        /// <summary>Returns the distance to another word; null if it is not similar.</summary>
        public int? DistanceTo(ReadOnlySpan<byte> other, uint letters) =>
            MaxEdits > 0
            && Math.Abs(other.Length - Text.Length) <= MaxEdits
            && SearchWords.DifferenceOf(letters, Letters) <= MaxEdits
            && SearchWords.DistanceOf(other, Text) is var distance && distance <= MaxEdits
                ? distance
                : null;
    }
}
