using System.Collections.Immutable;
using Registry.Core.Content;

namespace Registry.Core.Catalog;

/// <summary>What a list asks for. Null filters nothing.</summary>
/// <param name="Namespace">The exact namespace; an empty one matches nothing.</param>
/// <param name="Text">A substring of <c>namespace/name</c>, whatever its case; an empty one filters nothing.</param>
/// <param name="MediaType">
/// A media type as it was asked: packages that have it, and of those only the releases that have it. What is no media
/// type matches nothing.
/// </param>
/// <param name="After">
/// Only packages whose <c>namespace/name</c> is above this text, which need not be the name of one.
/// </param>
public sealed record CatalogQuery(string? Namespace, string? Text, string? MediaType, string? After = null)
{
    /// <summary>The packages that match, by name, each with the releases that match.</summary>
    public IEnumerable<CatalogEntry> Of(PackageCatalogView view)
    {
        if (MediaType is null)
            return NamedIn(view);
        return Content.MediaType.TryParse(MediaType, out var wanted)
            ? NamedIn(view).Select(entry => Only(entry, wanted)).OfType<CatalogEntry>()
            : [];
    }

    /// <summary>
    /// Those that match by name. The packages of a namespace are neighbours: nothing before or behind them is looked
    /// at.
    /// </summary>
    private IEnumerable<CatalogEntry> NamedIn(PackageCatalogView view)
    {
        // A zero byte, which no name holds, leads past the name itself.
        var from = After is null ? "" : After + '\0';
        var prefix = Namespace is null ? "" : Namespace + '/';
        if (string.CompareOrdinal(from, prefix) < 0)
            from = prefix;
        var entries = string.IsNullOrEmpty(Text) ? view.From(from)
            : Namespace is null ? view.Containing(Text, from)
            : view.From(from)
                .TakeWhile(IsWithin)
                .Where(entry => entry.Name.Value.Contains(Text, StringComparison.OrdinalIgnoreCase));
        return Namespace is null ? entries : entries.TakeWhile(IsWithin);

        bool IsWithin(CatalogEntry entry) => entry.Name.Value.StartsWith(prefix, StringComparison.Ordinal);
    }

    /// <summary>What a package has in a media type; null for nothing.</summary>
    private static CatalogEntry? Only(CatalogEntry entry, MediaType mediaType)
    {
        ImmutableArray<CatalogRelease> releases =
            [.. entry.Releases.Where(release => release.MediaTypes.Contains(mediaType))
                .Select(release => release with { MediaTypes = [mediaType] })];
        return releases.IsEmpty ? null : entry with { Releases = releases };
    }
}
