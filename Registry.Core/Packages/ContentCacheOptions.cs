namespace Registry.Core.Packages;

/// <summary>The size of the cache of small blobs.</summary>
public sealed record ContentCacheOptions
{
    /// <summary>The maximum memory for blobs, in estimated bytes; 0 disables the cache.</summary>
    /// <value>Default 32 MiB: some 5,000 charts of 5 KB.</value>
    public long MaxBytes { get; init; } = 32L << 20;

    /// <summary>The memory for parsed OCI manifests, in estimated bytes.</summary>
    /// <value>Default 16 MiB.</value>
    public long MaxManifestBytes { get; init; } = 16L << 20;
}
