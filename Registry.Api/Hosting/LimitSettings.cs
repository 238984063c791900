using Registry.Core.Archives;
using Registry.Core.Content;
using Registry.Core.Packages;

namespace Registry.Api.Hosting;

/// <summary>Section <c>Limits</c>: what one request may bring. All in bytes unless the name says otherwise.</summary>
public sealed class LimitSettings
{
    private static readonly ContentLimits Defaults = new();

    /// <summary>The body of any request; beyond it 413.</summary>
    /// <value>Default 720 MiB: a package of 512 MiB as base64 in JSON.</value>
    public long RequestBytes { get; set; } = 720L << 20;

    /// <summary>An app archive; beyond it 413.</summary>
    /// <value>Default 100 MiB, as in KAR's reference.</value>
    public long ArchiveBytes { get; set; } = new ArchiveLimits().MaxArchiveBytes;

    /// <summary>A package as it is stored; beyond it 422.</summary>
    /// <value>Default 512 MiB.</value>
    public long PackageBytes { get; set; } = Defaults.MaxPackageBytes;

    /// <summary>A package unpacked; beyond it 422.</summary>
    /// <value>Default 2 GiB.</value>
    public long UnpackedBytes { get; set; } = Defaults.MaxUnpackedBytes;

    /// <summary>
    /// How many times its size a package may unpack to; beyond it 422. Applies above <see cref="RatioFloorBytes"/>.
    /// </summary>
    /// <value>Default 200.</value>
    public int Ratio { get; set; } = Defaults.MaxRatio;

    /// <summary>Up to this unpacked size any ratio is fine.</summary>
    /// <value>Default 16 MiB.</value>
    public long RatioFloorBytes { get; set; } = Defaults.RatioFloorBytes;

    /// <summary>Entries in the tar of a package; beyond it 422.</summary>
    /// <value>Default 100,000.</value>
    public int TarEntries { get; set; } = Defaults.MaxTarEntries;

    /// <summary>The metadata of a push; beyond it 422.</summary>
    /// <value>Default 64 KiB.</value>
    public int MetadataBytes { get; set; } = Defaults.MaxMetadataBytes;

    /// <summary>
    /// The index of a package before compression: its releases with their metadata, and its channels. Beyond it a push
    /// is answered 422, and a package that is stored 503.
    /// </summary>
    /// <value>Default 16 MiB.</value>
    public long IndexBytes { get; set; } = new IndexLimits().MaxBytes;

    /// <summary>
    /// Parts of the workspace that an app archive is uploaded to, the host among them; beyond it 400.
    /// </summary>
    /// <value>Default 32.</value>
    public int WorkspaceParts { get; set; } = new ArchiveLimits().MaxWorkspaceParts;

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
}
