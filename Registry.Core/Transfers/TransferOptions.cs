namespace Registry.Core.Transfers;

/// <summary>
/// How much memory the buffers of transfers may take together, and who gives way when that is used up.
/// </summary>
public sealed record TransferOptions
{
    /// <summary>How many parts of the memory there are; one of them is <see cref="BufferBytes"/>.</summary>
    private const int MemoryShare = 5;

    /// <summary>The memory of all buffers together, in bytes.</summary>
    /// <value>
    /// Default: a fifth of what the process may use, which is the memory limit of its container where there is one.
    /// </value>
    public long BufferBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / MemoryShare;

    /// <summary>
    /// How long a client may take to send the next 4 KiB of a body, or to take what was sent. Then its transfer is
    /// ended.
    /// </summary>
    /// <value>Default 5 minutes.</value>
    public TimeSpan Stall { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// A transfer may be cut for the sake of others once its client has moved no bytes for this long.
    /// </summary>
    /// <value>Default 5 s.</value>
    public TimeSpan StalledAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a reservation waits for memory before it is refused. Longer than <see cref="StalledAfter"/>, so that
    /// stalled transfers can give way.
    /// </summary>
    /// <value>Default 10 s.</value>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(10);
}
