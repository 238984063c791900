using System.Globalization;

namespace Registry.Api.Text;

/// <summary>Formats numbers of bytes for people.</summary>
internal static class ByteSize
{
    /// <summary>Formats a number of bytes in the largest unit that fits: <c>1.5 MiB</c>.</summary>
    public static string Of(double bytes)
    {
        string[] units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
        var unit = 0;
        for (; bytes >= 1024 && unit < units.Length - 1; unit++)
            bytes /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{bytes:0.#} {units[unit]}");
    }

    /// <summary>Formats a transfer rate: <c>1.5 MiB/s</c>.</summary>
    public static string Rate(long bytes, TimeSpan elapsed) => $"{Of(bytes / Math.Max(elapsed.TotalSeconds, 0.001))}/s";
}
