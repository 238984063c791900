using System.Buffers;
using System.Text;

namespace Registry.Api.Json;

/// <summary>
/// Scans a JSON string that arrives in pieces, from after its opening quote up to and including its closing quote. It
/// returns runs of unescaped text, decodes escapes, and validates both (RFC 8259, section 7, and UTF-8).
/// </summary>
internal sealed class JsonStringScanner
{
    private static readonly SearchValues<byte> Stops = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(control => (byte)control), (byte)'"', (byte)'\\']);

    private readonly byte[] decoded = new byte[8];
    private readonly Utf8Check utf8 = new();
    private int decodedLength;
    private State state;
    private int hexLeft;
    private int codeUnit;
    private char highSurrogate;

    private enum State
    {
        Text,
        Escape,
        Hex,
    }

    /// <summary>
    /// Whether the string had an unpaired surrogate, which is valid JSON but not valid Unicode. It is decoded as
    /// U+FFFD.
    /// </summary>
    public bool HasLoneSurrogate { get; private set; }

    /// <summary>The decoded text of the last <see cref="JsonStringStep.Escape"/>, in UTF-8.</summary>
    public ReadOnlyMemory<byte> Decoded => decoded.AsMemory(0, decodedLength);

    /// <summary>Resets the scanner for the next string.</summary>
    public void Begin()
    {
        state = State.Text;
        highSurrogate = default;
        utf8.Begin();
        HasLoneSurrogate = false;
    }

    /// <summary>Scans the next part of the string.</summary>
    /// <param name="input">The available bytes.</param>
    /// <param name="consumed">
    /// The number of bytes that this step consumed. All of them are text if the step is
    /// <see cref="JsonStringStep.Run"/>.
    /// </param>
    /// <exception cref="JsonSyntaxException">The input is not a JSON string.</exception>
    public JsonStringStep Next(ReadOnlySpan<byte> input, out int consumed)
    {
        consumed = 0;
        decodedLength = 0;
        while (consumed < input.Length)
        {
            if (state == State.Text)
            {
                var rest = input[consumed..];
                var run = rest.IndexOfAny(Stops);
                if (run != 0)
                    return TakeRun(run < 0 ? rest : rest[..run], ref consumed);
                if (!utf8.IsComplete)
                    throw InvalidUtf8();
            }

            var b = input[consumed];
            if (state == State.Text && b == '"' && highSurrogate != default)
                return DecodeLoneSurrogate();
            consumed++;
            if (state == State.Text && b == '"')
                return JsonStringStep.End;
            if (state == State.Text)
                BeginEscape(b);
            else if (TryEndEscape(b))
                return JsonStringStep.Escape;
        }

        return JsonStringStep.NeedsMore;
    }

    private JsonStringStep TakeRun(ReadOnlySpan<byte> run, ref int consumed)
    {
        if (highSurrogate != default)
            return DecodeLoneSurrogate();
        if (!utf8.TryAppend(run))
            throw InvalidUtf8();
        consumed += run.Length;
        return JsonStringStep.Run;
    }

    private void BeginEscape(byte b)
    {
        if (b != '\\')
            throw new JsonSyntaxException("unescaped control character in a string; write a line break as \\n.");
        state = State.Escape;
    }

    /// <summary>Consumes a byte of an escape. Returns true if text was decoded.</summary>
    private bool TryEndEscape(byte b)
    {
        if (state == State.Escape)
        {
            if (b == 'u')
            {
                (state, hexLeft, codeUnit) = (State.Hex, 4, 0);
                return false;
            }

            Decode(b switch
            {
                (byte)'"' or (byte)'\\' or (byte)'/' => (char)b,
                (byte)'b' => '\b',
                (byte)'f' => '\f',
                (byte)'n' => '\n',
                (byte)'r' => '\r',
                (byte)'t' => '\t',
                _ => throw new JsonSyntaxException("invalid escape in a string."),
            });
            return true;
        }

        if (!char.IsAsciiHexDigit((char)b))
            throw new JsonSyntaxException("\\u in a string must be followed by four hex digits.");
        codeUnit = (codeUnit << 4) | (b <= '9' ? b - '0' : (b | 0x20) - 'a' + 10);
        if (--hexLeft > 0)
            return false;
        Decode((char)codeUnit);
        return decodedLength > 0;
    }

    private void Decode(char unit)
    {
        state = State.Text;
        if (highSurrogate != default && char.IsLowSurrogate(unit))
        {
            decodedLength = new Rune(highSurrogate, unit).EncodeToUtf8(decoded);
            highSurrogate = default;
            return;
        }

        if (highSurrogate != default)
            DecodeLoneSurrogate();
        if (char.IsHighSurrogate(unit))
            highSurrogate = unit;
        else if (char.IsLowSurrogate(unit))
            DecodeLoneSurrogate();
        else
            decodedLength += new Rune(unit).EncodeToUtf8(decoded.AsSpan(decodedLength));
    }

    private JsonStringStep DecodeLoneSurrogate()
    {
        HasLoneSurrogate = true;
        highSurrogate = default;
        decodedLength += Rune.ReplacementChar.EncodeToUtf8(decoded.AsSpan(decodedLength));
        return JsonStringStep.Escape;
    }

    private static JsonSyntaxException InvalidUtf8() => new("a string is not valid UTF-8.");
}

/// <summary>The result of a step of a <see cref="JsonStringScanner"/>.</summary>
internal enum JsonStringStep
{
    /// <summary>The input ended within an escape, or was empty.</summary>
    NeedsMore,

    /// <summary>Unescaped text.</summary>
    Run,

    /// <summary>An escape, decoded in <see cref="JsonStringScanner.Decoded"/>.</summary>
    Escape,

    /// <summary>The closing quote.</summary>
    End,
}
