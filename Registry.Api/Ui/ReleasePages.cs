using System.Collections.Immutable;
using System.Text;
using Registry.Api.Http.Errors;
using Registry.Core.Artifacts;
using Registry.Core.Catalog;
using Registry.Core.Content;
using Registry.Core.Packages;
using Registry.Core.Repositories;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Api.Ui;

/// <summary>Collects what the page of a package shows.</summary>
internal sealed partial class ReleasePages(
    PackageFiles files,
    DerivedReleases derived,
    RepositoryManifests manifests,
    ArtifactPages artifacts,
    RenderedReadmes readmes,
    FaultLog faults,
    ILogger<ReleasePages> logger)
{
    /// <summary>The most bytes of a file that a page shows.</summary>
    public const int MaxShownBytes = 256 << 10;

    /// <summary>The most releases on a page of the list.</summary>
    private const int VersionsOnPage = 50;

    /// <summary>The most signatures and other artifacts that are shown for a release, since each is read.</summary>
    private const int MaxReferrers = 20;

    private static readonly string[] ReadmeNames = ["README.md", "Readme.md", "readme.md", "README"];

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Makes the page.</summary>
    /// <exception cref="Core.Errors.RegistryException">The release was deleted or replaced in the meantime.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<ReleaseModel> MakeAsync(ReleaseRequest request, CancellationToken cancellationToken)
    {
        var index = request.Index;
        var latest = LatestRelease.Of(index.Releases);
        var groups = ArtifactPages.GroupsOf(index);
        var artifact = request.Tag is { } tag
            ? ArtifactPages.Find(index, tag) ?? throw PageErrors.TagNotFound(index.Name, tag.Value)
            : latest is null ? ArtifactPages.Choose(index, groups)
            : null;
        if (artifact is not null)
            artifact = await artifacts.ReadAsync(index, artifact, cancellationToken);
        var manifest = artifact is null && (request.Release ?? latest) is { } shown
            ? Choose(index, shown, request.MediaType)
            : null;
        var chart = manifest is null ? null : await derived.ReadChartAsync(index.Name, manifest, cancellationToken);
        var unpacked = manifest is null ? null : await UnpackAsync(index.Name, manifest, cancellationToken);
        var unlisted = manifest is { Artifact: not null } && manifest.MediaType == MediaType.Helm
            ? ChartListing.ReasonUnlisted(index.Name, manifest, request.Visible)
            : null;
        var model = new ReleaseModel(request, latest, manifest, chart, unpacked)
        {
            Unlisted = unlisted,
            Readme = ReadmeOf(unpacked),
            Values = TextOf(unpacked?.Find("values.yaml")) is { Length: > 0 } values ? values : null,
            Commands = manifest is not null
                ? UsageCommands.Of(request.Server, index, manifest, chart, unlisted is null)
                : artifact is not null ? ArtifactCommands.Of(request.Server, index.Name, artifact)
                : [],
            ChannelCommands = ChannelCommands.Of(request.Server, index, chart?.Type == "library"),
            Artifact = artifact,
            Icon = manifest is not null && unpacked is not null && PackageIcon.Find(chart, unpacked) is not null
                ? PackageIcon.AddressOf(index.Name, manifest)
                : null,
            VersionPages = (index.Releases.Length + VersionsOnPage - 1) / VersionsOnPage,
            Tags = groups,
        };
        if (model.Tab == ReleaseTab.Readme)
            return model with
            {
                ReadmeHtml = await readmes.RenderAsync(
                    $"{manifest!.Content.StoredDigest} {request.MediaType}",
                    model.Readme!,
                    path => unpacked!.Find(path) is null ? null : model.QueryOf(ReleaseTab.Files, path),
                    cancellationToken),
            };
        if (model.Tab == ReleaseTab.Files && request.File is { } shownFile)
            return model with { FileText = TextOf(unpacked!.Find(shownFile)) };
        if (model.Tab == ReleaseTab.Versions)
            return model with { Versions = VersionsOf(index, request) };
        if (model.Tab == ReleaseTab.Tags)
            return model with { Tags = await artifacts.ReadAsync(index, groups, cancellationToken) };
        return model.Tab == ReleaseTab.Details && model.Subject is { } subject
            ? model with { Attached = await AttachedAsync(index, subject, cancellationToken) }
            : model;
    }

    /// <summary>Returns the files of a release; null, and a line in the log, if its content is lost.</summary>
    private async Task<ArchiveFiles?> UnpackAsync(
        PackageName package, Manifest manifest, CancellationToken cancellationToken)
    {
        try
        {
            return await files.ReadAsync(package, manifest, cancellationToken);
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.Corrupt)
        {
            if (faults.IsFirst(exception, $"Unpacking {package}", status: null))
                LogUnreadable(exception, package, manifest.Release);
            return null;
        }
    }

    /// <summary>Whether a page shows only the beginning of a file.</summary>
    public static bool IsCut(ArchiveFile? file) => file?.Content?.Length > MaxShownBytes;

    /// <summary>Returns the manifest of a release that a page shows.</summary>
    /// <param name="index">The package.</param>
    /// <param name="release">A release of the package.</param>
    /// <param name="mediaType">The media type, as it was requested; null for helm, or else the first.</param>
    /// <exception cref="Core.Errors.RegistryException">The release does not exist in this media type.</exception>
    public static Manifest Choose(PackageIndex index, Release release, string? mediaType)
    {
        if (mediaType is not null)
            return index.Find(release.Value, mediaType);
        return index.Find(release, MediaType.Helm) ?? index.Of(release)[0];
    }

    /// <summary>Returns the text of a file; null when it is none, or was too large to be kept.</summary>
    private static string? TextOf(ArchiveFile? file)
    {
        if (file?.Content is not { } bytes || bytes.Span.Contains((byte)0))
            return null;
        var shown = bytes.Span;
        if (shown.Length > MaxShownBytes)
        {
            var end = MaxShownBytes;
            while (end > 0 && (shown[end] & 0xc0) == 0x80)
                end--;
            shown = shown[..end];
        }

        try
        {
            return StrictUtf8.GetString(shown).TrimStart('\ufeff');
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static string? ReadmeOf(ArchiveFiles? files) =>
        TextOf(ReadmeNames.Select(name => files?.Find(name)).FirstOrDefault(static file => file is not null));

    private static ImmutableArray<VersionRow> VersionsOf(PackageIndex index, ReleaseRequest request)
    {
        using var metadata = new ReleaseMetadataReader();
        return
        [
            .. index.Releases.Skip((request.Page - 1) * VersionsOnPage).Take(VersionsOnPage)
                .Select(release => VersionRow.Of(index, release, metadata, request.Now)),
        ];
    }

    private async Task<ImmutableArray<AttachedRow>> AttachedAsync(
        PackageIndex index, OciManifest subject, CancellationToken cancellationToken)
    {
        var rows = ImmutableArray.CreateBuilder<AttachedRow>();
        foreach (var referrer in index.ReferrersOf(subject.Digest).Take(MaxReferrers))
        {
            var document = await manifests.ParseAsync(index.Name, referrer, cancellationToken);
            rows.Add(AttachedRow.Of(document.ArtifactType ?? document.MediaType, referrer.Digest));
        }

        foreach (var tag in index.Artifacts.Tags)
            if (CosignTag.Parse(tag.Name) is { } attached && attached.Subject == subject.Digest
                && index.FindManifest(tag.Digest) is { } found)
            {
                var row = AttachedRow.Of($"cosign {attached.Kind}", found.Manifest.Digest);
                rows.Add(row with { IsFile = false });
            }

        return rows.DrainToImmutable();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The content of {Package} {Release} cannot be read for its page")]
    private partial void LogUnreadable(Exception fault, PackageName package, Release release);
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
    /// <summary>The packages that the caller may pull.</summary>
    public required PackageCatalogView Visible { get; init; }

    /// <summary>The tag of the image or artifact to show instead of a release; null for none.</summary>
    public TagName? Tag { get; init; }

    /// <summary>Whether the caller may change the package on pages.</summary>
    public bool CanManage { get; init; }
}
