using System.Text;

namespace Registry.Api.Cnr.Push;

/// <summary>Checks UTF-8 that arrives in pieces, which may part a character.</summary>
internal struct Utf8Check
{
    private int missing;
    private byte low;
    private byte high;

    /// <summary>True between characters.</summary>
    public readonly bool IsComplete => missing == 0;

    /// <summary>Takes the next bytes; false when they are not UTF-8 (Unicode, table 3-7).</summary>
    public bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        if (missing == 0 && Ascii.IsValid(bytes))
            return true;
        foreach (var b in bytes)
        {
            if (missing > 0)
            {
                if (b < low || b > high)
                    return false;
                (missing, low, high) = (missing - 1, 0x80, 0xbf);
            }
            else if (b >= 0x80)
            {
                (missing, low, high) = b switch
                {
                    >= 0xc2 and <= 0xdf => (1, (byte)0x80, (byte)0xbf),
                    0xe0 => (2, (byte)0xa0, (byte)0xbf),
                    0xed => (2, (byte)0x80, (byte)0x9f),
                    >= 0xe1 and <= 0xef => (2, (byte)0x80, (byte)0xbf),
                    0xf0 => (3, (byte)0x90, (byte)0xbf),
                    >= 0xf1 and <= 0xf3 => (3, (byte)0x80, (byte)0xbf),
                    0xf4 => (3, (byte)0x80, (byte)0x8f),
                    _ => (-1, low, high),
                };
                if (missing < 0)
                    return false;
            }
        }

        return true;
    }
}
