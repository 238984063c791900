namespace Registry.Core.Packages;

/// <summary>How much of what was read from storage is kept.</summary>
public sealed record IndexCacheOptions
{
    /// <summary>
    /// The most memory for package indexes kept in their parsed form, in bytes as estimated; 0 keeps none.
    /// </summary>
    /// <value>Default 64 MiB: some 80,000 manifests, or 50,000 packages of one release.</value>
    public long MaxBytes { get; init; } = 64L << 20;

    /// <summary>The part of <see cref="MaxBytes"/> for the indexes themselves.</summary>
    internal long MaxIndexBytes => MaxBytes - MaxMetadataBytes;

    /// <summary>The part of <see cref="MaxBytes"/> for metadata that were unpacked to be shown: an eighth.</summary>
    internal long MaxMetadataBytes => MaxBytes / 8;
}
