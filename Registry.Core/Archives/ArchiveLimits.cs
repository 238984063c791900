namespace Registry.Core.Archives;

/// <summary>What an app archive may be.</summary>
public sealed record ArchiveLimits
{
    /// <summary>The largest archive, in bytes.</summary>
    /// <value>Default: 104,857,600 (100 MiB), the limit of the KAR reference.</value>
    public long MaxArchiveBytes { get; init; } = 100 * 1024 * 1024;
}
