using System.Text;
using Registry.Core.Charts;
using Registry.Core.Content;
using Registry.Core.Packages;

namespace Registry.Api.Ui;

/// <summary>
/// The icon of a chart, if the chart carries it: as a <c>data:</c> address, or as a file. An icon on another server is
/// not loaded, because the request would reveal who views the chart.
/// </summary>
internal static class PackageIcon
{
    /// <summary>The largest icon, in bytes.</summary>
    public const int MaxBytes = 256 << 10;

    /// <summary>
    /// The most references in an SVG. References to references multiply what a browser draws, until it freezes.
    /// </summary>
    private const int MaxReferences = 16;

    private static readonly string[] Names = ["icon.svg", "icon.png", "logo.svg", "logo.png"];

    /// <summary>Returns the address of an icon, relative to the root.</summary>
    public static string AddressOf(PackageName package, Manifest manifest) =>
        $"icons/{package}{PageLinks.VersionMark}{manifest.Release}?type={manifest.MediaType}";

    /// <summary>Finds the icon; null when the chart carries none.</summary>
    /// <param name="chart">The chart; null when the package is not a chart.</param>
    /// <param name="files">The files of the package.</param>
    public static FoundIcon? Find(ChartMetadata? chart, ArchiveFiles files)
    {
        var address = chart?.Icon ?? "";
        if (address.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
            return OfData(address);
        var path = address.StartsWith("file://", StringComparison.Ordinal) ? address["file://".Length..] : address;
        foreach (var name in Names.Prepend(path.TrimStart('.', '/')))
            if (files.Find(name)?.Content is { } bytes && Of(bytes) is { } icon)
                return icon;
        return null;
    }

    private static FoundIcon? OfData(string address)
    {
        const string Mark = ";base64,";
        var at = address.IndexOf(Mark, StringComparison.OrdinalIgnoreCase);
        if (at < 0 || address.Length > MaxBytes * 2)
            return null;
        var bytes = new byte[address.Length];
        return Convert.TryFromBase64String(address[(at + Mark.Length)..], bytes, out var length)
            ? Of(bytes.AsMemory(0, length))
            : null;
    }

    /// <summary>Recognizes an image by its first bytes, because names and declared types may be wrong.</summary>
    private static FoundIcon? Of(ReadOnlyMemory<byte> bytes)
    {
        var span = bytes.Span;
        if (span.Length is 0 or > MaxBytes)
            return null;
        var type = span.StartsWith((ReadOnlySpan<byte>)[0x89, .. "PNG"u8]) ? "image/png"
            : span.StartsWith((ReadOnlySpan<byte>)[0xff, 0xd8, 0xff]) ? "image/jpeg"
            : span.StartsWith("GIF8"u8) ? "image/gif"
            : span.StartsWith("RIFF"u8) && span.Length > 12 && span[8..].StartsWith("WEBP"u8) ? "image/webp"
            : IsSvg(span) && IsCheapSvg(span) ? "image/svg+xml"
            : null;
        return type is null ? null : new FoundIcon(bytes, type);
    }

    /// <summary>Whether an SVG has few references and no entities. Its names may have a prefix.</summary>
    private static bool IsCheapSvg(ReadOnlySpan<byte> bytes) =>
        bytes.IndexOf("<!ENTITY"u8) < 0
        && bytes.Count("href"u8) + bytes.Count("url("u8) + bytes.Count("<animate"u8) <= MaxReferences;

    private static bool IsSvg(ReadOnlySpan<byte> bytes)
    {
        var head = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 1024)]).TrimStart('\ufeff').TrimStart();
        return head.StartsWith("<svg", StringComparison.Ordinal)
            || (head.Contains("<svg", StringComparison.Ordinal)
                && (head.StartsWith("<?xml", StringComparison.Ordinal)
                    || head.StartsWith("<!--", StringComparison.Ordinal)));
    }
}

/// <summary>An icon.</summary>
/// <param name="Bytes">The bytes.</param>
/// <param name="ContentType">The content type.</param>
internal sealed record FoundIcon(ReadOnlyMemory<byte> Bytes, string ContentType);
