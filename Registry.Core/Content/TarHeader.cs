namespace Registry.Core.Content;

/// <summary>What the structure of a tar needs to know of one header block.</summary>
/// <param name="TypeFlag">The kind of entry.</param>
/// <param name="PaddedBytes">
/// How many bytes follow before the next header: the entry's data, filled up to whole blocks.
/// </param>
internal readonly record struct TarHeader(byte TypeFlag, long PaddedBytes)
{
    /// <summary>All of a tar is made of blocks of this size.</summary>
    public const int BlockBytes = 512;

    private const int SizeOffset = 124;
    private const int SizeLength = 12;
    private const int ChecksumOffset = 148;
    private const int ChecksumLength = 8;
    private const int TypeOffset = 156;

    /// <summary>
    /// True when the entry only tells more of the entry after it: pax and Solaris headers, GNU long names and links.
    /// </summary>
    public bool ExtendsNext => TypeFlag is (byte)'x' or (byte)'X' or (byte)'L' or (byte)'K';

    /// <summary>
    /// True for what is no entry of its own: <see cref="ExtendsNext"/>, and pax headers for all that follows.
    /// </summary>
    public bool IsExtension => ExtendsNext || TypeFlag == (byte)'g';

    /// <summary>True for GNU's old sparse files, whose header may go on in blocks of its own.</summary>
    public bool IsOldSparse => TypeFlag == (byte)'S';

    /// <summary>Reads a header block; false when it is none: its checksum or its size is wrong.</summary>
    /// <remarks>
    /// A pax header may override the size of the entry after it. Writers do so for what the header's own field cannot
    /// hold, 8 GiB and more, and repeat smaller sizes at most; so the record is read by nobody here, and an operator
    /// who raises the limit of unpacked bytes past 8 GiB takes larger entries in the GNU form (base-256) alone.
    /// </remarks>
    public static bool TryParse(ReadOnlySpan<byte> block, out TarHeader header)
    {
        header = default;
        if (!HasItsChecksum(block)
            || !TryReadNumber(block.Slice(SizeOffset, SizeLength), out var size)
            || size > long.MaxValue - BlockBytes)
            return false;
        var type = block[TypeOffset];
        header = new TarHeader(type, HasData(type) ? (size + BlockBytes - 1) / BlockBytes * BlockBytes : 0);
        return true;
    }

    /// <summary>
    /// Links, devices, directories and pipes have no data, whatever their size says. What is unknown is skipped like a
    /// file, as POSIX demands.
    /// </summary>
    private static bool HasData(byte type) => type is < (byte)'1' or > (byte)'6';

    /// <summary>The sum of all bytes, its own field taken as spaces. Some old writers summed signed bytes.</summary>
    private static bool HasItsChecksum(ReadOnlySpan<byte> block)
    {
        if (!TryReadNumber(block.Slice(ChecksumOffset, ChecksumLength), out var expected))
            return false;
        var unsigned = ' ' * ChecksumLength;
        var signed = unsigned;
        for (var i = 0; i < block.Length; i++)
        {
            if (i is >= ChecksumOffset and < ChecksumOffset + ChecksumLength)
                continue;
            unsigned += block[i];
            signed += (sbyte)block[i];
        }

        return expected == unsigned || expected == signed;
    }

    /// <summary>
    /// Octal digits between spaces, up to a NUL; or GNU's base-256, marked by the highest bit, big-endian in two's
    /// complement. Negative is false.
    /// </summary>
    private static bool TryReadNumber(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if ((field[0] & 0x80) != 0)
        {
            if ((field[0] & 0x40) != 0)
                return false;
            value = field[0] & 0x3f;
            foreach (var b in field[1..])
            {
                if (value > long.MaxValue >> 8)
                    return false;
                value = (value << 8) | b;
            }

            return true;
        }

        var nul = field.IndexOf((byte)0);
        foreach (var digit in (nul < 0 ? field : field[..nul]).Trim((byte)' '))
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return false;
            value = (value << 3) | (uint)(digit - '0');
        }

        return true;
    }
}
