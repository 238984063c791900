using System.Collections.Immutable;
using Registry.Core.Content;

namespace Registry.Core.Catalog;

/// <summary>
/// A search by users in names, descriptions and keywords, best matches first. Empty texts match everything.
/// </summary>
/// <param name="Text">
/// Words, all of which must occur in the name, the description or the keywords of a package, ignoring case. Any
/// character other than a letter or digit separates words; names are also searched without their separators. If no
/// package has all words, packages with similar words are returned: <see cref="FoundPackages.IsApproximate"/>.
/// </param>
/// <param name="Namespace">The namespace, including the namespaces below it.</param>
/// <param name="MediaType">A media type in which a package has a release; an invalid one matches nothing.</param>
/// <param name="Keyword">A keyword of the chart, ignoring case.</param>
public sealed record PackageSearch(string Text = "", string Namespace = "", string MediaType = "", string Keyword = "")
{
    /// <summary>The maximum number of words; the rest are ignored.</summary>
    private const int MaxWords = 8;

    /// <summary>Returns some of the packages that match, and the number of all.</summary>
    /// <param name="view">The packages.</param>
    /// <param name="skip">How many of the best matches to leave out.</param>
    /// <param name="count">How many packages to return at most.</param>
    public FoundPackages Find(PackageCatalogView view, int skip, int count)
    {
        ArgumentNullException.ThrowIfNull(view);
        byte[][] words = [.. SearchWords.Of(Text).Take(MaxWords)];
        MediaType mediaType = default;
        if ((MediaType.Length > 0 && !Content.MediaType.TryParse(MediaType, out mediaType))
            || (words.Length == 0 && !string.IsNullOrWhiteSpace(Text)))
            return new FoundPackages(0, []);
        if (this == new PackageSearch())
            return new FoundPackages(view.Count, [.. view.Entries.Skip(skip).Take(count)]);
        var prefix = Namespace.Length == 0 ? "" : $"{Namespace}/";
        if (words.Length == 0)
            return Best(view.From(prefix).Select(static entry => new RankedEntry(entry, 0)), ranks: 1);
        var exact = new SearchRanking(words);
        var found = Best(view.Ranked(exact, prefix), exact.Ranks);
        if (found.Count > 0)
            return found;
        var similar = new SimilarNames(words);
        if (!similar.MayExist)
            return found;
        found = Best(view.Ranked(similar, prefix), similar.Ranks);
        return found with { IsApproximate = found.Count > 0 };

        // Of each rank, only those that may be on the page are kept.
        FoundPackages Best(IEnumerable<RankedEntry> candidates, int ranks)
        {
            var counts = new int[ranks];
            var best = new List<CatalogEntry>[ranks];
            for (var rank = 0; rank < ranks; rank++)
                best[rank] = [];
            foreach (var (entry, rank) in candidates)
            {
                if (!entry.Name.Value.StartsWith(prefix, StringComparison.Ordinal))
                    break;
                if (HasMediaType(entry, mediaType) && HasKeyword(entry) && counts[rank]++ < (long)skip + count)
                    best[rank].Add(entry);
            }

            return new FoundPackages(
                counts.Sum(), [.. best.SelectMany(static entries => entries).Skip(skip).Take(count)]);
        }
    }

    private bool HasMediaType(CatalogEntry entry, MediaType mediaType)
    {
        if (MediaType.Length == 0)
            return true;
        foreach (var release in entry.Releases)
            if (release.MediaTypes.Contains(mediaType))
                return true;
        return false;
    }

    private bool HasKeyword(CatalogEntry entry) =>
        Keyword.Length == 0
        || entry.Chart?.Keywords.Contains(Keyword, StringComparer.OrdinalIgnoreCase) == true;
}

/// <summary>A part of the packages that a search found.</summary>
/// <param name="Count">The number of all that match.</param>
/// <param name="Entries">The part, best matches first, then by name.</param>
public sealed record FoundPackages(int Count, ImmutableArray<CatalogEntry> Entries)
{
    /// <summary>
    /// Whether no package has all words, and these have words that are similar: the text may have a typo.
    /// </summary>
    public bool IsApproximate { get; init; }
}
