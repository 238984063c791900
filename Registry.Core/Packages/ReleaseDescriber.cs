using Registry.Core.Artifacts;
using Registry.Core.Charts;
using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>Describes releases for OCI and Helm clients.</summary>
/// <param name="blobs">The blobs.</param>
/// <param name="derived">Makes derived manifests.</param>
/// <param name="limits">The limits of the content of a pushed manifest.</param>
public sealed class ReleaseDescriber(IBlobStore blobs, DerivedReleases derived, ContentLimits limits)
{
    private const string NotHelm = "Its media type is not helm.";

    /// <summary>Describes a release whose content was committed.</summary>
    /// <param name="commit">The commit of the release, which gains the blobs that the description needs.</param>
    /// <param name="release">The release.</param>
    /// <param name="content">The content.</param>
    /// <param name="chart">What the inspection of the content found.</param>
    /// <param name="provenance">The provenance file of the chart; null for none.</param>
    /// <param name="now">The time at which the content was received.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    internal async Task<ReleaseArtifact> DescribeAsync(
        PackageCommit commit,
        Release release,
        ContentDescriptor content,
        FoundFile? chart,
        ReadOnlyMemory<byte>? provenance,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var contentAt = WholeSeconds.Floor(now);
        var (known, unlisted) = content.MediaType == MediaType.Helm
            ? await ReadChartAsync(commit, content, chart, cancellationToken)
            : (null, NotHelm);
        if (known is not null && provenance is { } file)
            known = known with { Provenance = await commit.StoreAsync(file, cancellationToken) };
        var made = await derived.MakeAsync(commit.Package, release, content, contentAt, known, cancellationToken);
        return new ReleaseArtifact(contentAt, made.Describe(), [], known, unlisted);
    }

    /// <summary>Inspects the content of a manifest whose tags name releases.</summary>
    /// <param name="commit">The commit of the manifest, which holds its layers.</param>
    /// <param name="document">The manifest.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The content of all these releases; null when the manifest is not that of a release.</returns>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidManifest"/>: its content is not a package.
    /// <see cref="ErrorCode.UnknownReference"/>: its content or its provenance file is not there.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    internal async Task<PushedContent?> InspectPushedAsync(
        PackageCommit commit, ManifestDocument document, CancellationToken cancellationToken)
    {
        if (FindRelease(document) is not { } found)
            return null;
        var (size, inspected) = await InspectAsync(commit.Package, found.Content.Digest, limits, cancellationToken);
        var content = new ContentDescriptor(found.MediaType, found.Content.Digest, size, inspected.TarDigest);
        var (chart, unlisted) = content.MediaType == MediaType.Helm
            ? await ReadChartAsync(commit, content, inspected.File, cancellationToken)
            : (null, NotHelm);
        if (chart is not null && found.Provenance is { } provenance)
            chart = commit.Holds(provenance.Digest)
                ? chart with { Provenance = new BlobDescriptor(provenance.Digest, provenance.Size) }
                : throw ArtifactErrors.UnknownReference(commit.Package, provenance.Digest);
        return new PushedContent(content, chart, unlisted);
    }

    /// <summary>
    /// Describes a release that an earlier version stored. Content that was accepted once is not checked against the
    /// current limits.
    /// </summary>
    /// <exception cref="StorageException">The storage failed, or the content is damaged.</exception>
    internal async Task<ReleaseArtifact> CompleteAsync(
        PackageCommit commit, Manifest manifest, CancellationToken cancellationToken)
    {
        var (_, inspected) = await InspectAsync(
            commit.Package, manifest.Content.StoredDigest, ContentLimits.None, cancellationToken);
        return await DescribeAsync(
            commit,
            manifest.Release,
            manifest.Content,
            inspected.File,
            provenance: null,
            manifest.CreatedAt,
            cancellationToken);
    }

    /// <summary>Describes a release that an earlier version stored, and whose content cannot be read.</summary>
    internal async Task<ReleaseArtifact> DescribeUnreadableAsync(
        PackageCommit commit, Manifest manifest, CancellationToken cancellationToken)
    {
        var contentAt = WholeSeconds.Floor(manifest.CreatedAt);
        var made = await derived.MakeAsync(
            commit.Package, manifest.Release, manifest.Content, contentAt, chart: null, cancellationToken);
        return new ReleaseArtifact(contentAt, made.Describe(), [], Chart: null, ReleaseArtifact.Unreadable);
    }

    private static ReleaseManifest? FindRelease(ManifestDocument document)
    {
        try
        {
            return ReleaseManifest.Find(document);
        }
        catch (ManifestFormatException exception)
        {
            throw ArtifactErrors.InvalidManifest(exception.Message);
        }
    }

    private async Task<(long Size, ContentInspection.InspectionResult Inspected)> InspectAsync(
        PackageName package, Digest digest, ContentLimits allowed, CancellationToken cancellationToken)
    {
        await using var reader =
            await blobs.OpenAsync(new BlobKey(package.Key, digest), ByteRange.All, cancellationToken)
            ?? throw ArtifactErrors.UnknownReference(package, digest);
        await using var inspection = new ContentInspection(allowed, ChartReader.File);
        await BlobBytes.CopyAsync(reader.Content, inspection.WriteAsync, cancellationToken);
        var inspected = await inspection.CompleteAsync(cancellationToken);
        return inspected.Refusal is { } refusal
            ? throw ArtifactErrors.InvalidLayer(package, digest, refusal)
            : (reader.Info.Length, inspected);
    }

    /// <summary>Reads the chart in the content; null, and the reason, when Helm does not list it.</summary>
    private async Task<(ChartContent? Chart, string? Unlisted)> ReadChartAsync(
        PackageCommit commit, ContentDescriptor content, FoundFile? found, CancellationToken cancellationToken)
    {
        if (found is null)
            return (null, NotHelm);
        if (!ChartReader.TryRead(found, out var metadata, out var reason))
            return (null, reason);
        var (wrapped, refusal) =
            found.IsRootless ? await WrapAsync(commit, content, cancellationToken) : default;
        if (refusal is not null)
            return (null, refusal);
        var isLong = metadata.Json.Length > ChartContent.MaxMetadataBytes;
        return (
            new ChartContent(
                isLong ? null : Metadata.Of(metadata.Json.ToArray()),
                isLong ? await commit.StoreAsync(metadata.Json, cancellationToken) : null,
                wrapped,
                Provenance: null),
            null);
    }

    /// <summary>
    /// Stores the same entries below a folder with the name of the package, so that Helm can load them.
    /// </summary>
    /// <returns>The archive; null, and the reason, when that is not possible.</returns>
    private async Task<(BlobDescriptor? Archive, string? Refusal)> WrapAsync(
        PackageCommit commit, ContentDescriptor content, CancellationToken cancellationToken)
    {
        await using var reader = await blobs.OpenAsync(
                new BlobKey(commit.Package.Key, content.StoredDigest), ByteRange.All, cancellationToken)
            ?? throw PackageErrors.TooSlow(commit.Package);
        await using var writer = await commit.CreateAsync(cancellationToken);
        var wrapped = await WrappedChart.WriteAsync(
            reader.Content, commit.Package.Name, writer.WriteAsync, cancellationToken);
        if (wrapped.Refusal is not null)
            return (null, wrapped.Refusal);
        commit.Add(await writer.CommitAsync(wrapped.Digest, uploadedAt: null, cancellationToken));
        return (new BlobDescriptor(wrapped.Digest, wrapped.Size), null);
    }
}
