using System.Formats.Tar;
using System.Text;

namespace Registry.Tests.Unit.Content;

/// <summary>Unusual archives, built block by block, with the expected result of each.</summary>
internal static class TarCorpus
{
    /// <summary>The size of a tar block, in bytes.</summary>
    private const int Block = 512;

    /// <summary>Every archive of the corpus.</summary>
    public static IEnumerable<TarCase> All =>
    [
        .. Written(),
        new("._ file of macOS", static () => Tar(Ustar('0', 163, "._a"), Data(163), Ustar('0', 0), End), null, ""),
        new("nothing but the end", static () => new byte[10_240], null, ""),
        new("no end blocks", static () => Tar(Ustar('0', 0)), null, "EndOfStreamException"),
        new("one end block", static () => Tar(Ustar('0', 0), new byte[Block]), null, ""),
        new("rubbish after the end", static () => Tar(Ustar('0', 0), End, Data(5000)), null, ""),
        new("rubbish after an entry", static () => Tar(Ustar('0', 0), Data(Block)), "damaged", "InvalidDataException"),
        new(
            "cut within a header",
            static () => Tar(Ustar('0', 0), Ustar('0', 0)[..300]),
            "is truncated",
            "EndOfStreamException"),
        new("cut within data", static () => Tar(Ustar('0', 5000), Data(700)), "is truncated", "EndOfStreamException"),
        new(
            "cut within the padding",
            static () => Tar(Ustar('0', 700), new byte[700]),
            "is truncated",
            "EndOfStreamException"),
        new("empty", static () => [], "empty", "EndOfStreamException"),
        new("100 NULs", static () => new byte[100], "does not contain a tar", "EndOfStreamException"),
        new("wrong checksum", static () => Tar(Damage(Ustar('0', 0)), End), "does not contain a tar", ""),
        new("checksum of signed bytes", static () => Tar(SignedChecksum(), End), null, ""),
        new(
            "size of no digits",
            static () => Tar(Ustar('0', 0, change: static block => block[124] = (byte)'9')),
            "does not contain a tar",
            "InvalidDataException"),
        new(
            "negative size",
            static () => Tar(Gnu('0', 0, change: static block => block.AsSpan(124, 12).Fill(0xff))),
            "does not contain a tar",
            "InvalidDataException"),
        new(
            "size in base-256",
            static () => Tar(Gnu('0', 0, change: Base256(600)), Data(600), Gnu('0', 0), End),
            null,
            ""),
        new(
            "size of 1 TiB",
            static () => Tar(Gnu('0', 0, change: Base256(1L << 40)), End),
            "is truncated",
            "EndOfStreamException"),
        new(
            "time of no digits",
            static () => Tar(Ustar('0', 0, change: static block => "zzz"u8.CopyTo(block.AsSpan(136))), End),
            null,
            "InvalidDataException"),
        new("unknown kind", static () => Tar(Ustar('Z', 600), Data(600), Ustar('0', 0), End), null, ""),
        new(
            "directory that has a size",
            static () => Tar(Ustar('5', 5000), Ustar('0', 0), End),
            null,
            "InvalidDataException"),
        new(
            "hard link that has a size",
            static () => Tar(Ustar('1', 5000), Ustar('0', 0), End),
            null,
            "InvalidDataException"),
        new("pax header", static () => Tar(Pax('x', "11 path=ab\n"), Ustar('0', 0), End), null, ""),
        new("pax header of 1 GiB", static () => Tar(Ustar('x', 1 << 30)), "is truncated", TarCase.NotRead),
        new("global pax header of 1 GiB", static () => Tar(Ustar('g', 1 << 30)), "is truncated", TarCase.NotRead),
        new("long name of 1 GiB", static () => Tar(Gnu('L', 1 << 30)), "is truncated", TarCase.NotRead),
        new(
            "pax header of no records",
            static () => Tar(Pax('x', "nothing\n"), Ustar('0', 0), End),
            null,
            "InvalidDataException"),
        new(
            "pax header with a record twice",
            static () => Tar(Pax('x', "11 path=ab\n11 path=ab\n"), Ustar('0', 0), End),
            null,
            "InvalidDataException"),
        new(
            "two pax headers for one entry",
            static () => Tar(Pax('x', "11 path=ab\n"), Pax('x', "11 path=ab\n"), Ustar('0', 0), End),
            null,
            "InvalidDataException"),
        new(
            "two global pax headers",
            static () => Tar(Pax('g', "12 comment=\n"), Pax('g', "12 comment=\n"), Ustar('0', 0), End),
            null,
            ""),
        new("pax header without its entry", static () => Tar(Pax('x', "11 path=ab\n"), End), "is truncated", ""),
        new("long name without its entry", static () => Tar(Gnu('L', 5), Data(5), End), "is truncated", ""),
        new("pax header of Solaris", static () => Tar(Pax('X', "11 path=ab\n"), Ustar('0', 0), End), null, ""),
        new(
            "old sparse file",
            static () => Tar(
                Gnu('S', 600, change: static block => block[482] = 1),
                Map(more: 1),
                Map(more: 0),
                Data(600),
                Gnu('0', 0),
                End),
            null,
            "NotSupportedException"),
        new("100,000 entries", static () => Entries(100_000), null, ""),
        new("100,001 entries", static () => Entries(100_001), "100000 entries", ""),
    ];

