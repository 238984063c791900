using System.Formats.Tar;
using System.IO.Compression;
using NUnit.Framework;
using Registry.Core.Content;

namespace Registry.Tests.Unit.Content;

public sealed class GzipTests
{
    private static readonly byte[] Tar = SampleContent.Tar(TarEntryFormat.Pax, ("a", SampleContent.Random(900)));
    private static readonly byte[] Whole = SampleContent.Gzip(Tar);

    [Test]
    public async Task A_gzip_truncated_at_any_byte_is_refused([Values(1, 65_536)] int pieceBytes)
    {
        for (var length = 0; length < Whole.Length; length++)
            Assert.That(
                (await SampleContent.UploadAsync(Whole[..length], pieceBytes: pieceBytes)).Refusal,
                Is.Not.Null,
                $"{length} of {Whole.Length} bytes");
    }

    [Test]
    public async Task A_gzip_with_a_flipped_bit_never_passes_as_another_content()
    {
        var expected = SampleContent.Sha256(Tar);
        for (var at = 0; at < Whole.Length; at++)
        {
            var damaged = Whole.ToArray();
            damaged[at] ^= 0x10;
            var (content, refusal) = await SampleContent.UploadAsync(damaged);
            // The header's time and system do not affect the content, and equal bytes have many encodings.
            Assert.That(refusal is not null || content!.TarDigest.Value == expected, Is.True, $"byte {at}");
        }
    }

    [Test]
    public async Task Zeros_after_the_gzip_are_accepted_and_stored(
        [Values(1, 2, 3, 511, 10_000, 300_000)] int trailing, [Values(1, 7, 4096, 100_000)] int pieceBytes)
    {
        byte[] padded = [.. Whole, .. new byte[trailing]];
        var (content, refusal) = await SampleContent.UploadAsync(padded, pieceBytes: pieceBytes);
        Assert.That(refusal, Is.Null);
        Assert.That(content!.TarDigest.Value, Is.EqualTo(SampleContent.Sha256(Tar)));
        Assert.That(content.StoredDigest.Value, Is.EqualTo(SampleContent.Sha256(padded)));
    }

    [Test]
    public async Task Trailing_zeros_do_not_make_a_truncated_gzip_valid()
    {
        for (var length = 0; length < Whole.Length; length++)
        {
            // The trailer ends with the length, whose trailing zeros may be cut off.
            byte[] padded = [.. Whole.AsSpan(0, length), .. new byte[20_000]];
            var isWhole = !Whole.AsSpan(length).ContainsAnyExcept((byte)0);
            Assert.That(
                (await SampleContent.UploadAsync(padded)).Refusal,
                isWhole ? Is.Null : Is.Not.Null,
                $"{length} of {Whole.Length} bytes");
        }
    }

    [Test]
    public async Task A_gzip_that_contains_and_ends_with_zeros_is_accepted(
        [Values(1, 7, 4096, 100_000)] int pieceBytes)
    {
        // Stored blocks of zeros, and a length whose last bytes are zero.
        var tar = SampleContent.Tar(TarEntryFormat.Ustar, ("zeros", new byte[200_000]));
        var (content, refusal) = await SampleContent.UploadAsync(
            SampleContent.Gzip(tar, CompressionLevel.NoCompression), pieceBytes: pieceBytes);
        Assert.That(refusal, Is.Null);
        Assert.That(content!.TarDigest.Value, Is.EqualTo(SampleContent.Sha256(tar)));
    }

    [Test]
    public async Task Other_bytes_after_the_gzip_are_refused(
        [Values(
            1,
            2,
            3,
            100,
            10_000)] int trailing, [Values(0, 1, 0x1f)] int first, [Values(1, 7, 4096, 100_000)] int pieceBytes)
    {
        // Zeros followed by something, random bytes, and the start of another gzip.
        byte[] tail = first == 1
            ? SampleContent.Random(trailing)
            : [(byte)first, .. new byte[trailing - 1], .. first == 0 ? [(byte)1] : Array.Empty<byte>()];
        Assert.That(
            (await SampleContent.UploadAsync([.. Whole, .. tail], pieceBytes: pieceBytes)).Refusal, Is.Not.Null);
    }

    [Test]
    public async Task Bytes_after_the_gzip_are_refused_at_any_inflater_buffer_boundary()
    {
        // Stored blocks move the end of the gzip byte by byte across the 8,192 bytes that GZipStream reads at once.
        var seen = new HashSet<int>();
        for (var padding = 0; padding < 40; padding++)
        {
            var gzip = GzipOfLength(8192 - 20 + padding);
            seen.Add(gzip.Length);
            Assert.That((await SampleContent.UploadAsync(gzip)).Refusal, Is.Null, $"{gzip.Length} bytes");
            foreach (var zeros in (int[])[1, 9000])
                Assert.That(
                    (await SampleContent.UploadAsync([.. gzip, .. new byte[zeros]])).Refusal,
                    Is.Null,
                    $"{gzip.Length} bytes and {zeros} zeros");
            foreach (byte[] tail in (byte[][])[[0, 1], [0x1f], [0x1f, 0x8b], [1, 2], [.. new byte[9000], 1]])
                Assert.That(
                    (await SampleContent.UploadAsync([.. gzip, .. tail])).Refusal,
                    Is.Not.Null,
                    $"{gzip.Length} bytes and {tail.Length} more");
        }

        Assert.That(seen, Does.Contain(8191).And.Contain(8192).And.Contain(8193));
    }

