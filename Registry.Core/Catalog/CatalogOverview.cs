using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Registry.Core.Content;

namespace Registry.Core.Catalog;

/// <summary>The totals of a view of the catalog.</summary>
/// <param name="Releases">The number of releases of all packages.</param>
/// <param name="NamespaceCount">The number of namespaces that directly contain packages.</param>
/// <param name="Namespaces">
/// The namespaces with the most packages, largest first. A namespace includes the packages of the namespaces below it,
/// as in <see cref="PackageSearch.Namespace"/>. Packages without a namespace are not counted.
/// </param>
/// <param name="MediaTypes">The media types in which most packages have releases, most frequent first.</param>
/// <param name="Recent">The packages that were pushed last, latest first.</param>
public sealed record CatalogOverview(
    int Releases,
    int NamespaceCount,
    ImmutableArray<CountedName> Namespaces,
    ImmutableArray<CountedName> MediaTypes,
    ImmutableArray<CatalogEntry> Recent)
{
    /// <summary>The maximum number of namespaces, and of media types.</summary>
    public const int MaxNames = 100;

    /// <summary>The maximum number of recent packages.</summary>
    public const int MaxRecent = 12;

    internal static CatalogOverview Of(PackageCatalogView view)
    {
        var namespaces = new Dictionary<string, int>(StringComparer.Ordinal);
        var bySpan = namespaces.GetAlternateLookup<ReadOnlySpan<char>>();
        var mediaTypes = new Dictionary<string, int>(StringComparer.Ordinal);
        var recent = new PriorityQueue<CatalogEntry, DateTimeOffset>(MaxRecent + 1);
        var seen = new HashSet<MediaType>();
        foreach (var entry in view.Entries)
        {
            if (entry.Name.Value.LastIndexOf('/') is > 0 and var slash)
                CollectionsMarshal.GetValueRefOrAddDefault(bySpan, entry.Name.Value.AsSpan(0, slash), out _)++;
            seen.Clear();
            ImmutableArray<MediaType> last = [];
            foreach (var release in entry.Releases)
            {
                // Consecutive releases usually share the array.
                if (release.MediaTypes == last)
                    continue;
                last = release.MediaTypes;
                foreach (var mediaType in last)
                    seen.Add(mediaType);
            }

            foreach (var mediaType in seen)
                CollectionsMarshal.GetValueRefOrAddDefault(mediaTypes, mediaType.Value, out _)++;
            if (recent.Count < MaxRecent)
                recent.Enqueue(entry, entry.PushedAt);
            else if (recent.TryPeek(out _, out var oldest) && entry.PushedAt > oldest)
                recent.DequeueEnqueue(entry, entry.PushedAt);
        }

        return new CatalogOverview(
            view.Releases,
            namespaces.Count,
            MostOf(WithThoseBelow(namespaces)),
            MostOf(mediaTypes),
            [
                .. recent.UnorderedItems.Select(static item => item.Element)
                    .OrderByDescending(static entry => entry.PushedAt)
                    .ThenBy(static entry => entry.Name),
            ]);
    }

    /// <summary>Adds the packages of each namespace to the namespaces above it.</summary>
    private static Dictionary<string, int> WithThoseBelow(Dictionary<string, int> direct)
    {
        var all = new Dictionary<string, int>(direct, StringComparer.Ordinal);
        var bySpan = all.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var (name, count) in direct)
            for (var above = name.AsSpan(); above.LastIndexOf('/') is > 0 and var slash;)
            {
                above = above[..slash];
                if (bySpan.TryGetValue(above, out var sum))
                    bySpan[above] = sum + count;
            }

        return all;
    }

    private static ImmutableArray<CountedName> MostOf(Dictionary<string, int> counts) =>
    [
        .. counts.OrderByDescending(static entry => entry.Value)
            .ThenBy(static entry => entry.Key, StringComparer.Ordinal)
            .Take(MaxNames)
            .Select(static entry => new CountedName(entry.Key, entry.Value)),
    ];
}

/// <summary>A namespace or a media type, and how many packages are in it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Packages">The number of packages.</param>
public readonly record struct CountedName(string Name, int Packages);
