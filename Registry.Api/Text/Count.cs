using System.Globalization;

namespace Registry.Api.Text;

/// <summary>Formats counts for people.</summary>
internal static class Count
{
    /// <summary>Formats a number and its noun: <c>1 archive</c>, <c>2 archives</c>.</summary>
    /// <param name="number">The number.</param>
    /// <param name="noun">The noun in the singular.</param>
    /// <param name="plural">The plural; null to append an s.</param>
    public static string Of(long number, string noun, string? plural = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {(number == 1 ? noun : plural ?? $"{noun}s")}");
}
