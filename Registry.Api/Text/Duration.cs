using System.Globalization;

namespace Registry.Api.Text;

/// <summary>Formats times for people.</summary>
internal static class Duration
{
    /// <summary>Formats a time in hours, minutes and seconds: <c>00:01:30</c>.</summary>
    public static string Of(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours:00}:{time:mm\\:ss}");
}