    private static byte[] End => new byte[2 * Block];

    /// <summary>
    /// Long names, links and data as written by the framework's TarWriter, in each format that supports them.
    /// </summary>
    private static IEnumerable<TarCase> Written()
    {
        TarEntryFormat[] formats = [TarEntryFormat.V7, TarEntryFormat.Ustar, TarEntryFormat.Gnu, TarEntryFormat.Pax];
        foreach (var format in formats)
        {
            yield return new TarCase(
                $"files in {format}",
                () => SampleContent.Tar(
                    format,
                    ("a", []),
                    ("dir/b", SampleContent.Random(513)),
                    ("._c", SampleContent.Random(20_000))),
                null,
                "");
        }

        yield return new TarCase("long names and links", LongNames, null, "");
    }

    private static byte[] LongNames()
    {
        using var written = new MemoryStream();
        using (var writer = new TarWriter(written, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(new PaxGlobalExtendedAttributesTarEntry(
                new Dictionary<string, string>(StringComparer.Ordinal) { ["comment"] = new('c', 100_000) }));
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, new string('é', 300))
            {
                DataStream = new MemoryStream(new byte[700]),
            });
            writer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, new string('n', 300))
            {
                DataStream = new MemoryStream(new byte[700]),
            });
            writer.WriteEntry(new GnuTarEntry(TarEntryType.SymbolicLink, "../link")
            {
                LinkName = new string('l', 300),
            });
            writer.WriteEntry(new GnuTarEntry(TarEntryType.HardLink, "hard") { LinkName = "../link" });
        }

        return written.ToArray();
    }

    /// <summary>Returns an archive of this many entries without data.</summary>
    private static byte[] Entries(int count)
    {
        var (tar, entry) = (new byte[(count * Block) + End.Length], Ustar('0', 0));
        for (var i = 0; i < count; i++)
            entry.CopyTo(tar, i * Block);
        return tar;
    }

    private static byte[] Tar(params byte[][] parts) => [.. parts.SelectMany(static part => part)];

    /// <summary>Returns data padded to whole blocks.</summary>
    private static byte[] Data(int length)
    {
        var data = new byte[(length + Block - 1) / Block * Block];
        data.AsSpan(0, length).Fill(7);
        return data;
    }

    private static byte[] Pax(char type, string records)
    {
        var data = new byte[Block];
        Encoding.ASCII.GetBytes(records).CopyTo(data, 0);
        return [.. Ustar(type, records.Length), .. data];
    }

    /// <summary>Returns a block of a sparse map.</summary>
    private static byte[] Map(byte more)
    {
        var map = new byte[Block];
        map[504] = more;
        return map;
    }

    private static byte[] Ustar(char type, long size, string name = "a", Action<byte[]>? change = null) =>
        Header(type, size, name, block =>
        {
            "ustar\000"u8.CopyTo(block.AsSpan(257));
            change?.Invoke(block);
        });

    private static byte[] Gnu(char type, long size, string name = "a", Action<byte[]>? change = null) =>
        Header(type, size, name, block =>
        {
            "ustar  \0"u8.CopyTo(block.AsSpan(257));
            change?.Invoke(block);
        });

    private static byte[] Header(char type, long size, string name, Action<byte[]> change)
    {
        var block = new byte[Block];
        Encoding.ASCII.GetBytes(name).CopyTo(block, 0);
        "0000644\0"u8.CopyTo(block.AsSpan(100));
        Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0')).CopyTo(block, 124);
        block[156] = (byte)type;
        change(block);
        return Sum(block, static value => value);
    }

    private static byte[] SignedChecksum() =>
        Sum(Ustar('0', 0, "\0", static block => block[0] = 0xe9), static value => (sbyte)value);

    private static byte[] Sum(byte[] block, Func<byte, int> signed)
    {
        block.AsSpan(148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes(Convert.ToString(block.Sum(signed), 8).PadLeft(6, '0') + "\0").CopyTo(block, 148);
        return block;
    }

    private static byte[] Damage(byte[] header)
    {
        header[1] ^= 1;
        return header;
    }

    private static Action<byte[]> Base256(long size) => block =>
    {
        block.AsSpan(124, 12).Clear();
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(block.AsSpan(128), size);
        block[124] = 0x80;
    };
}

/// <summary>An archive and the expected result.</summary>
/// <param name="Name">What is unusual about it.</param>
/// <param name="Make">Builds the archive; not cached, as some are large.</param>
/// <param name="Refusal">A part of the registry's refusal; null if it accepts the archive.</param>
/// <param name="FrameworkException">
/// The name of <see cref="TarReader"/>'s exception; empty if it accepts the archive.
/// </param>
public sealed record TarCase(string Name, Func<byte[]> Make, string? Refusal, string FrameworkException)
{
    /// <summary>A value of <see cref="FrameworkException"/>: it would allocate what the header claims.</summary>
    public const string NotRead = "not read";

    public override string ToString() => Name;
}
