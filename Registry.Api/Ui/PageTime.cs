using System.Globalization;
using Registry.Api.Text;
using Registry.Core.Content;

namespace Registry.Api.Ui;

/// <summary>A time as pages show it.</summary>
/// <param name="At">The time.</param>
/// <param name="Now">The current time.</param>
internal readonly record struct PageTime(DateTimeOffset At, DateTimeOffset Now)
{
    /// <summary>The time for programs.</summary>
    public string Machine => WholeSeconds.Format(At);

    /// <summary>The whole time for people.</summary>
    public string Full => At.UtcDateTime.ToString("d MMMM yyyy, HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>The day for people.</summary>
    public string Date => At.UtcDateTime.ToString("d MMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>How long ago it was; null if that is more than a month.</summary>
    public string? Age => (Now - At) switch
    {
        { TotalMinutes: < 1 } => "just now",
        { TotalHours: < 1 } and var age => $"{Count.Of((long)age.TotalMinutes, "minute")} ago",
        { TotalDays: < 1 } and var age => $"{Count.Of((long)age.TotalHours, "hour")} ago",
        { TotalDays: < 31 } and var age => $"{Count.Of((long)age.TotalDays, "day")} ago",
        _ => null,
    };
}
