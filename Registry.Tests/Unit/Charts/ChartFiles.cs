using System.Text;
using Registry.Core.Charts;

namespace Registry.Tests.Unit.Charts;

/// <summary>Reads files of charts.</summary>
internal static class ChartFiles
{
    /// <summary>A Chart.yaml with only what Helm demands, and further lines.</summary>
    public static string With(params string[] lines) =>
        $"apiVersion: v2\nname: a\nversion: 1.0.0\n{string.Join('\n', lines)}\n";

    /// <summary>Joins the lines of a text.</summary>
    public static string OneLine(string text) => text.Replace("\n", "", StringComparison.Ordinal);

    /// <summary>Returns the JSON of a Chart.yaml, or the reason why it is refused.</summary>
    public static string Read(string file) => Read(Encoding.UTF8.GetBytes(file));

    /// <inheritdoc cref="Read(string)"/>
    public static string Read(byte[] file) =>
        ChartReader.TryRead(file, out var metadata, out var reason)
            ? Encoding.UTF8.GetString(metadata.Json.Span)
            : reason;

    /// <summary>Returns the metadata of a Chart.yaml.</summary>
    public static ChartMetadata Metadata(string file) =>
        ChartReader.TryRead(Encoding.UTF8.GetBytes(file), out var metadata, out var reason)
            ? metadata
            : throw new FormatException(reason);
}
