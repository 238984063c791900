using System.Buffers.Binary;
using System.Diagnostics;
using System.Formats.Tar;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using Registry.Core.Content;

namespace Registry.Tests.Unit.Content;

public sealed class TarTests
{
    private static string? Walk(byte[] tar, int maxEntries = 1000, int pieceBytes = int.MaxValue)
    {
        var walker = new TarWalker(maxEntries);
        for (var at = 0; at < tar.Length; at += Math.Min(pieceBytes, tar.Length - at))
            if (walker.Feed(tar.AsSpan(at, Math.Min(pieceBytes, tar.Length - at))) is { } refusal)
                return refusal;
        return walker.End();
    }

    private static byte[] Sample(TarEntryFormat format) => SampleContent.Tar(
        format,
        ("a", []),
        ("dir/b", SampleContent.Random(1)),
        ("c", SampleContent.Random(511)),
        ("d", SampleContent.Random(512)),
        ("e", SampleContent.Random(513)),
        ("f", SampleContent.Random(20_000)));

    private static byte[] Header(char type, long size, string name = "x", Action<byte[]>? change = null)
    {
        var block = new byte[512];
        Encoding.ASCII.GetBytes(name).CopyTo(block, 0);
        Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0')).CopyTo(block, 124);
        block[156] = (byte)type;
        change?.Invoke(block);
        block.AsSpan(148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes(Convert.ToString(block.Sum(b => b), 8).PadLeft(6, '0') + "\0").CopyTo(block, 148);
        return block;
    }

    [Test]
    public void Archives_of_every_format_are_walked_in_pieces_of_any_size(
        [Values(TarEntryFormat.V7, TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu)] TarEntryFormat format)
    {
        foreach (var pieceBytes in (int[])[1, 511, 512, 513, 5000, int.MaxValue])
            Assert.That(Walk(Sample(format), pieceBytes: pieceBytes), Is.Null);
    }

    [Test]
    public void Long_names_links_and_directories_are_walked()
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Gnu, leaveOpen: true))
        {
            writer.WriteEntry(
                new GnuTarEntry(TarEntryType.RegularFile, new string('n', 300))
                {
                    DataStream = new MemoryStream(new byte[700])
                });
            writer.WriteEntry(
                new GnuTarEntry(TarEntryType.SymbolicLink, "../link") { LinkName = new string('l', 300) });
            writer.WriteEntry(new GnuTarEntry(TarEntryType.Directory, "../../dir"));
            writer.WriteEntry(new GnuTarEntry(TarEntryType.HardLink, "hard") { LinkName = "../link" });
            writer.WriteEntry(
                new PaxTarEntry(TarEntryType.RegularFile, new string('é', 300))
                {
                    DataStream = new MemoryStream(new byte[700])
                });
            writer.WriteEntry(
                new PaxGlobalExtendedAttributesTarEntry(
                    new Dictionary<string, string> { ["comment"] = new string('c', 100_000) }));
        }

        Assert.That(Walk(tar.ToArray(), maxEntries: 5), Is.Null);
        Assert.That(Walk(tar.ToArray(), maxEntries: 4), Does.Contain("4 entries"));
    }

    [TestCase("ustar")]
    [TestCase("gnu")]
    [TestCase("oldgnu")]
    [TestCase("pax")]
    [TestCase("v7")]
    public async Task Archives_of_GNU_tar_are_walked_including_sparse_files(string format)
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "file"), new string('x', 10_000));
            Directory.CreateSymbolicLink(Path.Combine(folder.FullName, "link"), "file");
            Directory.CreateDirectory(Path.Combine(folder.FullName, "dir"));
            await using (var sparse = File.Create(Path.Combine(folder.FullName, "sparse")))
            {
                // Enough pieces for a map that continues after the header.
                for (var piece = 0; piece < 60; piece++)
                {
                    sparse.Position = piece * 50_000L;
                    sparse.WriteByte(1);
                }

                sparse.SetLength(3_500_000);
            }

            // The older formats cannot represent sparse files.
            string[] sparseFiles = format is "ustar" or "v7" ? [] : ["--sparse"];
            var start = new ProcessStartInfo("tar", [
                .. sparseFiles, $"--format={format}", "-cf", "-", "-C", folder.FullName, "."
            ])
            { RedirectStandardOutput = true };
            using var process = Process.Start(start)!;
            using var tar = new MemoryStream();
            await process.StandardOutput.BaseStream.CopyToAsync(tar);
            await process.WaitForExitAsync();
            Assert.That(process.ExitCode, Is.Zero);
            Assert.That(Walk(tar.ToArray()), Is.Null);
            Assert.That(Walk(tar.ToArray(), pieceBytes: 7), Is.Null);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public void Old_sparse_files_are_walked_past_their_map_blocks()
    {
        var map = new byte[512];
        var mapWithMore = new byte[512];
        mapWithMore[504] = 1;
        byte[] tar = [
            .. Header('S', 600, change: block => block[482] = 1), .. mapWithMore, .. map, .. new byte[1024],
            .. Header('0', 0)
        ];
        Assert.That(Walk(tar), Is.Null);
        for (var length = 513; length < 512 * 5; length += 100)
            Assert.That(Walk(tar[..length]), Does.Contain("is truncated"));
    }

    [Test]
    public void An_archive_may_end_without_its_end_marker_but_only_between_entries()
    {
        var tar = Sample(TarEntryFormat.Ustar);
        var end = tar.Length - 1024;
        Assert.That(tar.AsSpan(end).ContainsAnyExcept((byte)0), Is.False);
        Assert.That(Walk(tar[..end]), Is.Null);
        Assert.That(Walk(tar[..(end + 512)]), Is.Null);
        for (var length = end - 512; length < end; length++)
            Assert.That(Walk(tar[..length]), Does.Contain("is truncated"), $"{length} of {tar.Length} bytes");
    }

    [Test]
    public void Data_after_the_end_marker_is_padding()
    {
        Assert.That(Walk([.. Header('0', 0), .. new byte[1024], .. SampleContent.Random(10_000)]), Is.Null);
        Assert.That(Walk(SampleContent.EmptyTar), Is.Null);
        Assert.That(Walk(new byte[512]), Is.Null);
    }

    [Test]
    public void Data_that_is_not_tar_is_reported_as_such()
    {
        foreach (var bytes in (byte[][])[
            new byte[100], "hello"u8.ToArray(), SampleContent.Random(100), SampleContent.Random(512),
            SampleContent.Random(50_000), Encoding.ASCII.GetBytes(new string('a', 5000))
        ])
            Assert.That(Walk(bytes), Does.Contain("does not contain a tar"));
        Assert.That(Walk([]), Does.Contain("empty"));
        Assert.That(
            Walk([.. Header('0', 0), .. SampleContent.Random(512)]), Does.Contain("damaged").And.Contain("byte 512"));
    }

    [TestCase('x')]
    [TestCase('L')]
    [TestCase('K')]
    public void An_extension_without_its_entry_is_truncated(char type)
    {
        byte[] extension = [.. Header(type, 10), .. new byte[512]];
        Assert.That(Walk(extension), Does.Contain("is truncated"));
        Assert.That(Walk([.. extension, .. new byte[1024]]), Does.Contain("is truncated"));
        Assert.That(Walk([.. extension, .. Header('0', 0)]), Is.Null);
    }

    [TestCase('1')]
    [TestCase('2')]
    [TestCase('5')]
    public void Links_and_directories_have_no_data_regardless_of_their_size(char type) =>
        Assert.That(Walk([.. Header(type, 5000), .. Header('0', 0)]), Is.Null);

    [Test]
    public void Sizes_are_octal_or_base_256()
    {
        static byte[] Binary(long size) => Header('0', 0, change: block =>
        {
            block.AsSpan(124, 12).Clear();
            BinaryPrimitives.WriteInt64BigEndian(block.AsSpan(128), size);
            block[124] = 0x80;
        });
        Assert.That(Walk([.. Binary(600), .. new byte[1024], .. Header('0', 0)]), Is.Null);
        Assert.That(Walk(Binary(long.MaxValue)), Is.Not.Null);
        Assert.That(Walk(Binary(-1)), Is.Not.Null);
        Assert.That(Walk(Header('0', 0, change: block => block.AsSpan(124, 12).Fill(0xff))), Is.Not.Null);
        Assert.That(
            Walk(
                [
                    .. Header('0', 0, change: block => "   1130 \0\0\0\0"u8.CopyTo(block.AsSpan(124))),
                    .. new byte[1024], .. Header('0', 0)
                ]),
            Is.Null);
        Assert.That(
            Walk([.. Header('0', 0, change: block => block.AsSpan(124, 12).Clear()), .. Header('0', 0)]), Is.Null);
        Assert.That(Walk(Header('0', 0, change: block => "9"u8.CopyTo(block.AsSpan(124)))), Is.Not.Null);
    }

    [Test]
    public void A_header_may_have_a_checksum_of_signed_bytes()
    {
        var block = Header('0', 0, name: "x");
        block[1] = 0xe9;
        Encoding.ASCII.GetBytes(
            Convert.ToString(block.AsSpan(0, 148).ToArray().Concat(block.Skip(156)).Sum(b => (sbyte)b) + (8 * ' '), 8)
                .PadLeft(6, '0')).CopyTo(block, 148);
        Assert.That(Walk(block), Is.Null);
        block[2] = 1;
        Assert.That(Walk(block), Is.Not.Null);
    }

    [Test]
    public void The_number_of_entries_is_limited()
    {
        byte[] tar = [.. Enumerable.Repeat(Header('0', 0), 10).SelectMany(block => block)];
        Assert.That(Walk(tar, maxEntries: 10), Is.Null);
        Assert.That(Walk(tar, maxEntries: 9), Does.Contain("9 entries"));
    }

    [Test]
    public void Random_bytes_never_pass_and_never_break_the_walker() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<NonEmptyArray<byte>>(),
            Gen.Choose(1, 700).ToArbitrary(),
            (bytes, pieceBytes) =>
                bytes.Get.All(b => b == 0)
                    || Walk(bytes.Get, pieceBytes: pieceBytes) is not null).QuickCheckThrowOnFailure();

    [Test]
    public void A_damaged_archive_gets_the_same_verdict_in_one_piece_and_in_many()
    {
        var tar = Sample(TarEntryFormat.Pax);
        Prop.ForAll(
            Gen.Choose(0, tar.Length - 1).ToArbitrary(),
            Gen.Choose(0, 255).ToArbitrary(),
            Gen.Choose(1, 700).ToArbitrary(),
            (at, value, pieceBytes) =>
            {
                var damaged = tar.ToArray();
                damaged[at] = (byte)value;
                return Walk(damaged) == Walk(damaged, pieceBytes: pieceBytes);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }
}
