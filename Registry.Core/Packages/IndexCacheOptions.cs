namespace Registry.Core.Packages;

/// <summary>The size of the cache of package indexes.</summary>
public sealed record IndexCacheOptions
{
    /// <summary>
    /// The maximum memory for parsed package indexes, in estimated bytes; 0 disables the cache.
    /// </summary>
    /// <value>Default 64 MiB: some 80,000 manifests, or 50,000 packages of one release.</value>
    public long MaxBytes { get; init; } = 64L << 20;

    /// <summary>The part of <see cref="MaxBytes"/> for the indexes themselves.</summary>
    internal long MaxIndexBytes => MaxBytes - MaxMetadataBytes;

    /// <summary>The part of <see cref="MaxBytes"/> for decompressed metadata: an eighth.</summary>
    internal long MaxMetadataBytes => MaxBytes / 8;
}
