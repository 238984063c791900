namespace Registry.Core.Archives;

/// <summary>What an app archive may be.</summary>
public sealed record ArchiveLimits
{
    /// <summary>The largest archive, in bytes.</summary>
    /// <value>Default: 104,857,600 (100 MiB), the limit of the KAR reference.</value>
    public long MaxArchiveBytes { get; init; } = 100 * 1024 * 1024;

    /// <summary>
    /// The most parts of a workspace that an archive is uploaded to. What is stored deeper can be read and deleted.
    /// </summary>
    /// <value>Default 32: some storages spend a folder on each part.</value>
    public int MaxWorkspaceParts { get; init; } = 32;
}
