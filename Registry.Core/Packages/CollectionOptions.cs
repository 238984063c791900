namespace Registry.Core.Packages;

/// <summary>When unreferenced blobs and abandoned uploads are collected.</summary>
public sealed record CollectionOptions
{
    /// <summary>The interval between two collections.</summary>
    /// <value>Default 1 hour.</value>
    public TimeSpan Period { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long a collector must have seen a blob unreferenced and unchanged before it deletes it: a push commits its
    /// blob before the index that refers to it. It is measured by the monotonic clock of the collector, so the clocks
    /// of the machines need not agree. At least four times the bound of the update loop.
    /// </summary>
    /// <value>Default 1 hour.</value>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long after its last push an untagged manifest is removed, unless another manifest keeps it; null to keep
    /// all.
    /// </summary>
    /// <value>Default null.</value>
    public TimeSpan? UntaggedAge { get; init; }

    /// <summary>How long a staged upload must be idle to count as abandoned.</summary>
    /// <value>Default 6 hours.</value>
    public TimeSpan StagedIdle { get; init; } = TimeSpan.FromHours(6);
}
