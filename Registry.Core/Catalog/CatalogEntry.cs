using System.Collections.Immutable;
using Registry.Core.Charts;
using Registry.Core.Content;
using Registry.Core.Documents;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Catalog;

/// <summary>A package as lists and searches show it.</summary>
/// <param name="Name">The package.</param>
/// <param name="CreatedAt">The time of its first push.</param>
/// <param name="Releases">Its releases, highest first; empty when it has OCI artifacts only.</param>
/// <param name="Revision">The revision of the index that the entry was built from.</param>
/// <param name="Fingerprint">The <see cref="DocumentSnapshot{TState}.Fingerprint"/> of that index.</param>
public sealed record CatalogEntry(
    PackageName Name,
    DateTimeOffset CreatedAt,
    ImmutableArray<CatalogRelease> Releases,
    Revision Revision,
    UInt128 Fingerprint)
{
    /// <summary>
    /// Whether a release that an earlier version of the registry stored still lacks its data for OCI and Helm clients.
    /// </summary>
    public bool IsIncomplete { get; init; }

    /// <summary>The time of the last push of a release; that of the first push without releases.</summary>
    public required DateTimeOffset PushedAt { get; init; }

    /// <summary>
    /// The summary of the highest release that is a chart; null when there is none. Metadata in a separate blob is
    /// not read.
    /// </summary>
    public ChartSummary? Chart { get; init; }

    /// <summary>Whether the package has a release in media type helm.</summary>
    internal bool HasChart(Release release)
    {
        foreach (var known in Releases)
            if (known.Release == release)
                return known.MediaTypes.Contains(MediaType.Helm);
        return false;
    }

    internal static CatalogEntry Of(DocumentSnapshot<PackageIndex> snapshot)
    {
        var index = snapshot.State;
        return new CatalogEntry(
            index.Name,
            index.CreatedAt,
            ReleasesOf(index),
            snapshot.Revision,
            snapshot.Fingerprint)
        {
            IsIncomplete = index.IsIncomplete,
            PushedAt = index.Manifests.IsEmpty
                ? index.CreatedAt
                : index.Manifests.Max(static manifest => manifest.CreatedAt),
            Chart = ChartOf(index),
        };
    }

    private static ChartSummary? ChartOf(PackageIndex index)
    {
        foreach (var manifest in index.Manifests)
            if (manifest.Artifact?.Chart is { } chart)
            {
                using var reader = new ReleaseMetadataReader();
                return reader.Read(chart.Metadata) is { } json ? ChartSummary.Read(json.Utf8.Span) : null;
            }

        return null;
    }

    private static ImmutableArray<CatalogRelease> ReleasesOf(PackageIndex index)
    {
        var releases = ImmutableArray.CreateBuilder<CatalogRelease>(index.Releases.Length);
        ImmutableArray<MediaType> last = [];
        var rest = index.Manifests.AsSpan();
        foreach (var release in index.Releases)
        {
            var count = 1;
            while (count < rest.Length && rest[count].Release == release)
                count++;
            // Consecutive releases usually have the same media types: share the array.
            if (!AreMediaTypesOf(last, rest[..count]))
                last = MediaTypesOf(rest[..count]);
            releases.Add(new CatalogRelease(release, last));
            rest = rest[count..];
        }

        return releases.MoveToImmutable();
    }

    private static bool AreMediaTypesOf(ImmutableArray<MediaType> mediaTypes, ReadOnlySpan<Manifest> manifests)
    {
        if (mediaTypes.Length != manifests.Length)
            return false;
        for (var i = 0; i < manifests.Length; i++)
            if (mediaTypes[i] != manifests[i].MediaType)
                return false;
        return true;
    }

    private static ImmutableArray<MediaType> MediaTypesOf(ReadOnlySpan<Manifest> manifests)
    {
        var mediaTypes = ImmutableArray.CreateBuilder<MediaType>(manifests.Length);
        foreach (var manifest in manifests)
            mediaTypes.Add(manifest.MediaType);
        return mediaTypes.MoveToImmutable();
    }
}

/// <summary>A release as lists and searches show it.</summary>
/// <param name="Release">The release.</param>
/// <param name="MediaTypes">Its media types, sorted by name; never empty.</param>
public readonly record struct CatalogRelease(Release Release, ImmutableArray<MediaType> MediaTypes);
