namespace Registry.Core.Packages;

/// <summary>When the space of blobs that nobody refers to is reclaimed.</summary>
public sealed record CollectionOptions
{
    /// <summary>The pause between two collections.</summary>
    /// <value>Default 1 hour.</value>
    public TimeSpan Period { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long a collector must have known a blob as unreferenced, unchanged, before it deletes it: a push commits its
    /// blob before the index that refers to it. Measured by the collector's own monotonic clock, so the clocks of the
    /// machines need not agree. At least four times the bound of the update loop.
    /// </summary>
    /// <value>Default 1 hour.</value>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What was staged and not written to for this long is taken for abandoned.</summary>
    /// <value>Default 6 hours.</value>
    public TimeSpan StagedIdle { get; init; } = TimeSpan.FromHours(6);
}
