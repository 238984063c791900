using Registry.Core.Archives;
using Registry.Core.Content;
using Registry.Core.Packages;
using Registry.Core.Repositories;

namespace Registry.Api.Hosting;

/// <summary>Section <c>Limits</c>: the size of requests and their content, in bytes unless stated otherwise.</summary>
public sealed class LimitSettings : ISettings
{
    private static readonly ContentLimits Defaults = new();
    private static readonly RepositoryOptions RepositoryDefaults = new();

    /// <summary>
    /// The largest body of any request; a larger one gets 413. Blobs and manifests of OCI clients have limits of their
    /// own.
    /// </summary>
    /// <value>Default 720 MiB: a package of 512 MiB as base64 in JSON.</value>
    public long RequestBytes { get; set; } = 720L << 20;

    /// <summary>The largest app archive; a larger one gets 413.</summary>
    /// <value>Default 100 MiB, as in KAR's reference.</value>
    public long ArchiveBytes { get; set; } = new ArchiveLimits().MaxArchiveBytes;

    /// <summary>The largest package, as stored; a larger one gets 422.</summary>
    /// <value>Default 512 MiB.</value>
    public long PackageBytes { get; set; } = Defaults.MaxPackageBytes;

    /// <summary>The largest package, unpacked; a larger one gets 422.</summary>
    /// <value>Default 2 GiB.</value>
    public long UnpackedBytes { get; set; } = Defaults.MaxUnpackedBytes;

    /// <summary>
    /// The highest ratio of unpacked to packed size; a higher one gets 422. Applies above
    /// <see cref="RatioFloorBytes"/>.
    /// </summary>
    /// <value>Default 200.</value>
    public int Ratio { get; set; } = Defaults.MaxRatio;

    /// <summary>The unpacked size up to which any ratio is accepted.</summary>
    /// <value>Default 16 MiB.</value>
    public long RatioFloorBytes { get; set; } = Defaults.RatioFloorBytes;

    /// <summary>The most entries in the tar of a package; more get 422.</summary>
    /// <value>Default 100,000.</value>
    public int TarEntries { get; set; } = Defaults.MaxTarEntries;

    /// <summary>The largest metadata of a push; larger ones get 422.</summary>
    /// <value>Default 64 KiB.</value>
    public int MetadataBytes { get; set; } = Defaults.MaxMetadataBytes;

    /// <summary>
    /// The largest index of a package before compression: its releases with their metadata, and its channels. A push
    /// that exceeds it gets 422; requests for a stored package that exceeds it get 503.
    /// </summary>
    /// <value>Default 16 MiB.</value>
    public long IndexBytes { get; set; } = new IndexLimits().MaxBytes;

    /// <summary>
    /// The most parts of the workspace of an uploaded app archive, including the host; more get 400.
    /// </summary>
    /// <value>Default 32.</value>
    public int WorkspaceParts { get; set; } = new ArchiveLimits().MaxWorkspaceParts;

    /// <summary>The largest blob that an OCI client pushes; a larger one gets 413.</summary>
    /// <value>Default 512 MiB.</value>
    public long BlobBytes { get; set; } = RepositoryDefaults.MaxBlobBytes;

    /// <summary>
    /// The maximum number of staged uploads of OCI clients, in all repositories together; more get 429.
    /// </summary>
    /// <value>Default 10,000.</value>
    public int Uploads { get; set; } = RepositoryDefaults.MaxUploads;

    /// <summary>The limits of a package's index.</summary>
    internal IndexLimits Index => new() { MaxBytes = IndexBytes };

    /// <summary>The limits of a package's content.</summary>
    internal ContentLimits Content => new()
    {
        MaxPackageBytes = PackageBytes,
        MaxUnpackedBytes = UnpackedBytes,
        MaxRatio = Ratio,
        RatioFloorBytes = RatioFloorBytes,
        MaxTarEntries = TarEntries,
        MaxMetadataBytes = MetadataBytes,
    };

    /// <summary>The limits of an app archive.</summary>
    internal ArchiveLimits Archives => new() { MaxArchiveBytes = ArchiveBytes, MaxWorkspaceParts = WorkspaceParts };

    /// <summary>The limits of OCI repositories.</summary>
    internal RepositoryOptions Repositories => new() { MaxBlobBytes = BlobBytes, MaxUploads = Uploads };

    /// <inheritdoc/>
    public IEnumerable<string> Errors() =>
        from limit in new (string Name, long Value)[]
        {
            ("LIMITS__REQUESTBYTES", RequestBytes),
            ("LIMITS__ARCHIVEBYTES", ArchiveBytes),
            ("LIMITS__PACKAGEBYTES", PackageBytes),
            ("LIMITS__UNPACKEDBYTES", UnpackedBytes),
            ("LIMITS__RATIO", Ratio),
            ("LIMITS__RATIOFLOORBYTES", RatioFloorBytes),
            ("LIMITS__TARENTRIES", TarEntries),
            ("LIMITS__METADATABYTES", MetadataBytes),
            ("LIMITS__INDEXBYTES", IndexBytes),
            ("LIMITS__WORKSPACEPARTS", WorkspaceParts),
            ("LIMITS__BLOBBYTES", BlobBytes),
            ("LIMITS__UPLOADS", Uploads),
        }
        where limit.Value <= 0
        select $"{limit.Name} is {limit.Value}; it must be above 0.";
}
