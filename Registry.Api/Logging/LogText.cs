using System.Buffers;
using System.Globalization;
using System.Text;

namespace Registry.Api.Logging;

/// <summary>Escapes text for a log or a terminal.</summary>
/// <remarks>
/// Control characters can forge lines and control a terminal; format characters can reorder or hide text. Both are
/// written as <c>\uXXXX</c>, or <c>\UXXXXXXXX</c> beyond the basic plane. Backslashes are not escaped, because the
/// result is meant to be read, not parsed.
/// </remarks>
internal static class LogText
{
    /// <summary>The maximum length of a client's text in the log, in characters.</summary>
    private const int MaxClientText = 512;

    private static readonly SearchValues<char> Printable =
        SearchValues.Create(string.Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(static code => (char)code)));

    /// <summary>Escapes control, format and separator characters and unpaired surrogates.</summary>
    /// <param name="text">The text; null is treated as empty.</param>
    /// <returns>One printable line; <paramref name="text"/> itself if nothing needs escaping.</returns>
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
    /// Truncates a text from a client, which may be as long as a request line. The log limits the number of queued
    /// lines, not their length.
    /// </summary>
    public static string Shorten(string text)
    {
        if (text.Length <= MaxClientText)
            return text;
        // Do not split a surrogate pair.
        var end = char.IsHighSurrogate(text[MaxClientText - 1]) ? MaxClientText - 1 : MaxClientText;
        return $"{text[..end]}…";
    }

    /// <summary>Escapes each line of a text, such as an exception with its stack trace.</summary>
    /// <param name="text">The text, with line breaks of any kind.</param>
    /// <param name="separator">The separator between the lines of the result.</param>
    public static string EscapeLines(string text, string separator) =>
        string.Join(separator, text.ReplaceLineEndings("\n").Split('\n').Select(Escape));

    private static bool IsUnsafe(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control
        or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator;
}
