using System.Collections.Immutable;
using Registry.Core.Charts;
using Registry.Core.Packages;
using Registry.Core.Versions;

namespace Registry.Core.Catalog;

/// <summary>Which releases in media type helm the indexes of Helm repositories list.</summary>
public static class ChartListing
{
    /// <summary>
    /// Returns why no index lists a release in media type helm, as a sentence; null when it is listed.
    /// </summary>
    /// <param name="package">The package.</param>
    /// <param name="manifest">The release. It must be complete.</param>
    /// <param name="view">The packages that the caller may pull.</param>
    public static string? ReasonUnlisted(PackageName package, Manifest manifest, PackageCatalogView view) =>
        ReasonUnlisted(package, manifest, [.. ShadowsOf(package, view)]);

    /// <inheritdoc cref="ReasonUnlisted(PackageName, Manifest, PackageCatalogView)"/>
    /// <param name="package">The package.</param>
    /// <param name="manifest">The release. It must be complete.</param>
    /// <param name="shadows">See <see cref="ShadowsOf"/>.</param>
    internal static string? ReasonUnlisted(
        PackageName package, Manifest manifest, ImmutableArray<CatalogEntry> shadows)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        if (manifest.Artifact!.Chart is null)
            return manifest.Artifact.Unlisted ?? "It is not a chart.";
        if (OwnerOf(package, manifest.Release, shadows) is { } owner)
            return $"{IndexEntry.FileName(package.Name, manifest.Release)} is an archive of the package {owner}.";
        return ChartDraft.HasNumbersOf64Bits(manifest.Release)
            ? null
            : "Helm accepts no version with a number of more than 64 bits.";
    }

    /// <summary>
    /// Returns the packages whose names are prefixes of a package's name, shortest first. An archive whose file name
    /// can be split after such a prefix belongs to a release of that package.
    /// </summary>
    internal static IEnumerable<CatalogEntry> ShadowsOf(PackageName package, PackageCatalogView view)
    {
        for (var dash = package.Name.IndexOf('-', StringComparison.Ordinal);
            dash > 0;
            dash = package.Name.IndexOf('-', dash + 1))
            if (dash + 1 < package.Name.Length
                && char.IsAsciiDigit(package.Name[dash + 1])
                && PackageName.TryCreate(package.Namespace, package.Name[..dash], out var shorter)
                && view.Find(shorter) is { } entry)
                yield return entry;
    }

    /// <summary>
    /// Returns the package with a shorter name that owns the archive of a release; null when there is none.
    /// </summary>
    private static PackageName? OwnerOf(PackageName package, Release release, ImmutableArray<CatalogEntry> shadows)
    {
        foreach (var shorter in shadows)
            if (Release.TryParse($"{package.Name[(shorter.Name.Name.Length + 1)..]}-{release}", out var other, out _)
                && shorter.HasChart(other))
                return shorter.Name;
        return null;
    }
}
