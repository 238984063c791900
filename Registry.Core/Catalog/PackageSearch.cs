using System.Collections.Immutable;
using Registry.Core.Content;

namespace Registry.Core.Catalog;

/// <summary>
/// A search for people: in names, descriptions and keywords, best matches first. Empty texts match all.
/// </summary>
/// <param name="Text">
/// Words, all of which occur in the name, the description or the keywords of a package, in any case.
/// </param>
/// <param name="Namespace">The namespace; packages of the namespaces below it are in it too.</param>
/// <param name="MediaType">A media type in which a package has a release; an invalid one matches nothing.</param>
/// <param name="Keyword">A keyword of the chart, in any case.</param>
public sealed record PackageSearch(string Text = "", string Namespace = "", string MediaType = "", string Keyword = "")
{
    /// <summary>The most words that count.</summary>
    private const int MaxWords = 8;

    /// <summary>
    /// How well a package matches: its name is the word, begins with it, or has it; or other texts have it.
    /// </summary>
    private const int Ranks = 4;

    /// <summary>Returns some of the packages that match, and the number of all.</summary>
    /// <param name="view">The packages.</param>
    /// <param name="skip">How many of the best matches to leave out.</param>
    /// <param name="count">How many packages to return at most.</param>
    public FoundPackages Find(PackageCatalogView view, int skip, int count)
    {
        ArgumentNullException.ThrowIfNull(view);
        var words = Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Take(MaxWords).ToArray();
        MediaType mediaType = default;
        if (MediaType.Length > 0 && !Content.MediaType.TryParse(MediaType, out mediaType))
            return new FoundPackages(0, []);
        if (this == new PackageSearch())
            return new FoundPackages(view.Count, [.. view.Entries.Skip(skip).Take(count)]);

        // Of each rank, only those that may be on the page are kept.
        var counts = new int[Ranks];
        var best = new List<CatalogEntry>[Ranks];
        for (var rank = 0; rank < Ranks; rank++)
            best[rank] = [];
        foreach (var entry in Candidates(view, words))
            if (HasMediaType(entry, mediaType)
                && HasKeyword(entry)
                && RankOf(entry, words) is var rank
                && counts[rank]++ < (long)skip + count)
                best[rank].Add(entry);
        return new FoundPackages(counts.Sum(), [.. best.SelectMany(static entries => entries).Skip(skip).Take(count)]);
    }

    /// <summary>Returns the packages in which the words occur, by name.</summary>
    private IEnumerable<CatalogEntry> Candidates(PackageCatalogView view, string[] words)
    {
        var prefix = Namespace.Length == 0 ? "" : $"{Namespace}/";
        var entries = words.Length == 0 ? view.From(prefix) : view.Mentioning(words, prefix);
        return prefix.Length == 0
            ? entries
            : entries.TakeWhile(entry => entry.Name.Value.StartsWith(prefix, StringComparison.Ordinal));
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

    /// <summary>Returns how well a package matches, by the word that matches worst.</summary>
    private static int RankOf(CatalogEntry entry, string[] words)
    {
        var worst = 0;
        foreach (var word in words)
            worst = Math.Max(worst, RankOf(entry.Name.Value, word));
        return worst;
    }

    private static int RankOf(string full, string word)
    {
        if (!full.Contains(word, StringComparison.OrdinalIgnoreCase))
            return Ranks - 1;
        var name = full.AsSpan(full.LastIndexOf('/') + 1);
        return name.Equals(word, StringComparison.OrdinalIgnoreCase) ? 0
            : name.StartsWith(word, StringComparison.OrdinalIgnoreCase) ? 1
            : 2;
    }
}

/// <summary>A part of the packages that a search found.</summary>
/// <param name="Count">The number of all that match.</param>
/// <param name="Entries">The part, best matches first, then by name.</param>
public sealed record FoundPackages(int Count, ImmutableArray<CatalogEntry> Entries);
