using Registry.Core.Artifacts;
using Registry.Core.Charts;
using Registry.Core.Content;
using Registry.Core.Documents;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>
/// Makes the manifests and configs of releases that were not pushed as manifests, from values that the index keeps.
/// </summary>
/// <param name="contents">Opens the blobs of packages.</param>
/// <param name="options">The memory for manifests; null for the default.</param>
public sealed class DerivedReleases(PackageContents contents, ContentCacheOptions? options = null)
{
    /// <summary>The overhead of a release in the cache, in bytes: the objects, the key, and the entry.</summary>
    private const int EntryBytes = 500;

    /// <summary>
    /// The releases that were made last, by the digest of their manifests. In a package of thousands of charts it takes
    /// milliseconds to unpack the metadata of one.
    /// </summary>
    private readonly SecondChanceCache<Digest, DerivedRelease> cache =
        new((options ?? new ContentCacheOptions()).MaxManifestBytes);

    /// <summary>Makes the manifest and the config of a release again.</summary>
    /// <param name="package">The package.</param>
    /// <param name="manifest">The release, whose current manifest is derived.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">
    /// The storage failed; <see cref="StorageFault.Corrupt"/>: the bytes do not have the recorded digest. This version
    /// then generates other bytes than the version that recorded the digest, which is a bug in the registry.
    /// </exception>
    public async ValueTask<DerivedRelease> MakeAsync(
        PackageName package, Manifest manifest, CancellationToken cancellationToken)
    {
        var artifact = manifest.Artifact!;
        if (cache.Find(artifact.Current.Digest) is { } known)
            return known;
        var made = await MakeAsync(
            package, manifest.Release, manifest.Content, artifact.ContentAt, artifact.Chart, cancellationToken);
        Verify(package, artifact.Current.Digest, made.Manifest);
        cache.Set(artifact.Current.Digest, made, EntryBytes + made.Manifest.Length + made.Config.Length);
        return made;
    }

    /// <summary>Makes the manifest and the config of a release.</summary>
    /// <param name="package">The package.</param>
    /// <param name="release">The release.</param>
    /// <param name="content">The content.</param>
    /// <param name="contentAt">The time at which the content was received.</param>
    /// <param name="chart">The chart; null when Helm does not list the content.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<DerivedRelease> MakeAsync(
        PackageName package,
        Release release,
        ContentDescriptor content,
        DateTimeOffset contentAt,
        ChartContent? chart,
        CancellationToken cancellationToken)
    {
        if (chart is null)
            return new DerivedRelease(
                DerivedManifest.Package(
                    content.MediaType,
                    content.StoredDigest,
                    content.Size,
                    FileName(package, release),
                    contentAt),
                DerivedManifest.EmptyConfig);
        // The config is the metadata, as Helm writes them.
        var metadata = await ReadMetadataAsync(package, chart, cancellationToken);
        var archive = chart.Wrapped ?? new BlobDescriptor(content.StoredDigest, content.Size);
        List<Descriptor> layers = [new(OciMediaTypes.HelmChart, archive.Digest, archive.Size)];
        if (chart.Provenance is { } provenance)
            layers.Add(new Descriptor(OciMediaTypes.HelmProvenance, provenance.Digest, provenance.Size));
        return new DerivedRelease(
            DerivedManifest.Helm(
                Digest.Of(metadata.Span),
                metadata.Length,
                layers,
                ChartManifest.Annotations(metadata, package.Name, release, contentAt)),
            metadata);
    }

    /// <summary>Returns the metadata of a chart, as canonical JSON.</summary>
    /// <exception cref="StorageException">The storage failed, or its blob is missing or damaged.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadMetadataAsync(
        PackageName package, ChartContent chart, CancellationToken cancellationToken)
    {
        using var reader = new ReleaseMetadataReader();
        if (reader.Read(chart.Metadata) is { } json)
            return json.Utf8;
        var blob = chart.MetadataBlob!;
        return await contents.ReadAsync(new BlobKey(package.Key, blob.Digest), blob.Size, cancellationToken)
            ?? throw new StorageException(
                StorageFault.Corrupt, $"The chart metadata sha256:{blob.Digest} of {package} is missing.");
    }

    /// <summary>Returns the chart of a release; null when the release is not a chart.</summary>
    /// <exception cref="StorageException">The storage failed, or the metadata is missing or damaged.</exception>
    public async ValueTask<ChartMetadata?> ReadChartAsync(
        PackageName package, Manifest manifest, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return manifest.Artifact?.Chart is { } chart
            ? ChartMetadata.Parse(await ReadMetadataAsync(package, chart, cancellationToken))
            : null;
    }

    /// <exception cref="StorageException"><see cref="StorageFault.Corrupt"/>.</exception>
    internal static void Verify(PackageName package, Digest recorded, ReadOnlyMemory<byte> bytes)
    {
        var digest = Digest.Of(bytes.Span);
        if (digest != recorded)
            throw new StorageException(
                StorageFault.Corrupt,
                $"{package} recorded sha256:{recorded} for bytes that this version makes with the digest "
                    + $"sha256:{digest}.");
    }

    /// <summary>The name under which CNR clients save the content, with <c>/</c> as <c>_</c>.</summary>
    private static string FileName(PackageName package, Release release) =>
        $"{package.Value.Replace('/', '_')}_{release}.tar.gz";
}

/// <summary>A manifest and its config.</summary>
/// <param name="Manifest">The bytes of the manifest.</param>
/// <param name="Config">The bytes of its config.</param>
public sealed record DerivedRelease(ReadOnlyMemory<byte> Manifest, ReadOnlyMemory<byte> Config)
{
    /// <summary>Describes the manifest.</summary>
    internal OciManifest Describe() => new(DigestOf(Manifest), OciMediaTypes.Manifest, Manifest.Length)
    {
        IsDerived = true,
        DerivedConfig = new BlobDescriptor(DigestOf(Config), Config.Length),
    };

    private static Digest DigestOf(ReadOnlyMemory<byte> bytes) => Digest.Of(bytes.Span);
}
