using System.Collections.Immutable;
using System.Text;
using Registry.Core.Content;
using Registry.Core.Packages;
using Registry.Core.Repositories;
using Registry.Core.Versions;

namespace Registry.Api.Ui;

/// <summary>Collects what the page of a package shows.</summary>
internal sealed class ReleasePages(PackageFiles files, DerivedReleases derived, RepositoryManifests manifests)
{
    /// <summary>The most releases on a page of the list.</summary>
    private const int VersionsOnPage = 50;

    /// <summary>The most signatures and other artifacts that are shown for a release, since each is read.</summary>
    private const int MaxReferrers = 20;

    /// <summary>The most tags that are shown.</summary>
    private const int MaxTags = 200;

    private static readonly string[] ReadmeNames = ["README.md", "Readme.md", "readme.md", "README"];

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Makes the page.</summary>
    /// <exception cref="Core.Errors.RegistryException">The release was deleted or replaced meanwhile.</exception>
    /// <exception cref="Core.Storage.StorageException">The storage failed.</exception>
    public async Task<ReleaseModel> MakeAsync(ReleaseRequest request, CancellationToken cancellationToken)
    {
        var index = request.Index;
        var latest = LatestRelease.Of(index.Releases);
        var manifest = (request.Release ?? latest) is { } shown ? Choose(index, shown, request.MediaType) : null;
        var chart = manifest is null ? null : await derived.ReadChartAsync(index.Name, manifest, cancellationToken);
        var unpacked = manifest is null ? null : await files.ReadAsync(index.Name, manifest, cancellationToken);
        var model = new ReleaseModel(request, latest, manifest, chart, unpacked)
        {
            Readme = ReadmeOf(unpacked),
            Values = TextOf(unpacked?.Find("values.yaml")) is { Length: > 0 } values ? values : null,
            Commands = manifest is null ? [] : UseCommands.Of(request.Server, index, manifest, chart),
            Icon = manifest is not null && unpacked is not null && PackageIcon.Find(chart, unpacked) is not null
                ? PackageIcon.AddressOf(index.Name, manifest)
                : null,
            Versions = VersionsOf(index, request),
            VersionPages = (index.Releases.Length + VersionsOnPage - 1) / VersionsOnPage,
            Tags = TagsOf(index),
        };
        return model.Tab == ReleaseTab.Details && manifest?.Artifact is { } artifact
            ? model with { Attached = await AttachedAsync(index, artifact.Current, cancellationToken) }
            : model;
    }

    /// <summary>Returns the text of a file; null when it is none, or was too large to be kept.</summary>
    public static string? TextOf(ArchiveFile? file)
    {
        if (file?.Content is not { } bytes || bytes.Span.Contains((byte)0))
            return null;
        try
        {
            return StrictUtf8.GetString(bytes.Span).TrimStart('\ufeff');
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static string? ReadmeOf(ArchiveFiles? files) =>
        TextOf(ReadmeNames.Select(name => files?.Find(name)).FirstOrDefault(static file => file is not null));

    private static Manifest Choose(PackageIndex index, Release release, string? mediaType)
    {
        if (mediaType is not null)
            return index.Find(release.Value, mediaType);
        return index.Find(release, MediaType.Helm) ?? index.Of(release)[0];
    }

    private static ImmutableArray<VersionRow> VersionsOf(PackageIndex index, ReleaseRequest request) =>
    [
        .. index.Releases.Skip((request.Page - 1) * VersionsOnPage).Take(VersionsOnPage)
            .Select(release => VersionRow.Of(index, release, request.Now)),
    ];

    private static ImmutableArray<TagRow> TagsOf(PackageIndex index) =>
    [
        .. index.Artifacts.Tags.Take(MaxTags)
            .Select(tag => (tag.Name, Found: index.FindManifest(tag.Digest)))
            .Where(static tag => tag.Found is not null)
            .Select(static tag => new TagRow(tag.Name, tag.Found!.Manifest)),
    ];

    private async Task<ImmutableArray<AttachedRow>> AttachedAsync(
        PackageIndex index, StoredManifest subject, CancellationToken cancellationToken)
    {
        var rows = ImmutableArray.CreateBuilder<AttachedRow>();
        foreach (var referrer in index.ReferrersOf(subject.Digest).Take(MaxReferrers))
        {
            var document = await manifests.ParseAsync(index.Name, referrer, cancellationToken);
            rows.Add(AttachedRow.Of(document.ArtifactType ?? document.MediaType, referrer));
        }

        // Cosign marks its older signatures by tags.
        var prefix = $"sha256-{subject.Digest}.";
        foreach (var tag in index.Artifacts.Tags)
            if (tag.Name.Value.StartsWith(prefix, StringComparison.Ordinal)
                && index.FindManifest(tag.Digest) is { } found)
                rows.Add(AttachedRow.Of($"cosign {tag.Name.Value[prefix.Length..]}", found.Manifest));
        return rows.DrainToImmutable();
    }
}

/// <summary>What the page of a package was asked for.</summary>
/// <param name="Server">The address of the registry.</param>
/// <param name="Index">The package.</param>
/// <param name="Release">The release; null for the latest.</param>
/// <param name="Tab">The name of the part.</param>
/// <param name="File">The path of the file to show; null for none.</param>
/// <param name="MediaType">The media type; null for that of the chart, or else the first.</param>
/// <param name="Page">The page of the list of releases, from 1.</param>
/// <param name="Now">The current time.</param>
internal sealed record ReleaseRequest(
    ServerAddress Server,
    PackageIndex Index,
    Release? Release,
    string Tab,
    string? File,
    string? MediaType,
    int Page,
    DateTimeOffset Now)
{
    /// <summary>Whether the caller may change the package on pages.</summary>
    public bool CanManage { get; init; }
}
