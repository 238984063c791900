using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using NUnit.Framework;
using Registry.Core.Charts;
using Registry.Tests.Support;
using Registry.Tests.Unit.Content;

namespace Registry.Tests.Unit.Charts;

public sealed class WrappedChartTests
{
    private const string Long = "templates/a-name-that-is-long-enough-to-need-more-than-the-hundred-bytes-of-a-header/"
        + "since-it-goes-on-and-on.yaml";

    private static async Task<(WrappedChart Result, byte[] Bytes)> WrapAsync(byte[] archive, string folder = "app")
    {
        using var written = new MemoryStream();
        var result = await WrappedChart.WriteAsync(
            new MemoryStream(archive),
            folder,
            (bytes, token) => written.WriteAsync(bytes, token),
            CancellationToken.None);
        return (result, written.ToArray());
    }

    private static byte[] Unpack(byte[] archive)
    {
        using var gzip = new GZipStream(new MemoryStream(archive), CompressionMode.Decompress);
        using var tar = new MemoryStream();
        gzip.CopyTo(tar);
        return tar.ToArray();
    }

    private static List<string> Entries(byte[] tar)
    {
        var entries = new List<string>();
        using var reader = new TarReader(new MemoryStream(tar));
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry is PaxGlobalExtendedAttributesTarEntry global)
            {
                entries.Add($"global {string.Join(' ', global.GlobalExtendedAttributes)}");
                continue;
            }

