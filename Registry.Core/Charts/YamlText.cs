using System.Buffers;
using System.Text;

namespace Registry.Core.Charts;

/// <summary>Decodes the bytes of a YAML file.</summary>
internal static class YamlText
{
    private const char ByteOrderMark = '\uFEFF';

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly UnicodeEncoding LittleEndian =
        new(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true);

    private static readonly UnicodeEncoding BigEndian =
        new(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true);

    /// <summary>The characters that YAML does not allow in a file: they can only be escaped.</summary>
    private static readonly SearchValues<char> Forbidden = SearchValues.Create(
    [
        .. Enumerable.Range(0, 0xA0).Select(static code => (char)code).Where(static character =>
            character is not ('\t' or '\n' or '\r' or '\u0085' or (>= ' ' and <= '~'))),
        '\uFFFE',
        '\uFFFF',
    ]);

    /// <summary>Decodes UTF-8, or UTF-16 with a byte order mark. Converts line ends to line feeds.</summary>
    /// <exception cref="ChartFormatException">The bytes are not text that YAML allows.</exception>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var text = bytes switch
            {
                [0xFF, 0xFE, ..] => LittleEndian.GetString(bytes),
                [0xFE, 0xFF, ..] => BigEndian.GetString(bytes),
                _ => Utf8.GetString(bytes),
            };
            text = text.TrimStart(ByteOrderMark)
                .Replace("\r\n", "\n", StringComparison.Ordinal)
                .Replace('\r', '\n');
            return text.AsSpan().IndexOfAny(Forbidden) is >= 0 and var at
                ? throw new ChartFormatException(
                    $"The file contains the control character U+{(int)text[at]:X4}, which YAML does not allow.")
                : text;
        }
        catch (DecoderFallbackException)
        {
            throw new ChartFormatException("The file is not valid UTF-8 or UTF-16.");
        }
    }
}
