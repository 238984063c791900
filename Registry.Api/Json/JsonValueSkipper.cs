namespace Registry.Api.Json;

/// <summary>
/// Skips and validates one JSON value of any size that arrives in pieces (RFC 8259).
/// </summary>
/// <param name="strings">The scanner for strings in the value.</param>
internal sealed class JsonValueSkipper(JsonStringScanner strings)
{
    /// <summary>The maximum nesting depth of objects and arrays, including the outermost.</summary>
    public const int MaxDepth = 64;

    private Expect expect;
    private JsonNumber number;
    private string literal = "";
    private int literalLength;

    // One bit per level, the innermost lowest: set for an object.
    private ulong objects;
    private int depth;
    private int outerDepth;

    private enum Expect
    {
        Value,
        ValueOrEnd,
        Name,
        NameOrEnd,
        Colon,
        CommaOrEnd,
        InName,
        InString,
        InNumber,
        InLiteral,
    }

    private bool InObject => (objects & 1) != 0;

    /// <summary>Resets the skipper for the next value.</summary>
    /// <param name="outerDepth">The number of open objects and arrays around the value.</param>
    public void Begin(int outerDepth)
    {
        expect = Expect.Value;
        depth = this.outerDepth = outerDepth;
    }

    /// <summary>Consumes bytes of the value. Returns true when the value has ended.</summary>
    /// <exception cref="JsonSyntaxException">The input is not a JSON value.</exception>
    public bool Feed(ReadOnlySpan<byte> input, out int consumed)
    {
        consumed = 0;
        while (consumed < input.Length)
        {
            var b = input[consumed];
            var ended = false;
            switch (expect)
            {
                case Expect.InName or Expect.InString:
                    var isEnd = strings.Next(input[consumed..], out var scanned) == JsonStringStep.End;
                    consumed += scanned;
                    if (isEnd && expect == Expect.InName)
                        expect = Expect.Colon;
                    else if (isEnd)
                        ended = EndValue();
                    break;
                case Expect.InNumber when number.TryAppend(b):
                    consumed++;
                    break;
                case Expect.InNumber:
                    ended = number.IsComplete ? EndValue() : throw new JsonSyntaxException("incomplete number.");
                    break;
                case Expect.InLiteral:
                    if (b != literal[literalLength])
                        throw Unexpected();
                    consumed++;
                    ended = ++literalLength == literal.Length && EndValue();
                    break;
                default:
                    consumed++;
                    ended = b is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') && TakeStructure(b);
                    break;
            }

            if (ended)
                return true;
        }

        return false;
    }

    private bool TakeStructure(byte b)
    {
        switch (expect, (char)b)
        {
            case (Expect.Value or Expect.ValueOrEnd, '{'):
                Open(isObject: true);
                return false;
            case (Expect.Value or Expect.ValueOrEnd, '['):
                Open(isObject: false);
                return false;
            case (Expect.ValueOrEnd, ']') or (Expect.NameOrEnd, '}'):
            case (Expect.CommaOrEnd, ']') when !InObject:
            case (Expect.CommaOrEnd, '}') when InObject:
                objects >>= 1;
                depth--;
                return EndValue();
            case (Expect.CommaOrEnd, ','):
                expect = InObject ? Expect.Name : Expect.Value;
                return false;
            case (Expect.Name or Expect.NameOrEnd, '"'):
                strings.Begin();
                expect = Expect.InName;
                return false;
            case (Expect.Colon, ':'):
                expect = Expect.Value;
                return false;
            case (Expect.Value or Expect.ValueOrEnd, _):
                BeginScalar(b);
                return false;
            default:
                throw Unexpected();
        }
    }

    private void BeginScalar(byte b)
    {
        if (b == '"')
        {
            strings.Begin();
            expect = Expect.InString;
            return;
        }

        number = default;
        if (number.TryAppend(b))
        {
            expect = Expect.InNumber;
            return;
        }

        literal = (char)b switch
        {
            't' => "true",
            'f' => "false",
            'n' => "null",
            _ => throw Unexpected(),
        };
        literalLength = 1;
        expect = Expect.InLiteral;
    }

    private void Open(bool isObject)
    {
        if (++depth > MaxDepth)
            throw new JsonSyntaxException($"nested deeper than {MaxDepth}.");
        objects = (objects << 1) | (isObject ? 1u : 0u);
        expect = isObject ? Expect.NameOrEnd : Expect.ValueOrEnd;
    }

    private bool EndValue()
    {
        expect = Expect.CommaOrEnd;
        return depth == outerDepth;
    }

    private static JsonSyntaxException Unexpected() => new("unexpected character.");
}