            using var data = new MemoryStream();
            entry.DataStream?.CopyTo(data);
            entries.Add($"{entry.EntryType} {entry.Name} {entry.LinkName} {entry.Mode} {entry.Uid} "
                + $"{entry.ModificationTime:O} {SampleContent.Sha256(data.ToArray())}");
        }

        return entries;
    }

    private static byte[] Tar(TarEntryFormat format)
    {
        using var written = new MemoryStream();
        using (var writer = new TarWriter(written, format, leaveOpen: true))
        {
            Add(writer, Entry(format, TarEntryType.RegularFile, "Chart.yaml"), SampleContent.Random(100));
            Add(writer, Entry(format, TarEntryType.Directory, "templates/"), null);
            Add(writer, Entry(format, TarEntryType.RegularFile, "templates/é.yaml"), SampleContent.Random(513));
            if (format != TarEntryFormat.V7)
                Add(writer, Entry(format, TarEntryType.RegularFile, Long), SampleContent.Random(70_000));
            var symbolic = Entry(format, TarEntryType.SymbolicLink, "link");
            symbolic.LinkName = "templates/x.yaml";
            writer.WriteEntry(symbolic);
            var hard = Entry(format, TarEntryType.HardLink, "hard");
            hard.LinkName = "Chart.yaml";
            writer.WriteEntry(hard);
        }

        return written.ToArray();

        static void Add(TarWriter writer, TarEntry entry, byte[]? data)
        {
            if (data is not null)
                entry.DataStream = new MemoryStream(data);
            writer.WriteEntry(entry);
        }
    }

    private static TarEntry Entry(TarEntryFormat format, TarEntryType type, string name)
    {
        TarEntry entry = format switch
        {
            TarEntryFormat.V7 => new V7TarEntry(
                type == TarEntryType.RegularFile ? TarEntryType.V7RegularFile : type, name),
            TarEntryFormat.Ustar => new UstarTarEntry(type, name),
            TarEntryFormat.Gnu => new GnuTarEntry(type, name),
            _ => new PaxTarEntry(type, name),
        };
        entry.ModificationTime = Samples.Start;
        entry.Mode = UnixFileMode.UserRead | UnixFileMode.GroupRead;
        entry.Uid = 1001;
        return entry;
    }

    /// <summary>Returns the expected listing of an archive in a folder.</summary>
    private static IEnumerable<string> Moved(byte[] tar) => Entries(tar).Select(static entry =>
    {
        var words = entry.Split(' ');
        words[1] = $"app/{words[1]}";
        if (words[0] == "HardLink")
            words[2] = $"app/{words[2]}";
        return string.Join(' ', words);
    });

    [Test]
    public async Task Every_entry_is_in_the_folder_and_otherwise_unchanged(
        [Values(TarEntryFormat.V7, TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu)] TarEntryFormat format)
    {
        var tar = Tar(format);
        var (result, bytes) = await WrapAsync(SampleContent.Gzip(tar));
        Assert.That(result.Refusal, Is.Null);
        Assert.That(result.Digest.Value, Is.EqualTo(SampleContent.Sha256(bytes)));
        Assert.That(result.Size, Is.EqualTo(bytes.Length));
        Assert.That(Entries(Unpack(bytes)), Is.EqualTo(Moved(tar)));
    }

    [Test]
    public async Task Names_that_become_too_long_for_the_header_are_kept_whole(
        [Values(TarEntryFormat.V7, TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu)] TarEntryFormat format)
    {
        using var written = new MemoryStream();
        using (var writer = new TarWriter(written, format, leaveOpen: true))
        {
            foreach (var length in (int[])[95, 96, 97, 99])
            {
                writer.WriteEntry(Entry(format, TarEntryType.RegularFile, new string('n', length)));
                var hard = Entry(format, TarEntryType.HardLink, $"link{length}");
                hard.LinkName = new string('n', length);
                writer.WriteEntry(hard);
            }
        }

        var tar = written.ToArray();
        var (_, bytes) = await WrapAsync(SampleContent.Gzip(tar));
        Assert.That(Entries(Unpack(bytes)), Is.EqualTo(Moved(tar)));
    }

    [Test]
    public async Task Attributes_of_pax_headers_are_kept()
    {
        using var written = new MemoryStream();
        using (var writer = new TarWriter(written, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(new PaxGlobalExtendedAttributesTarEntry(
                new Dictionary<string, string>(StringComparer.Ordinal) { ["comment"] = new('c', 100_000) }));
            writer.WriteEntry(new PaxTarEntry(
                TarEntryType.RegularFile,
                "Chart.yaml",
                new Dictionary<string, string>(StringComparer.Ordinal) { ["SCHILY.xattr.user.a"] = "b=c" }));
        }

        var (_, bytes) = await WrapAsync(SampleContent.Gzip(written.ToArray()));
        using var reader = new TarReader(new MemoryStream(Unpack(bytes)));
        Assert.That(
            ((PaxGlobalExtendedAttributesTarEntry)reader.GetNextEntry()!).GlobalExtendedAttributes["comment"],
            Has.Length.EqualTo(100_000));
        var entry = (PaxTarEntry)reader.GetNextEntry()!;
        Assert.That(entry.Name, Is.EqualTo("app/Chart.yaml"));
        Assert.That(entry.ExtendedAttributes["SCHILY.xattr.user.a"], Is.EqualTo("b=c"));
    }

    [TestCase("./templates/x", "app/templates/x")]
    [TestCase("/etc/x", "app/etc/x")]
    [TestCase(".//./x", "app/x")]
    [TestCase("templates\\x", "app/templates/x")]
    [TestCase(".hidden", "app/.hidden")]
    public async Task A_path_becomes_one_below_the_folder(string path, string expected)
    {
        var (_, bytes) = await WrapAsync(SampleContent.Gzip(SampleContent.Tar(TarEntryFormat.Gnu, (path, []))));
        Assert.That(Entries(Unpack(bytes)).Single(), Does.Contain($" {expected} "));
    }

    [TestCaseSource(typeof(TarCorpus), nameof(TarCorpus.All))]
    public async Task An_unusual_archive_gives_a_valid_one_or_a_reason(TarCase testCase)
    {
        var archive = SampleContent.Gzip(testCase.Make());
        var (result, bytes) = await WrapAsync(archive);
        if (testCase.Refusal is not null && !testCase.Name.StartsWith("100,00", StringComparison.Ordinal))
        {
            Assert.That(result.Refusal, Does.Contain(testCase.Refusal));
            return;
        }

        if (result.Refusal is not null)
        {
            Assert.That(testCase.Name, Is.EqualTo("pax header of no records"));
            return;
        }

        var (content, refusal) = await SampleContent.UploadAsync(
            bytes, new Core.Content.ContentLimits { MaxTarEntries = int.MaxValue });
        Assert.That(refusal, Is.Null);
        Assert.That(content!.StoredDigest, Is.EqualTo(result.Digest));
    }

    [Test]
    public async Task The_same_archive_gives_the_same_bytes_however_it_is_compressed()
    {
        var tar = Tar(TarEntryFormat.Pax);
        var (_, fast) = await WrapAsync(SampleContent.Gzip(tar));
        var (_, small) = await WrapAsync(SampleContent.Gzip(tar, CompressionLevel.SmallestSize));
        Assert.That(small, Is.EqualTo(fast));
    }

    /// <summary>Digests of wrapped archives are recorded: equal charts must not get new ones.</summary>
    [Test]
    public async Task The_bytes_never_change()
    {
        var (result, _) = await WrapAsync(SampleContent.Gzip(Tar(TarEntryFormat.Gnu)));
        Assert.That(
            result.Digest.Value, Is.EqualTo("22eddd2c549a1fe822f826c7e9365148ba76620a63ab591edcde3810327aedcb"));
    }

    [Test]
    public async Task A_header_that_is_too_large_is_refused()
    {
        var tar = SampleContent.Tar(TarEntryFormat.Gnu, (new string('n', 70_000), []));
        var (result, _) = await WrapAsync(SampleContent.Gzip(tar));
        Assert.That(result.Refusal, Does.Contain("more than 65536 bytes"));
    }

    [Test]
    [NonParallelizable]
    public async Task Memory_does_not_grow_with_the_archive()
    {
        await MeasureAsync(1);
        var (small, large) = (await MeasureAsync(1 << 20), await MeasureAsync(50 << 20));
        Assert.That(large - small, Is.LessThan(4 << 20));

        static async Task<long> MeasureAsync(int length)
        {
            var archive = SampleContent.Gzip(
                SampleContent.Tar(TarEntryFormat.Ustar, ("Chart.yaml", []), ("zeros", new byte[length])));
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await WrappedChart.WriteAsync(
                new MemoryStream(archive), "app", static (_, _) => ValueTask.CompletedTask, CancellationToken.None);
            return GC.GetTotalAllocatedBytes(precise: true) - before;
        }
    }

    [TestCase("")]
    [TestCase(".")]
    [TestCase("..")]
    [TestCase("a/b")]
    [TestCase("a\\b")]
    public void A_folder_has_a_plain_name(string folder) => Assert.That(
        async () => await WrapAsync(SampleContent.Gzip(Tar(TarEntryFormat.Gnu)), folder), Throws.ArgumentException);

    [Test]
    public void Wrapping_stops_on_cancellation() => Assert.That(
        async () => await WrappedChart.WriteAsync(
            new MemoryStream(SampleContent.Gzip(Tar(TarEntryFormat.Gnu))),
            "app",
            static (_, _) => ValueTask.CompletedTask,
            new CancellationToken(canceled: true)),
        Throws.InstanceOf<OperationCanceledException>());

    [Test]
    public void A_damaged_archive_throws() => Assert.That(
        async () => await WrapAsync(Encoding.ASCII.GetBytes("no gzip")), Throws.InstanceOf<InvalidDataException>());
}
