using System.Collections.Immutable;
using System.Text;
using Registry.Api.Http.Errors;
using Registry.Api.Http.Transfers;
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
    /// <summary>
    /// The memory that is reserved before the length of the text is known, in bytes: that of 24 KiB of text.
    /// </summary>
    private const int UsualBytes = 384 << 10;

    /// <summary>The most releases on a page of the list.</summary>
    private const int VersionsOnPage = 50;

    /// <summary>The most signatures and other artifacts that are shown for a release, since each is read.</summary>
    private const int MaxReferrers = 20;

    private static readonly string[] ReadmeNames = ["README.md", "Readme.md", "readme.md", "README"];

    /// <summary>Makes the page.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="transfer">
    /// The request. It reserves the memory of the page before the page takes it, and until it is sent: a client may
    /// read slowly, or not at all.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="Core.Errors.RegistryException">
    /// The release was deleted or replaced in the meantime; <see cref="Core.Errors.ErrorCode.Unavailable"/>: the memory
    /// budget is exhausted.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<ReleaseModel> MakeAsync(
        ReleaseRequest request, RequestTransfer transfer, CancellationToken cancellationToken)
    {
        var found = Find(request);
        for (var bytes = found.RenderBytes + UsualBytes; ;)
        {
            await transfer.ReserveInsteadAsync(bytes, cancellationToken);
            var model = await ReadAsync(found, bytes, cancellationToken);

            // Only the files tell the size of a long page. It is read again, so that it holds nothing while it waits.
            if (model.RenderBytes <= bytes)
                return await CompleteAsync(model, bytes, transfer, cancellationToken);
            bytes = model.RenderBytes;
        }
    }

    /// <summary>Returns what the index tells.</summary>
    private static ReleaseModel Find(ReleaseRequest request)
    {
        var index = request.Index;
        var latest = LatestRelease.Of(index.Releases);
        var groups = ArtifactPages.GroupsOf(index);
        var artifact = request.Tag is { } tag
            ? ArtifactPages.Find(index, tag) ?? throw PageErrors.TagNotFound(index.Name, tag.Value)
            : latest is null ? ArtifactPages.Choose(index, groups)
            : null;
        var manifest = artifact is null && (request.Release ?? latest) is { } shown
            ? Choose(index, shown, request.MediaType)
            : null;
        return new ReleaseModel(request, latest, manifest)
        {
            Unlisted = manifest is { Artifact: not null } && manifest.MediaType == MediaType.Helm
                ? ChartListing.ReasonUnlisted(index.Name, manifest, request.Visible)
                : null,
            Artifact = artifact,
            VersionPages = (index.Releases.Length + VersionsOnPage - 1) / VersionsOnPage,
            Tags = groups,
        };
    }

    /// <summary>Reads what is shown.</summary>
    /// <param name="found">What the index tells.</param>
    /// <param name="bytes">The memory of the page. A text for which it does not suffice is not read.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    private async Task<ReleaseModel> ReadAsync(ReleaseModel found, long bytes, CancellationToken cancellationToken)
    {
        var (server, index) = (found.Request.Server, found.Index);
        var artifact = found.Artifact is { } chosen
            ? await artifacts.ReadAsync(index, chosen, cancellationToken)
            : null;
        var manifest = found.Manifest;
        var chart = manifest is null ? null : await derived.ReadChartAsync(index.Name, manifest, cancellationToken);
        var model = found with
        {
            Artifact = artifact,
            Chart = chart,
            Commands = manifest is not null
                ? UsageCommands.Of(server, index, manifest, chart, found.Unlisted is null)
                : artifact is not null ? ArtifactCommands.Of(server, index.Name, artifact)
                : [],
            ChannelCommands = ChannelCommands.Of(server, index, chart?.Type == "library"),
        };
        return manifest is null ? model : await UnpackAsync(model, manifest, bytes, cancellationToken);
    }

    /// <summary>Adds the files of a release; none, and a line in the log, if its content is lost.</summary>
    private async Task<ReleaseModel> UnpackAsync(
        ReleaseModel model, Manifest manifest, long bytes, CancellationToken cancellationToken)
    {
        try
        {
            return await files.ReadAsync(
                model.Name, manifest, unpacked => WithFiles(model, manifest, unpacked, bytes), cancellationToken);
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.Corrupt)
        {
            if (faults.IsFirst(exception, $"Unpacking {model.Name}", status: null))
                LogUnreadable(exception, model.Name, manifest.Release);
            return model;
        }
    }

    private static ReleaseModel WithFiles(ReleaseModel model, Manifest manifest, ArchiveFiles unpacked, long bytes)
    {
        var readme = PageFile.FindText(
            ReadmeNames.Select(unpacked.Find).FirstOrDefault(static file => file is not null));
        var values = PageFile.FindText(unpacked.Find("values.yaml"));
        model = model with
        {
            Files = PageFiles.Of(unpacked),
            HasReadme = readme is not null,
            HasValues = values is { Length: > 0 },
            Icon = PackageIcon.Find(model.Chart, unpacked) is not null
                ? PackageIcon.AddressOf(model.Name, manifest)
                : null,
        };
        var shown = model.Tab == ReleaseTab.Readme ? readme
            : model.Tab == ReleaseTab.Values ? values
            : model.Tab == ReleaseTab.Files && model.Request.File is { } path
                ? PageFile.FindText(unpacked.Find(path))
            : null;
        if (shown is not { } text)
            return model;
        model = model with { TextBytes = text.Length };
        return model.RenderBytes <= bytes ? model with { Text = Encoding.UTF8.GetString(text.Span) } : model;
    }

    /// <summary>Adds what only the shown part needs.</summary>
    private async Task<ReleaseModel> CompleteAsync(
        ReleaseModel model, long bytes, RequestTransfer transfer, CancellationToken cancellationToken)
    {
        var (request, index) = (model.Request, model.Index);
        if (model.Tab == ReleaseTab.Readme)
        {
            var rendered = model with
            {
                ReadmeHtml = await readmes.RenderAsync(
                    $"{model.Manifest!.Content.StoredDigest} {request.MediaType}",
                    model.Text!,
                    path => model.Files!.Find(path) is null ? null : model.QueryOf(ReleaseTab.Files, path),
                    cancellationToken),
            };

            // HTML that is much longer than its text needs spare memory: the page holds memory, so it must not wait.
            var more = rendered.RenderBytes - bytes;
            return more <= 0 || transfer.TryReserve(more) ? rendered : model;
        }

        if (model.Tab == ReleaseTab.Versions)
            return model with { Versions = VersionsOf(index, request) };
        if (model.Tab == ReleaseTab.Tags)
            return model with { Tags = await artifacts.ReadAsync(index, model.Tags, cancellationToken) };
        return model.Tab == ReleaseTab.Details && model.Subject is { } subject
            ? model with { Attached = await AttachedAsync(index, subject, cancellationToken) }
            : model;
    }

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
            var document = referrer.Size > ArtifactPages.MaxReadBytes
                ? null
                : await manifests.ParseAsync(index.Name, referrer, cancellationToken);
            rows.Add(AttachedRow.Of(document?.ArtifactType ?? referrer.MediaType, referrer.Digest));
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
