namespace Registry.Core.Packages;

/// <summary>The size limit of a package index.</summary>
public sealed record IndexLimits
{
    /// <summary>
    /// The maximum size of an index in bytes of uncompressed JSON. A larger one is neither written nor read. An index
    /// is not written either if the metadata of its charts that is stored as blobs makes it larger than that.
    /// </summary>
    /// <value>
    /// Default 16 MiB: 5,000 releases with 2.5 KiB of metadata each. Memory for metadata does not grow with it.
    /// </value>
    public long MaxBytes { get; init; } = 16L << 20;
}
