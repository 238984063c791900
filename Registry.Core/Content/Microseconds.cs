namespace Registry.Core.Content;

/// <summary>Times in whole microseconds, the precision of the CNR and KAR protocols.</summary>
public static class Microseconds
{
    /// <summary>Truncates a time to whole microseconds.</summary>
    public static DateTimeOffset Floor(
        DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
