using System.Globalization;

namespace Registry.Core.Content;

/// <summary>Times in whole seconds, the precision of OCI annotations and Helm indexes.</summary>
internal static class WholeSeconds
{
    /// <summary>Truncates a time to whole seconds.</summary>
    public static DateTimeOffset Floor(DateTimeOffset time) =>
        new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);

    /// <summary>Returns a time as RFC 3339 in whole seconds, with <c>Z</c>.</summary>
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
