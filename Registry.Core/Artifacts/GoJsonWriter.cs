using System.Globalization;
using System.Text;
using Registry.Core.Content;

namespace Registry.Core.Artifacts;

/// <summary>
/// Writes JSON byte for byte as encoding/json of Go does, which Helm and ORAS use: without spaces, with the same
/// escapes, and with maps in the order of the UTF-8 bytes of their keys.
/// </summary>
internal sealed class GoJsonWriter
{
    private readonly StringBuilder json = new();

    /// <summary>Whether the next name or value follows another one in its object or array.</summary>
    private bool follows;

    /// <summary>Begins an object.</summary>
    public GoJsonWriter BeginObject() => Begin('{');

    /// <summary>Ends an object.</summary>
    public GoJsonWriter EndObject() => End('}');

    /// <summary>Begins an array.</summary>
    public GoJsonWriter BeginArray() => Begin('[');

    /// <summary>Ends an array.</summary>
    public GoJsonWriter EndArray() => End(']');

    /// <summary>Writes the name of a member.</summary>
    public GoJsonWriter Name(string name)
    {
        Text(name);
        json.Append(':');
        follows = false;
        return this;
    }

    /// <summary>Writes a string.</summary>
    public GoJsonWriter Text(string text)
    {
        Separate();
        json.Append('"');
        for (var index = 0; index < text.Length; index++)
        {
            var isPair = index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1]);
            if (isPair)
                json.Append(text[index++]).Append(text[index]);
            else
                AppendEscaped(text[index]);
        }

        json.Append('"');
        return this;
    }

    /// <summary>Writes a number.</summary>
    public GoJsonWriter Number(long number)
    {
        Separate();
        json.Append(CultureInfo.InvariantCulture, $"{number}");
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
    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(json.ToString());

    private GoJsonWriter Begin(char bracket)
    {
        Separate();
        json.Append(bracket);
        follows = false;
        return this;
    }

    private GoJsonWriter End(char bracket)
    {
        json.Append(bracket);
        follows = true;
        return this;
    }

    private void Separate()
    {
        if (follows)
            json.Append(',');
        follows = true;
    }

    private void AppendEscaped(char character) => _ = character switch
    {
        '"' => json.Append("\\\""),
        '\\' => json.Append("\\\\"),
        '\b' => json.Append("\\b"),
        '\f' => json.Append("\\f"),
        '\n' => json.Append("\\n"),
        '\r' => json.Append("\\r"),
        '\t' => json.Append("\\t"),
        < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029' =>
            json.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
        _ when char.IsSurrogate(character) => json.Append("\\ufffd"),
        _ => json.Append(character),
    };
}
