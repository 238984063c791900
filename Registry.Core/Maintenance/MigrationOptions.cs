namespace Registry.Core.Maintenance;

/// <summary>Options of a <see cref="Migration"/>.</summary>
public sealed record MigrationOptions
{
    /// <summary>
    /// Whether entries of the target that differ from the source are replaced. Otherwise they are reported and kept.
    /// </summary>
    public bool Overwrite { get; init; }

    /// <summary>
    /// Whether every blob is read back from the target at the end to check its sha256. Presence, lengths, times and
    /// documents are always compared.
    /// </summary>
    /// <value>Default true.</value>
    public bool ReadBack { get; init; } = true;

    /// <summary>The number of packages or archives that are copied concurrently.</summary>
    /// <value>Default 8.</value>
    public int Parallel { get; init; } = 8;
}
