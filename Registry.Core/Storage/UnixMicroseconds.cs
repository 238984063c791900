namespace Registry.Core.Storage;

/// <summary>
/// Converts times to and from whole microseconds since 1970-01-01 UTC, the form in which backends store them.
/// </summary>
public static class UnixMicroseconds
{
    /// <summary>The earliest time that <see cref="ToTime"/> accepts.</summary>
    public static long Min { get; } = Of(DateTimeOffset.MinValue);

    /// <summary>The latest time that <see cref="ToTime"/> accepts.</summary>
    public static long Max { get; } = Of(DateTimeOffset.MaxValue);

    /// <summary>Returns the microseconds since 1970, rounded down.</summary>
    public static long Of(DateTimeOffset time) =>
        (time.UtcTicks / TimeSpan.TicksPerMicrosecond)
            - (DateTimeOffset.UnixEpoch.UtcTicks / TimeSpan.TicksPerMicrosecond);

    /// <summary>Returns the time in UTC.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="microseconds"/> is outside <see cref="Min"/> and <see cref="Max"/>.
    /// </exception>
    public static DateTimeOffset ToTime(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
