namespace Registry.Core.Transfers;

/// <summary>
/// The memory limit of the buffers of all transfers, and the timeouts that apply when it is reached.
/// </summary>
public sealed record TransferOptions
{
    /// <summary>The fraction of the memory that is the default of <see cref="BufferBytes"/>: one fifth.</summary>
    private const int MemoryShare = 5;

    /// <summary>The maximum memory of all buffers together, in bytes.</summary>
    /// <value>
    /// Default: one fifth of the memory available to the process, which is the memory limit of its container if it has
    /// one.
    /// </value>
    public long BufferBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / MemoryShare;

    /// <summary>
    /// How long a client may take to send the next 4 KiB of a body, or to receive what was sent. After that its
    /// transfer is aborted.
    /// </summary>
    /// <value>Default 5 minutes.</value>
    public TimeSpan Stall { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long the client of a transfer must have transferred nothing before the transfer may be aborted to free
    /// memory for others.
    /// </summary>
    /// <value>Default 5 s.</value>
    public TimeSpan StalledAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a reservation waits for memory before it is rejected. Longer than <see cref="StalledAfter"/>, so that
    /// stalled transfers can be aborted in the meantime.
    /// </summary>
    /// <value>Default 10 s.</value>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(10);
}
