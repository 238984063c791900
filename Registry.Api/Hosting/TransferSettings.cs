using Registry.Core.Transfers;

namespace Registry.Api.Hosting;

/// <summary>Section <c>Transfers</c>: how long a client may stall, and the memory of transfers.</summary>
public sealed class TransferSettings : ISettings
{
    /// <summary>The least memory for buffers: enough for a few uploads to any storage.</summary>
    private const long MinBufferBytes = 16L << 20;

    /// <summary>
    /// How long, in seconds, a client may take to send the next 4 KiB of a body, or to read what was sent, before its
    /// transfer is aborted.
    /// </summary>
    /// <value>Default 300.</value>
    public double StallSeconds { get; set; } = new TransferOptions().Stall.TotalSeconds;

    /// <summary>
    /// The memory for the buffers of all transfers, in bytes; null for a fifth of the memory available to the process.
    /// </summary>
    /// <value>Default null.</value>
    public long? BufferBytes { get; set; }

    /// <inheritdoc/>
    public IEnumerable<string> Errors()
    {
        // The upper bound is the longest time of a timer: 49 days.
        if (!(StallSeconds is > 0 and < 4e6))
            yield return $"TRANSFERS__STALLSECONDS is {StallSeconds}; it must be above 0 and below 4,000,000.";
        if (BufferBytes < MinBufferBytes)
            yield return $"TRANSFERS__BUFFERBYTES is {BufferBytes}; it must be at least {MinBufferBytes} (16MiB).";
    }

    internal TransferOptions ToOptions()
    {
        var options = new TransferOptions { Stall = TimeSpan.FromSeconds(StallSeconds) };
        return BufferBytes is { } bytes ? options with { BufferBytes = bytes } : options;
    }
}
