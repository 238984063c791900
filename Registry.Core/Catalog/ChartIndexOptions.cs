namespace Registry.Core.Catalog;

/// <summary>The memory for the indexes of Helm repositories.</summary>
public sealed record ChartIndexOptions
{
    /// <summary>
    /// The maximum size of the cached entries and of the cached compressed indexes together, in bytes; 0 caches
    /// nothing.
    /// </summary>
    /// <value>Default 64 MiB: some 30,000 entries.</value>
    public long MaxBytes { get; init; } = 64L << 20;

    /// <summary>The part for entries.</summary>
    internal long MaxEntryBytes => MaxBytes / 2;

    /// <summary>The part for compressed indexes.</summary>
    internal long MaxBodyBytes => MaxBytes - MaxEntryBytes;
}
