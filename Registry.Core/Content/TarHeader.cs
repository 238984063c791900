namespace Registry.Core.Content;

/// <summary>The parts of a tar header block that determine the structure of the archive.</summary>
/// <param name="TypeFlag">The kind of entry.</param>
/// <param name="DataBytes">The number of bytes of data, without padding.</param>
internal readonly record struct TarHeader(byte TypeFlag, long DataBytes)
{
    /// <summary>The size of a tar block.</summary>
    public const int BlockBytes = 512;

    private const int SizeOffset = 124;
    private const int SizeLength = 12;
    private const int ChecksumOffset = 148;
    private const int ChecksumLength = 8;
    private const int TypeOffset = 156;

    /// <summary>
    /// The number of bytes before the next header: the data of the entry, padded to whole blocks.
    /// </summary>
    public long PaddedBytes => (DataBytes + BlockBytes - 1) / BlockBytes * BlockBytes;

    /// <summary>
    /// Whether the entry only describes the next one: pax and Solaris headers, GNU long names and links.
    /// </summary>
    public bool ExtendsNext => TypeFlag is (byte)'x' or (byte)'X' or (byte)'L' or (byte)'K';

    /// <summary>
    /// Whether this is not a separate entry: <see cref="ExtendsNext"/>, and global pax headers.
    /// </summary>
    public bool IsExtension => ExtendsNext || TypeFlag == (byte)'g';

    /// <summary>Whether this is a file.</summary>
    public bool IsRegular => TypeFlag is (byte)'0' or 0 or (byte)'7';

    /// <summary>Whether this is a hard link, whose target is the path of another entry.</summary>
    public bool IsHardLink => TypeFlag == (byte)'1';

    /// <summary>Whether this is an old GNU sparse file, whose header may continue in further blocks.</summary>
    public bool IsOldSparse => TypeFlag == (byte)'S';

    /// <summary>Parses a header block; false when its checksum or size is invalid.</summary>
    /// <remarks>
    /// A pax header may override the size of the next entry. Writers do so for sizes that do not fit in the header, 8
    /// GiB and more, and otherwise repeat the size. The record is therefore ignored: if the limit of unpacked bytes is
    /// raised beyond 8 GiB, larger entries are accepted in the GNU form (base-256) only.
    /// </remarks>
    public static bool TryParse(ReadOnlySpan<byte> block, out TarHeader header)
    {
        header = default;
        if (!HasItsChecksum(block)
            || !TryReadNumber(block.Slice(SizeOffset, SizeLength), out var size)
            || size > long.MaxValue - BlockBytes)
            return false;
        var type = block[TypeOffset];
        header = new TarHeader(type, HasData(type) ? size : 0);
        return true;
    }

    /// <summary>Writes the checksum of a header block into it.</summary>
    public static void WriteChecksum(Span<byte> block)
    {
        var field = block.Slice(ChecksumOffset, ChecksumLength);
        field.Fill((byte)' ');
        var sum = 0;
        foreach (var b in block)
            sum += b;
        WriteOctal(field[..7], sum);
    }

    /// <summary>Writes a number in octal digits that fill a field up to its last byte, which becomes NUL.</summary>
    public static void WriteOctal(Span<byte> field, long value)
    {
        field[^1] = 0;
        for (var i = field.Length - 2; i >= 0; i--, value >>= 3)
            field[i] = (byte)('0' + (value & 7));
    }

    /// <summary>
    /// Links, devices, directories and pipes have no data, whatever their size. Unknown types are skipped like files,
    /// as POSIX requires.
    /// </summary>
    private static bool HasData(byte type) => type is < (byte)'1' or > (byte)'6';

    /// <summary>
    /// Sums all bytes, with the checksum field taken as spaces. Some old writers summed signed bytes.
    /// </summary>
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
    /// Parses octal digits between spaces, up to a NUL; or GNU's base-256, marked by the highest bit, in big-endian
    /// two's complement. False for negative numbers.
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
