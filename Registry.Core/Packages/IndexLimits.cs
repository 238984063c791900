namespace Registry.Core.Packages;

/// <summary>How large the index of one package may be.</summary>
public sealed record IndexLimits
{
    /// <summary>The most bytes of JSON that an index may unpack to. A larger one is neither written nor read.</summary>
    /// <value>
    /// Default 16 MiB: 5,000 releases with 2.5 KiB of metadata each. Memory for metadata does not grow with it.
    /// </value>
    public long MaxBytes { get; init; } = 16L << 20;
}
