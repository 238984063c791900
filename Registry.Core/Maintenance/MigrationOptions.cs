namespace Registry.Core.Maintenance;

/// <summary>How a registry is moved.</summary>
public sealed record MigrationOptions
{
    /// <summary>
    /// Whether what differs at the target is replaced by what the source has, instead of being named and left.
    /// </summary>
    public bool Overwrite { get; init; }

    /// <summary>
    /// Whether every blob is read back from the target at the end and its sha256 computed; presence, lengths, times and
    /// documents are compared in any case.
    /// </summary>
    /// <value>Default true.</value>
    public bool ReadBack { get; init; } = true;

    /// <summary>How many packages or archives are moved at the same time.</summary>
    /// <value>Default 8.</value>
    public int Parallel { get; init; } = 8;
}
