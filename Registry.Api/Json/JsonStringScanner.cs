using System.Buffers;
using System.Text;

namespace Registry.Api.Json;

/// <summary>
/// Walks the inside of a JSON string that arrives in pieces, from behind its opening quote to behind its closing one:
/// text as it stands comes out in runs, escapes come out decoded, and all of it is checked (RFC 8259, section 7, and
/// UTF-8).
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
    /// True when half of a surrogate pair stood alone, which is JSON but no text; it comes out as U+FFFD.
    /// </summary>
    public bool HasLoneSurrogate { get; private set; }

    /// <summary>What the last <see cref="JsonStringStep.Escape"/> stands for, in UTF-8.</summary>
    public ReadOnlyMemory<byte> Decoded => decoded.AsMemory(0, decodedLength);

    /// <summary>Gets ready for the next string.</summary>
    public void Begin()
    {
        state = State.Text;
        highSurrogate = default;
        utf8.Begin();
        HasLoneSurrogate = false;
    }

    /// <summary>Takes a step.</summary>
    /// <param name="input">What has arrived.</param>
    /// <param name="consumed">
    /// How much of it this step took; all of it is text when the step is <see cref="JsonStringStep.Run"/>.
    /// </param>
    /// <exception cref="JsonSyntaxException">This is no JSON string.</exception>
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
            throw new JsonSyntaxException("a control character stands in a string; a line break is written \\n.");
        state = State.Escape;
    }

    /// <summary>Takes a byte of an escape; true when something came out.</summary>
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
                _ => throw new JsonSyntaxException("a backslash in a string begins no escape."),
            });
            return true;
        }

        if (!char.IsAsciiHexDigit((char)b))
            throw new JsonSyntaxException("\\u in a string is followed by four hex digits.");
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

/// <summary>What a step of a <see cref="JsonStringScanner"/> came upon.</summary>
internal enum JsonStringStep
{
    /// <summary>The input is used up within an escape, or was empty.</summary>
    NeedsMore,

    /// <summary>Text that stands for itself.</summary>
    Run,

    /// <summary>An escape: <see cref="JsonStringScanner.Decoded"/>.</summary>
    Escape,

    /// <summary>The closing quote.</summary>
    End,
}
