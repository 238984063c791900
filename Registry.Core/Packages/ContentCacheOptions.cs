namespace Registry.Core.Packages;

/// <summary>How much of small contents is kept.</summary>
public sealed record ContentCacheOptions
{
    /// <summary>The most memory for contents, in bytes as estimated; 0 keeps none.</summary>
    /// <value>Default 32 MiB: some 5,000 charts of 5 KB.</value>
    public long MaxBytes { get; init; } = 32L << 20;
}
