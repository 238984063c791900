namespace Registry.Api.Json;

/// <summary>The grammar of a JSON number, a byte at a time (RFC 8259, section 6).</summary>
internal struct JsonNumber
{
    private Part part;

    private enum Part
    {
        Start,
        Minus,
        Zero,
        Integer,
        Point,
        Fraction,
        E,
        ExponentSign,
        Exponent,
    }

    /// <summary>Whether the bytes so far are a complete number.</summary>
    public readonly bool IsComplete => part is Part.Zero or Part.Integer or Part.Fraction or Part.Exponent;

    /// <summary>Appends a byte. Returns false and changes nothing if it cannot continue the number.</summary>
    public bool TryAppend(byte b)
    {
        Part? next = (part, (char)b) switch
        {
            (Part.Start, '-') => Part.Minus,
            (Part.Start or Part.Minus, '0') => Part.Zero,
            (Part.Start or Part.Minus or Part.Integer, >= '0' and <= '9') => Part.Integer,
            (Part.Zero or Part.Integer, '.') => Part.Point,
            (Part.Point or Part.Fraction, >= '0' and <= '9') => Part.Fraction,
            (Part.Zero or Part.Integer or Part.Fraction, 'e' or 'E') => Part.E,
            (Part.E, '+' or '-') => Part.ExponentSign,
            (Part.E or Part.ExponentSign or Part.Exponent, >= '0' and <= '9') => Part.Exponent,
            _ => null,
        };
        part = next ?? part;
        return next is not null;
    }
}
