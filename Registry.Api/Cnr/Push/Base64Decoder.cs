using System.Buffers;
using System.Buffers.Text;

namespace Registry.Api.Cnr.Push;

/// <summary>
/// Decodes base64 (RFC 4648, section 4) that arrives in pieces. ASCII white space is skipped wherever it stands; the padding must be there; the bits
/// that the padding leaves unused are not judged, as the clients' own libraries do not judge them.
/// </summary>
internal sealed class Base64Decoder
{
    /// <summary>The least room that <see cref="Decode"/> needs to get on.</summary>
    public const int MinOutputBytes = 3;

    private const int CharsInQuad = 4;
    private const uint NoDigit = 0xff;

    private static readonly byte[] Digits = CreateDigits();

    private uint bits;
    private int chars;
    private int pads;

    /// <summary>True where the text may end: between two quads.</summary>
    public bool IsComplete => chars + pads is 0 or CharsInQuad;

    /// <summary>Decodes what fits.</summary>
    /// <param name="text">The next piece, in ASCII.</param>
    /// <param name="output">Where the bytes go; <see cref="MinOutputBytes"/> at least.</param>
    /// <param name="consumed">How much of the text was taken.</param>
    /// <param name="written">How much of the output was written.</param>
    /// <returns>
    /// <see cref="OperationStatus.Done"/> when all of the text was taken, <see cref="OperationStatus.DestinationTooSmall"/> when the output
    /// is full, <see cref="OperationStatus.InvalidData"/> when the next character has no place there.
    /// </returns>
    public OperationStatus Decode(ReadOnlySpan<byte> text, Span<byte> output, out int consumed, out int written)
    {
        consumed = written = 0;
        while (consumed < text.Length)
        {
            if (output.Length - written < MinOutputBytes)
                return OperationStatus.DestinationTooSmall;
            if (chars + pads == 0 && WholeQuads(text[consumed..]) is { IsEmpty: false } quads)
            {
                // What this stops at (padding, an error, no room) is taken below, a character at a time.
                Base64.DecodeFromUtf8(quads, output[written..], out var taken, out var decoded, isFinalBlock: false);
                consumed += taken;
                written += decoded;
                if (taken == quads.Length)
                    continue;
                if (output.Length - written < MinOutputBytes)
                    return OperationStatus.DestinationTooSmall;
            }

            if (!TryTake(text[consumed], output, ref written))
                return OperationStatus.InvalidData;
            consumed++;
        }

        return OperationStatus.Done;
    }

    /// <summary>The quads before the next white space: the framework's decoder loses digits when white space parts a quad and more is to come.</summary>
    private static ReadOnlySpan<byte> WholeQuads(ReadOnlySpan<byte> text)
    {
        var run = text.IndexOfAnyInRange((byte)0, (byte)' ');
        return text[..((run < 0 ? text.Length : run) / CharsInQuad * CharsInQuad)];
    }

    private static byte[] CreateDigits()
    {
        var digits = new byte[256];
        digits.AsSpan().Fill((byte)NoDigit);
        var alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8;
        for (byte value = 0; value < alphabet.Length; value++)
            digits[alphabet[value]] = value;
        return digits;
    }

    private bool TryTake(byte c, Span<byte> output, ref int written)
    {
        if (c is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r'))
            return true;
        if (c == '=')
        {
            // Two digits and two pads are a byte, three digits and a pad are two; after that there is nothing but white space.
            if (chars < 2 || chars + pads == CharsInQuad)
                return false;
            if (chars + ++pads < CharsInQuad)
                return true;
            bits <<= 6 * pads;
            for (var i = 0; i < CharsInQuad - 1 - pads; i++)
                output[written++] = (byte)(bits >> (16 - (8 * i)));
            return true;
        }

        uint digit = Digits[c];
        if (digit == NoDigit || pads > 0)
            return false;
        bits = (bits << 6) | digit;
        if (++chars < CharsInQuad)
            return true;
        output[written++] = (byte)(bits >> 16);
        output[written++] = (byte)(bits >> 8);
        output[written++] = (byte)bits;
        chars = 0;
        return true;
    }
}
