using System.Globalization;

namespace Registry.Api.Text;

/// <summary>Numbers of things, in words.</summary>
internal static class Count
{
    /// <summary>A number and its noun, in the singular for one: <c>1 archive</c>, <c>2 archives</c>.</summary>
    /// <param name="number">How many.</param>
    /// <param name="noun">The singular.</param>
    /// <param name="plural">The plural; null to add an s.</param>
    public static string Of(long number, string noun, string? plural = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {(number == 1 ? noun : plural ?? $"{noun}s")}");
}
