namespace Registry.Tests.Support;

/// <summary>
/// The real clock with a shift that a test may change, or stopped. Timers are unaffected; measured intervals can be
/// extended.
/// </summary>
public sealed class ShiftedTime : TimeProvider
{
    /// <summary>The offset to real time; negative for the past.</summary>
    public TimeSpan Shift { get; set; }

    /// <summary>The time at which the clock is stopped; null while it runs.</summary>
    public DateTimeOffset? Still { get; set; }

    /// <summary>Additional elapsed time of the monotonic clock; it never decreases.</summary>
    public TimeSpan Passed { get; set; }

    public override long GetTimestamp() => base.GetTimestamp() + (long)(Passed.TotalSeconds * TimestampFrequency);

    public override DateTimeOffset GetUtcNow() => (Still ?? base.GetUtcNow()) + Shift;
}
