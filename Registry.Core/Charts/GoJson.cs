using System.Buffers;
using System.Text;

namespace Registry.Core.Charts;

/// <summary>
/// Writes JSON as Go's <c>encoding/json</c> does, which makes it equal to what Helm writes. It is valid YAML too, as
/// some clients read indexes by a YAML parser: characters beyond ASCII are raw UTF-8, and the control characters that
/// YAML forbids are escaped.
/// </summary>
/// <param name="maxBytes">The maximum size, in bytes.</param>
internal sealed class GoJson(int maxBytes)
{
    /// <summary>The maximum length of a name with its quotes: YAML parsers look 1,024 characters ahead.</summary>
    private const int MaxNameBytes = 1000;

    private const int InitialBytes = 512;
    private const int MaxBytesOfCharacter = 6;

    private readonly ArrayBufferWriter<byte> written = new(InitialBytes);
    private bool needsComma;

    /// <summary>The JSON.</summary>
    public ReadOnlyMemory<byte> Written => written.WrittenMemory;

    /// <summary>Begins an object or array.</summary>
    public void Begin(char bracket)
    {
        Separate();
        Append((byte)bracket);
        needsComma = false;
    }

    /// <summary>Ends an object or array.</summary>
    public void End(char bracket)
    {
        Append((byte)bracket);
        needsComma = true;
    }

    /// <summary>Writes the name of a property.</summary>
    /// <exception cref="ChartFormatException">It is too long.</exception>
    public void Name(string name)
    {
        Separate();
        var before = written.WrittenCount;
        WriteText(written, name);
        if (written.WrittenCount - before > MaxNameBytes)
            throw new ChartFormatException($"A key is longer than {MaxNameBytes} bytes.");
        Append((byte)':');
        needsComma = false;
    }

    /// <summary>Writes a text.</summary>
    public void Text(string text)
    {
        Separate();
        Limit(text.Length);
        WriteText(written, text);
        Limit(0);
        needsComma = true;
    }

    /// <summary>Writes a number, a truth value or null, in ASCII.</summary>
    public void Literal(string literal)
    {
        Separate();
        written.Advance(Encoding.ASCII.GetBytes(literal, written.GetSpan(literal.Length)));
        needsComma = true;
    }

    /// <summary>Writes a field, unless it is empty.</summary>
    public void Field(string name, string text)
    {
        if (text.Length == 0)
            return;
        Name(name);
        Text(text);
    }

    /// <summary>Writes a field, unless it is false.</summary>
    public void Field(string name, bool value)
    {
        if (!value)
            return;
        Name(name);
        Literal("true");
    }

    /// <summary>Writes a field with a list of texts, unless it is empty.</summary>
    public void Field(string name, IEnumerable<string> texts) =>
        Field(name, [.. texts], static (json, text) => json.Text(text));

    /// <summary>Writes a field with a list, unless it is empty.</summary>
    public void Field<T>(string name, IReadOnlyList<T> items, Action<GoJson, T> write)
    {
        if (items.Count == 0)
            return;
        Name(name);
        Begin('[');
        foreach (var item in items)
            write(this, item);
        End(']');
    }

    /// <summary>Writes a text with its quotes.</summary>
    /// <param name="json">Where to write it.</param>
    /// <param name="text">The text, without half surrogate pairs.</param>
    public static void WriteText(IBufferWriter<byte> json, string text)
    {
        json.Write("\""u8);
        foreach (var rune in text.EnumerateRunes())
        {
            var span = json.GetSpan(MaxBytesOfCharacter);
            json.Advance(ShortEscape(rune.Value) is { } escape ? Escape(span, escape)
                : IsEscaped(rune.Value) ? EscapeHex(span, rune.Value)
                : rune.EncodeToUtf8(span));
        }

        json.Write("\""u8);
    }

    private static char? ShortEscape(int character) => character switch
    {
        '"' => '"',
        '\\' => '\\',
        '\b' => 'b',
        '\f' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        _ => null,
    };

    /// <summary>
    /// Go escapes control characters of ASCII, characters of HTML, and line separators. The others are not allowed in a
    /// YAML file.
    /// </summary>
    private static bool IsEscaped(int character) =>
        character is < ' ' or '<' or '>' or '&' or 0x2028 or 0x2029
            or (>= 0x7F and <= 0x9F) or 0xFEFF or 0xFFFE or 0xFFFF;

    private static int Escape(Span<byte> span, char escape)
    {
        span[0] = (byte)'\\';
        span[1] = (byte)escape;
        return 2;
    }

    private static int EscapeHex(Span<byte> span, int character)
    {
        "\\u"u8.CopyTo(span);
        for (var i = 0; i < 4; i++)
            span[2 + i] = "0123456789abcdef"u8[(character >> (12 - (4 * i))) & 0xF];
        return MaxBytesOfCharacter;
    }

    private void Separate()
    {
        if (needsComma)
            Append((byte)',');
    }

    private void Append(byte value)
    {
        written.GetSpan(1)[0] = value;
        written.Advance(1);
    }

    private void Limit(int more)
    {
        if (written.WrittenCount + more > maxBytes)
            throw new ChartFormatException($"The metadata is larger than {maxBytes} bytes of JSON.");
    }
}
