namespace Registry.Tests.Support;

/// <summary>The real clock set forward or back by a shift that a test may change; its timers run as ever.</summary>
public sealed class ShiftedTime : TimeProvider
{
    /// <summary>Added to the real time; negative is the past.</summary>
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
}
