using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Registry.Core.Storage;

namespace Registry.Core.Charts;

/// <summary>
/// What a provenance file says: the chart that it belongs to, and the sha256 of its archive. The signature is not
/// checked; clients do that with their own keys.
/// </summary>
/// <param name="Chart">The metadata of the chart.</param>
/// <param name="Files">The digests of the signed files, by name.</param>
public sealed record Provenance(ChartMetadata Chart, ImmutableDictionary<string, Digest> Files)
{
    /// <summary>The maximum size of a provenance file, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    private const string Begin = "-----BEGIN PGP SIGNED MESSAGE-----";
    private const string Signature = "-----BEGIN PGP SIGNATURE-----";
    private const string DashEscape = "- ";
    private const string DocumentEnd = "...";
    private const string DigestPrefix = "sha256:";

    /// <summary>Reads a provenance file: a message signed in clear text that holds two YAML documents.</summary>
    /// <param name="bytes">The bytes of the file.</param>
    /// <param name="provenance">What it says, if it is valid.</param>
    /// <param name="reason">Why it is invalid, as a sentence that may reach the client; otherwise null.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out Provenance? provenance,
        [NotNullWhen(false)] out string? reason)
    {
        provenance = null;
        try
        {
            if (bytes.Length > MaxBytes)
                throw new ChartFormatException($"It is larger than {MaxBytes} bytes.");
            var (chart, sums) = Split(YamlText.Decode(bytes));
            if (!ChartReader.TryRead(Encoding.UTF8.GetBytes(chart), out var metadata, out reason))
                return false;
            provenance = new Provenance(metadata, ReadFiles(sums));
            return true;
        }
        catch (ChartFormatException exception)
        {
            reason = $"Provenance file: {exception.Message}";
            return false;
        }
    }

    /// <summary>
    /// Returns the two documents of the signed text. Lines that begin with a dash are escaped in such a message.
    /// </summary>
    private static (string Chart, string Sums) Split(string text)
    {
        var chart = new StringBuilder();
        var sums = new StringBuilder();
        var lines = text.Split('\n').Select(static line => line.TrimEnd('\r', ' ', '\t')).GetEnumerator();
        Find(lines, Begin);
        Find(lines, "");
        var current = chart;
        while (lines.MoveNext() && lines.Current != Signature)
        {
            if (lines.Current == DocumentEnd && current == chart)
                current = sums;
            else
                current.Append(lines.Current.StartsWith(DashEscape, StringComparison.Ordinal)
                    ? lines.Current.AsSpan(DashEscape.Length)
                    : lines.Current).Append('\n');
        }

        return lines.Current == Signature && current == sums
            ? (chart.ToString(), sums.ToString())
            : throw new ChartFormatException(
                "Expected a signed message with two YAML documents separated by '...'.");
    }

    private static void Find(IEnumerator<string> lines, string line)
    {
        do
        {
            if (!lines.MoveNext())
                throw new ChartFormatException("It is not a cleartext-signed message (OpenPGP).");
        }
        while (lines.Current != line);
    }

    private static ImmutableDictionary<string, Digest> ReadFiles(string sums)
    {
        var entries = YamlReader.Read(Encoding.UTF8.GetBytes(sums)).Entries;
        if (!entries.TryGetValue("files", out var files) || files is not YamlValue.Mapping { Entries.Count: > 0 } named)
            throw new ChartFormatException("It lists no files.");
        return named.Entries.ToImmutableDictionary(
            static file => file.Key, static file => DigestOf(file.Value, file.Key), StringComparer.Ordinal);
    }

    private static Digest DigestOf(YamlValue value, string file) =>
        value is YamlValue.Text { Value: var text }
        && text.StartsWith(DigestPrefix, StringComparison.Ordinal)
        && Digest.TryParse(text[DigestPrefix.Length..], out var digest)
            ? digest
            : throw new ChartFormatException(
                $"The digest of {ChartText.Quote(file)} is not 'sha256:' and 64 lower-case hex digits.");
}
