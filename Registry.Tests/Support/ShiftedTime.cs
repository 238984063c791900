namespace Registry.Tests.Support;

/// <summary>
/// The real clock, set forward or back by a shift that a test may change, or standing still; its timers run as ever.
/// Intervals may be stretched.
/// </summary>
public sealed class ShiftedTime : TimeProvider
{
    /// <summary>Added to the real time; negative is the past.</summary>
    public TimeSpan Shift { get; set; }

    /// <summary>The time at which the clock stands still; null while it runs.</summary>
    public DateTimeOffset? Still { get; set; }

    /// <summary>
    /// Time that seems to have passed besides the real, by the clock that measures intervals; it never goes back.
    /// </summary>
    public TimeSpan Passed { get; set; }

    public override long GetTimestamp() => base.GetTimestamp() + (long)(Passed.TotalSeconds * TimestampFrequency);

    public override DateTimeOffset GetUtcNow() => (Still ?? base.GetUtcNow()) + Shift;
}
