using System.Buffers;
using System.Globalization;
using System.Text;

namespace Registry.Core.Content;

/// <summary>
/// Writes JSON byte for byte as encoding/json of Go does, which Helm and ORAS use: without spaces, with the same
/// escapes, and with maps in the order of the UTF-8 bytes of their keys.
/// </summary>
/// <param name="isYaml">
/// Whether the JSON must be valid YAML too: the characters that YAML forbids are then escaped, which Go does not do.
/// </param>
internal class GoJsonWriter(bool isYaml = false)
{
    private const int InitialBytes = 512;
    private const int MaxBytesOfCharacter = 6;

    private readonly ArrayBufferWriter<byte> json = new(InitialBytes);

    /// <summary>Whether the next name or value follows another one in its object or array.</summary>
    private bool follows;

    /// <summary>The number of bytes so far.</summary>
    protected int WrittenCount => json.WrittenCount;

    /// <summary>Begins an object.</summary>
    public GoJsonWriter BeginObject() => Begin((byte)'{');

    /// <summary>Ends an object.</summary>
    public GoJsonWriter EndObject() => End((byte)'}');

    /// <summary>Begins an array.</summary>
    public GoJsonWriter BeginArray() => Begin((byte)'[');

    /// <summary>Ends an array.</summary>
    public GoJsonWriter EndArray() => End((byte)']');

    /// <summary>Writes the name of a member.</summary>
    public virtual GoJsonWriter Name(string name)
    {
        Text(name);
        Append((byte)':');
        follows = false;
        return this;
    }

    /// <summary>Writes a string. Half a surrogate pair becomes U+FFFD.</summary>
    public virtual GoJsonWriter Text(string text)
    {
        Separate();
        Append((byte)'"');
        for (ReadOnlySpan<char> rest = text; !rest.IsEmpty;)
        {
            var isWhole = Rune.DecodeFromUtf16(rest, out var rune, out var length) == OperationStatus.Done;
            Append(rune, isEscaped: !isWhole || IsEscaped(rune.Value));
            rest = rest[length..];
        }

        Append((byte)'"');
        follows = true;
        return this;
    }

    /// <summary>Writes a number.</summary>
    public GoJsonWriter Number(long number) => Literal(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Writes a number, a Boolean value or null, in ASCII.</summary>
    public GoJsonWriter Literal(string literal)
    {
        Separate();
        json.Advance(Encoding.ASCII.GetBytes(literal, json.GetSpan(literal.Length)));
        follows = true;
        return this;
    }

    /// <summary>Writes a map of strings in Go's order.</summary>
    public GoJsonWriter Map(IEnumerable<KeyValuePair<string, string>> map)
    {
        BeginObject();
        foreach (var (name, value) in map.OrderBy(static member => member.Key, Utf8Order.Instance))
            Name(name).Text(value);
        return EndObject();
    }

    /// <summary>Returns the JSON in UTF-8.</summary>
    public byte[] ToUtf8() => json.WrittenSpan.ToArray();

    /// <summary>Writes the comma before the next name or value, if it needs one that is not written yet.</summary>
    protected void Separate()
    {
        if (follows)
            Append((byte)',');
        follows = false;
    }

    private GoJsonWriter Begin(byte bracket)
    {
        Separate();
        Append(bracket);
        return this;
    }

    private GoJsonWriter End(byte bracket)
    {
        Append(bracket);
        follows = true;
        return this;
    }

    /// <summary>
    /// Go escapes control characters of ASCII, quotes, characters of HTML, and line separators.
    /// </summary>
    private bool IsEscaped(int character) =>
        character is < ' ' or '"' or '\\' or '<' or '>' or '&' or 0x2028 or 0x2029
        || (isYaml && character is (>= 0x7F and <= 0x9F) or 0xFEFF or 0xFFFE or 0xFFFF);

    private void Append(Rune rune, bool isEscaped)
    {
        var span = json.GetSpan(MaxBytesOfCharacter);
        json.Advance(
            !isEscaped ? rune.EncodeToUtf8(span)
            : ShortEscape(rune.Value) is { } letter ? Escape(span, letter)
            : EscapeHex(span, rune.Value));
    }

    private void Append(byte value)
    {
        json.GetSpan(1)[0] = value;
        json.Advance(1);
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

    private static int Escape(Span<byte> span, char letter)
    {
        span[0] = (byte)'\\';
        span[1] = (byte)letter;
        return 2;
    }

    private static int EscapeHex(Span<byte> span, int character)
    {
        "\\u"u8.CopyTo(span);
        for (var i = 0; i < 4; i++)
            span[2 + i] = "0123456789abcdef"u8[(character >> (12 - (4 * i))) & 0xF];
        return MaxBytesOfCharacter;
    }
}
