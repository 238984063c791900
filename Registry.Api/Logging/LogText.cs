using System.Buffers;
using System.Globalization;
using System.Text;

namespace Registry.Api.Logging;

/// <summary>The one place that makes text safe to print to a log or a terminal.</summary>
/// <remarks>
/// Control characters can forge lines and drive a terminal; format characters can reorder or hide what is printed.
/// Both are written as <c>\uXXXX</c>, or <c>\UXXXXXXXX</c> beyond the basic plane. Backslashes stay as they are: the
/// result is for reading, not for parsing back.
/// </remarks>
internal static class LogText
{
    /// <summary>The longest text of a client's that is logged whole, in characters.</summary>
    private const int MaxClientText = 512;

    private static readonly SearchValues<char> Printable =
        SearchValues.Create(string.Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(static code => (char)code)));

    /// <summary>Escapes control, format and separator characters and lone surrogates.</summary>
    /// <param name="text">The text; null is the empty text.</param>
    /// <returns>One printable line; <paramref name="text"/> itself where nothing has to be escaped.</returns>
    public static string Escape(string? text)
    {
        if (text is null)
            return "";
        var first = text.AsSpan().IndexOfAnyExcept(Printable);
        if (first < 0)
            return text;

        var escaped = new StringBuilder(text.Length + 16).Append(text, 0, first);
        for (var rest = text.AsSpan(first); !rest.IsEmpty;)
        {
            var isScalar = Rune.DecodeFromUtf16(rest, out var rune, out var length) == OperationStatus.Done;
            if (isScalar && !IsUnsafe(rune))
                escaped.Append(rest[..length]);
            else if (length == 2)
                escaped.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:X8}");
            else
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)rest[0]:X4}");
            rest = rest[length..];
        }

        return escaped.ToString();
    }

    /// <summary>
    /// The beginning of a text that a client chose, which may be as long as a request line. The log bounds how many
    /// lines wait, not how long they are.
    /// </summary>
    public static string Shorten(string text) => text.Length <= MaxClientText ? text : $"{text[..MaxClientText]}…";

    /// <summary>Escapes each line of a text that has several, such as the report of an exception.</summary>
    /// <param name="text">The text, with line breaks of any kind.</param>
    /// <param name="separator">What stands between two lines of the result.</param>
    public static string EscapeLines(string text, string separator) =>
        string.Join(separator, text.ReplaceLineEndings("\n").Split('\n').Select(Escape));

    private static bool IsUnsafe(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control
        or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator;
}