    [TestCase(1)]
    [TestCase(65_536)]
    public async Task Concatenated_members_are_one_gzip(int pieceBytes)
    {
        byte[] members = [.. SampleContent.Gzip(Tar.AsSpan(0, 700)), .. SampleContent.Gzip(Tar.AsSpan(700))];
        var (content, refusal) = await SampleContent.UploadAsync(members, pieceBytes: pieceBytes);
        Assert.That(refusal, Is.Null);
        Assert.That(content!.TarDigest.Value, Is.EqualTo(SampleContent.Sha256(Tar)));
        for (var length = SampleContent.Gzip(Tar.AsSpan(0, 700)).Length + 1; length < members.Length; length++)
            Assert.That(
                (await SampleContent.UploadAsync(members[..length], pieceBytes: pieceBytes)).Refusal,
                Is.Not.Null,
                $"{length} of {members.Length} bytes");
    }

    [Test]
    public async Task Data_that_is_not_gzip_is_reported_as_such()
    {
        foreach (var bytes in (byte[][])[
            Tar, [0], [0x1f], "hello"u8.ToArray(), [0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 0], ZlibOf(Tar),
            SampleContent.Random(5000)
        ])
            Assert.That((await SampleContent.UploadAsync(bytes)).Refusal, Does.Contain("gzip"));
        Assert.That((await SampleContent.UploadAsync([])).Refusal, Does.Contain("empty"));
    }

    [TestCase("zip", new byte[] { 0x50, 0x4b, 3, 4, 20, 0 })]
    [TestCase("zstd", new byte[] { 0x28, 0xb5, 0x2f, 0xfd, 4 })]
    [TestCase("bzip2", new byte[] { 0x42, 0x5a, 0x68, 0x39, 0x31, 0x41 })]
    [TestCase("xz", new byte[] { 0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4 })]
    public async Task Other_file_types_are_named(string kind, byte[] head) =>
        Assert.That(
            (await SampleContent.UploadAsync([.. head, .. SampleContent.Random(3000)])).Refusal,
            Does.Contain(kind).And.Contain("gzipped tar"));

    [Test]
    public async Task An_uncompressed_tar_is_named([Values(1, 100, 65_536)] int pieceBytes) =>
        Assert.That(
            (await SampleContent.UploadAsync(Tar, pieceBytes: pieceBytes)).Refusal,
            Does.Contain("an uncompressed tar archive"));

    [Test]
    public async Task A_decompression_bomb_is_refused_early()
    {
        var bomb = await BombAsync(gigabytes: 1);
        var blobs = new MemoryBlobs();
        var (_, refusal) = await SampleContent.UploadAsync(bomb, blobs: blobs, pieceBytes: 4096);
        Assert.That(refusal, Does.Contain("200 times"));
        // 16 MiB of zeros are 16 KiB of gzip: anything staged beyond them was in transit.
        Assert.That(blobs.Writers.Single().Written, Is.LessThan(512 << 10).And.LessThan(bomb.Length));
    }

    [Test]
    public async Task The_ratio_is_checked_only_above_its_floor()
    {
        var zeros = SampleContent.Gzip(new byte[10_240 * 100], CompressionLevel.SmallestSize);
        var limits = new ContentLimits { RatioFloorBytes = 10_240 * 100 };
        Assert.That((await SampleContent.UploadAsync(zeros, limits)).Refusal, Is.Null);
        Assert.That(
            (await SampleContent.UploadAsync(
                zeros, limits with { RatioFloorBytes = limits.RatioFloorBytes - 1 })).Refusal,
            Does.Contain("times"));
        Assert.That(
            (await SampleContent.UploadAsync(zeros, limits with { RatioFloorBytes = 0, MaxRatio = 2000 })).Refusal,
            Is.Null);
    }

    [Test]
    public async Task The_unpacked_size_is_limited()
    {
        Assert.That(
            (await SampleContent.UploadAsync(Whole, new ContentLimits { MaxUnpackedBytes = Tar.Length })).Refusal,
            Is.Null);
        Assert.That(
            (await SampleContent.UploadAsync(Whole, new ContentLimits { MaxUnpackedBytes = Tar.Length - 1 })).Refusal,
            Does.Contain($"{Tar.Length - 1} bytes"));
    }

    private static byte[] GzipOfLength(int length)
    {
        // One stored block: 10 bytes of header, 5 of block, the tar, 8 of trailer; a file name fills the rest.
        var gzip = SampleContent.Gzip(SampleContent.EmptyTar, CompressionLevel.SmallestSize);
        Assert.That(gzip[3], Is.Zero, "no flags");
        var name = new byte[length - gzip.Length];
        name.AsSpan(..^1).Fill((byte)'n');
        byte[] named = [.. gzip[..3], 0x08, .. gzip[4..10], .. name, .. gzip[10..]];
        Assert.That(named, Has.Length.EqualTo(length));
        return named;
    }

    private static byte[] ZlibOf(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest))
            zlib.Write(bytes);
        return packed.ToArray();
    }

    private static async Task<byte[]> BombAsync(int gigabytes)
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            var zeros = new byte[1 << 20];
            for (var i = 0; i < gigabytes * 1024; i++)
                await gzip.WriteAsync(zeros);
        }

        return packed.ToArray();
    }
}
