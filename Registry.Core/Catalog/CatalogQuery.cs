using System.Collections.Immutable;
using Registry.Core.Content;

namespace Registry.Core.Catalog;

/// <summary>What a list asks for. Null filters nothing.</summary>
/// <param name="Namespace">The exact namespace; an empty one matches nothing.</param>
/// <param name="Text">A substring of <c>namespace/name</c>, whatever its case; an empty one filters nothing.</param>
/// <param name="MediaType">A media type as it was asked: packages that have it, and of those only the releases that have it. What is no media type matches nothing.</param>
public sealed record CatalogQuery(string? Namespace, string? Text, string? MediaType)
{
    /// <summary>The packages that match, by name, each with the releases that match.</summary>
    public IEnumerable<CatalogEntry> Of(PackageCatalogView view)
    {
        MediaType? wanted = null;
        if (MediaType is not null)
        {
            if (!Content.MediaType.TryParse(MediaType, out var known))
                yield break;
            wanted = known;
        }

        foreach (var entry in view.Entries)
        {
            if ((Namespace is not null && Namespace != entry.Name.Namespace) || (Text is not null && !Matches(entry, Text)))
                continue;
            if (wanted is not { } mediaType)
                yield return entry;
            else if (entry.Releases.Any(release => release.MediaTypes.Contains(mediaType)))
                yield return entry with { Releases = Only(entry.Releases, mediaType) };
        }
    }

    /// <summary>Whether the name of a package contains a text, whatever its case.</summary>
    public static bool Matches(CatalogEntry entry, string text) => entry.Name.Value.Contains(text, StringComparison.OrdinalIgnoreCase);

    private static ImmutableArray<CatalogRelease> Only(ImmutableArray<CatalogRelease> releases, MediaType mediaType) =>
        [.. releases.Where(release => release.MediaTypes.Contains(mediaType)).Select(release => release with { MediaTypes = [mediaType] })];
}
