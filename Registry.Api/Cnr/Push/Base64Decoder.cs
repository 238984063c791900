using System.Buffers;
using System.Buffers.Text;

namespace Registry.Api.Cnr.Push;

/// <summary>
/// Decodes base64 (RFC 4648, section 4) that arrives in pieces, by the framework's decoder.
/// ASCII white space is skipped anywhere. The padding is required.
/// Unused bits before the padding are not checked, as in the libraries of the clients.
/// </summary>
/// <remarks>
/// <see cref="Base64"/> only receives whole quads without padding: it loses digits when white space splits a quad and
/// more text follows, and it rejects unused bits that are set. A quad that is split, or that has padding, is collected
/// here and decoded by <see cref="Convert"/>.
/// </remarks>
internal sealed class Base64Decoder
{
    /// <summary>The minimum output that <see cref="Decode"/> needs to make progress, in bytes.</summary>
    public const int MinOutputBytes = 3;

    private const int CharsInQuad = 4;
    private const byte Pad = (byte)'=';

    private static readonly SearchValues<byte> Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="u8);

    private readonly char[] quad = new char[CharsInQuad];
    private int gathered;
    private bool padded;

    /// <summary>Whether the text may end here: between two quads.</summary>
    public bool IsComplete => gathered == 0;

    /// <summary>Decodes as much as fits into the output.</summary>
    /// <param name="text">The next piece, in ASCII.</param>
    /// <param name="output">The output; at least <see cref="MinOutputBytes"/>.</param>
    /// <param name="consumed">The length of the text that was consumed.</param>
    /// <param name="written">The length of the output that was written.</param>
    /// <returns>
    /// <see cref="OperationStatus.Done"/> when the whole text was consumed,
    /// <see cref="OperationStatus.DestinationTooSmall"/> when the output is full,
    /// <see cref="OperationStatus.InvalidData"/> when the text is not base64.
    /// </returns>
    public OperationStatus Decode(ReadOnlySpan<byte> text, Span<byte> output, out int consumed, out int written)
    {
        consumed = written = 0;
        while (consumed < text.Length)
        {
            if (output.Length - written < MinOutputBytes)
                return OperationStatus.DestinationTooSmall;
            if (gathered == 0 && !padded && WholeQuads(text[consumed..]) is { IsEmpty: false } quads)
            {
                // It stops at padding, at an error, and when the output is full.
                // The loop continues from there, one character at a time.
                Base64.DecodeFromUtf8(quads, output[written..], out var taken, out var decoded, isFinalBlock: false);
                consumed += taken;
                written += decoded;
                if (taken > 0)
                    continue;
            }

            if (!TryTake(text[consumed], output, ref written))
                return OperationStatus.InvalidData;
            consumed++;
        }

        return OperationStatus.Done;
    }

    private static ReadOnlySpan<byte> WholeQuads(ReadOnlySpan<byte> text)
    {
        var run = text.IndexOfAnyInRange((byte)0, (byte)' ');
        return text[..((run < 0 ? text.Length : run) / CharsInQuad * CharsInQuad)];
    }

    private bool TryTake(byte c, Span<byte> output, ref int written)
    {
        if (c is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r'))
            return true;
        // Padding ends the text. A quad has at least two digits.
        if (padded || !Characters.Contains(c) || (c == Pad && gathered < 2))
            return false;
        quad[gathered++] = (char)c;
        if (gathered < CharsInQuad)
            return true;
        gathered = 0;
        padded = c == Pad;
        var isQuad = Convert.TryFromBase64Chars(quad, output[written..], out var decoded);
        written += decoded;
        return isQuad;
    }
}
