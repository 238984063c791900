using System.Collections.Immutable;
using Registry.Core.Content;

namespace Registry.Core.Catalog;

/// <summary>The filters of a list. A null filter matches everything.</summary>
/// <param name="Namespace">The exact namespace; an empty one matches nothing.</param>
/// <param name="Text">
/// A substring of <c>namespace/name</c>, compared without regard to case; an empty one matches everything.
/// </param>
/// <param name="MediaType">
/// A media type as the client sent it: matches the packages that have it, and of those the releases that have it. An
/// invalid one matches nothing.
/// </param>
/// <param name="After">
/// Matches packages whose <c>namespace/name</c> is above this text, which need not be the name of a package.
/// </param>
public sealed record CatalogQuery(string? Namespace, string? Text, string? MediaType, string? After = null)
{
    /// <summary>Returns the packages that match, sorted by name, each with the releases that match.</summary>
    public IEnumerable<CatalogEntry> Filter(PackageCatalogView view)
    {
        if (MediaType is null)
            return FilterByName(view);
        return Content.MediaType.TryParse(MediaType, out var wanted)
            ? FilterByName(view).Select(entry => FilterByMediaType(entry, wanted)).OfType<CatalogEntry>()
            : [];
    }

    /// <summary>
    /// Returns the packages whose names match. The packages of a namespace are neighbors, so only they are enumerated.
    /// </summary>
    private IEnumerable<CatalogEntry> FilterByName(PackageCatalogView view)
    {
        // No name contains a zero character, so this is the lowest text above the name itself.
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

    /// <summary>Returns the package with only its releases in a media type; null when there are none.</summary>
    private static CatalogEntry? FilterByMediaType(CatalogEntry entry, MediaType mediaType)
    {
        ImmutableArray<CatalogRelease> releases =
            [.. entry.Releases.Where(release => release.MediaTypes.Contains(mediaType))
                .Select(release => release with { MediaTypes = [mediaType] })];
        return releases.IsEmpty ? null : entry with { Releases = releases };
    }
}
