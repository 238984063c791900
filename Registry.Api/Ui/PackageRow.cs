using Registry.Core.Catalog;
using Registry.Core.Packages;

namespace Registry.Api.Ui;

/// <summary>A package in a list.</summary>
/// <param name="Name">The package.</param>
/// <param name="Description">The description of its chart; empty if it has none.</param>
/// <param name="Keywords">The keywords of its chart.</param>
/// <param name="IsDeprecated">Whether its chart is deprecated.</param>
/// <param name="Latest">The release that is shown for it; empty when it has none.</param>
/// <param name="Releases">The number of releases.</param>
/// <param name="MediaTypes">The media types of its releases, by name.</param>
/// <param name="PushedAt">When it was pushed last.</param>
internal sealed record PackageRow(
    PackageName Name,
    string Description,
    IReadOnlyList<string> Keywords,
    bool IsDeprecated,
    string Latest,
    int Releases,
    IReadOnlyList<string> MediaTypes,
    PageTime PushedAt)
{
    /// <summary>The most keywords in a list.</summary>
    private const int MaxKeywords = 5;

    /// <summary>
    /// The namespace, if it is below that of the page; null otherwise, and on pages without a namespace.
    /// </summary>
    public string? Below { get; init; }

    /// <summary>Returns the row of a package.</summary>
    public static PackageRow Of(CatalogEntry entry, DateTimeOffset now) => new(
        entry.Name,
        entry.Chart?.Description ?? "",
        [.. entry.Chart?.Keywords.Take(MaxKeywords) ?? []],
        entry.Chart?.IsDeprecated == true,
        LatestRelease.Of(entry.Releases.Select(static known => known.Release))?.Value ?? "",
        entry.Releases.Length,
        [
            .. entry.Releases.SelectMany(static release => release.MediaTypes)
                .Distinct()
                .Order()
                .Select(static type => type.Value),
        ],
        new PageTime(entry.PushedAt, now));
}
