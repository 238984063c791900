namespace Registry.Core.Archives;

/// <summary>The limits of app archives.</summary>
public sealed record ArchiveLimits
{
    /// <summary>The maximum size of an archive, in bytes.</summary>
    /// <value>Default: 104,857,600 (100 MiB), the limit of the KAR reference.</value>
    public long MaxArchiveBytes { get; init; } = 100 * 1024 * 1024;

    /// <summary>
    /// The maximum number of parts of a workspace for uploads. Archives that are stored deeper can be read and deleted.
    /// </summary>
    /// <value>Default 32: some storage backends create a folder for each part.</value>
    public int MaxWorkspaceParts { get; init; } = 32;
}
