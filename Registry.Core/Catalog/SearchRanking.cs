namespace Registry.Core.Catalog;

/// <summary>How well a package matches a search, best first.</summary>
internal enum SearchRank
{
    /// <summary>The name is the text.</summary>
    NameEquals,

    /// <summary>The name begins with the text.</summary>
    NameBegins,

    /// <summary>The text is a word of the name, or of the namespace.</summary>
    NameWord,

    /// <summary>The name or the namespace contains the text.</summary>
    NameContains,

    /// <summary>A keyword is the text.</summary>
    Keyword,

    /// <summary>The text is a word of the description or of a keyword.</summary>
    Word,

    /// <summary>A word of the description or of a keyword begins with the text.</summary>
    WordBegins,

    /// <summary>The text is within a word of the description or of a keyword.</summary>
    Inside,
}

/// <summary>
/// Finds packages that have all words of a search, and ranks them by where the words are. Separators do not count: the
/// names <c>argo-cd</c> and <c>argocd</c> are equal.
/// </summary>
internal sealed class SearchRanking : ISearchRanking
{
    /// <summary>Longest first, because it is usually in the fewest packages.</summary>
    private readonly byte[][] words;

    private readonly byte[] joined;

    /// <param name="words">The words; at least one.</param>
    public SearchRanking(byte[][] words)
    {
        joined = [.. words.SelectMany(static word => word)];
        this.words = [.. words.OrderByDescending(static word => word.Length)];
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Required => words[0];

    /// <inheritdoc/>
    public int Ranks => (int)SearchRank.Inside + 1;

    /// <inheritdoc/>
    public int? RankOf(ReadOnlySpan<byte> mention)
    {
        foreach (var word in words.AsSpan(1))
            if (mention.IndexOf(word) < 0)
                return null;
        var namesEnd = mention.IndexOf(SearchText.PartEnd);
        var names = mention[..namesEnd];
        var next = names.IndexOf(SearchText.Next);
        var full = next < 0 ? names : names[..next];
        var others = mention[(namesEnd + 1)..];
        var together = RankOf(full, names, others, joined);
        if (words.Length == 1 || together <= SearchRank.NameBegins)
            return (int)together;
        if (BeginningOf(full, joined) == Beginning.Whole)
            return (int)SearchRank.NameEquals;
        // The rank of the word that matches worst.
        var worst = SearchRank.NameEquals;
        foreach (var word in words)
            if (RankOf(full, names, others, word) is var rank && rank > worst)
                worst = rank;
        return Math.Min((int)worst, (int)together);
    }

    /// <param name="full">The name with its namespace.</param>
    /// <param name="names">The same, followed by the name without separators if it has some.</param>
    /// <param name="others">The keywords and the description.</param>
    /// <param name="word">The word.</param>
    private static SearchRank RankOf(
        ReadOnlySpan<byte> full, ReadOnlySpan<byte> names, ReadOnlySpan<byte> others, ReadOnlySpan<byte> word)
    {
        var beginning = BeginningOf(full[(full.LastIndexOf((byte)'/') + 1)..], word);
        return beginning == Beginning.Whole ? SearchRank.NameEquals
            : beginning != Beginning.None ? SearchRank.NameBegins
            : HasWord(full, word) ? SearchRank.NameWord
            : names.IndexOf(word) >= 0 ? SearchRank.NameContains
            : RankInOthers(others, word);
    }

    private static bool HasWord(ReadOnlySpan<byte> name, ReadOnlySpan<byte> word)
    {
        for (var i = 0; i < name.Length; i++)
            if ((i == 0 || !SearchWords.IsPart(name[i - 1]))
                && BeginningOf(name[i..], word) is Beginning.Whole or Beginning.Words)
                return true;
        return false;
    }

    private static SearchRank RankInOthers(ReadOnlySpan<byte> others, ReadOnlySpan<byte> word)
    {
        var keywordsEnd = others.IndexOf(SearchText.PartEnd);
        var best = SearchRank.Inside;
        var end = 0;
        while (others[end..].IndexOf(word) is >= 0 and var found)
        {
            var start = end + found;
            end = start + word.Length;
            if (start > 0 && SearchWords.IsPart(others[start - 1]))
                continue;
            // A text ends with a byte that is no part of a word.
            if (SearchWords.IsPart(others[end]))
                best = Min(best, SearchRank.WordBegins);
            else if (end > keywordsEnd || others[end] != SearchText.Next
                || (start > 0 && others[start - 1] != SearchText.Next))
                best = SearchRank.Word;
            else
                return SearchRank.Keyword;
            if (best == SearchRank.Word && end > keywordsEnd)
                break;
        }

        return best;
    }

    private static SearchRank Min(SearchRank left, SearchRank right) => left < right ? left : right;

    /// <summary>Returns whether a text, without its separators, begins with a word, and where the word ends.</summary>
    private static Beginning BeginningOf(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        var matched = 0;
        var ends = false;
        foreach (var letter in text)
            if (!SearchWords.IsPart(letter))
                ends = matched == word.Length;
            else if (matched == word.Length)
                return ends ? Beginning.Words : Beginning.Letters;
            else if (letter != word[matched++])
                return Beginning.None;
        return matched == word.Length ? Beginning.Whole : Beginning.None;
    }

    /// <summary>The part at the start of a text that a word matches.</summary>
    private enum Beginning
    {
        /// <summary>The text does not begin with the word.</summary>
        None,

        /// <summary>The first letters of the text; the word ends within a word of the text.</summary>
        Letters,

        /// <summary>The first words of the text.</summary>
        Words,

        /// <summary>The whole text.</summary>
        Whole,
    }
}
