using System.Formats.Tar;
using System.Text;
using NUnit.Framework;
using Registry.Core.Content;

namespace Registry.Tests.Unit.Content;

public sealed class FileSearchTests
{
    private static readonly FileSearch Search = new("Chart.yaml", 1000);

    private static async Task<FoundFile> FindAsync(byte[] tar, int pieceBytes = 65_536, FileSearch? search = null)
    {
        var gzip = SampleContent.Gzip(tar);
        await using var upload = await PackageUpload.BeginAsync(
            new MemoryBlobs(), SampleContent.Scope, new ContentLimits(), search ?? Search, CancellationToken.None);
        for (var at = 0; at < gzip.Length; at += pieceBytes)
            await upload.WriteAsync(gzip.AsMemory(at, Math.Min(pieceBytes, gzip.Length - at)), CancellationToken.None);
        return (await upload.CompleteAsync(CancellationToken.None)).File!;
    }

    private static Task<FoundFile> FindAsync(TarEntryFormat format, params string[] paths) => FindAsync(
        SampleContent.Tar(format, paths.Select(static path => (path, Encoding.UTF8.GetBytes(path)))));

    private static string Text(FoundFile file) => Encoding.UTF8.GetString(file.Bytes.Span);

    [TestCase("app/Chart.yaml", false)]
    [TestCase("./Chart.yaml", false)]
    [TestCase("/Chart.yaml", false)]
    [TestCase("app/./Chart.yaml", false)]
    [TestCase("app\\Chart.yaml", false)]
    [TestCase(".\\Chart.yaml", false)]
    [TestCase("Chart.yaml", true)]
    public async Task A_file_is_found_in_the_first_folder_or_in_none(string path, bool isRootless)
    {
        var file = await FindAsync(
            TarEntryFormat.Gnu, "app/values.yaml", path, "app/charts/x/Chart.yaml", "app/Chart.yaml.bak");
        Assert.That(file.Outcome, Is.EqualTo(FileOutcome.Found));
        Assert.That(file.IsRootless, Is.EqualTo(isRootless));
        Assert.That(Text(file), Is.EqualTo(path));
    }

    [TestCase("app/charts/Chart.yaml")]
    [TestCase("./app/Chart.yaml")]
    [TestCase("/app/Chart.yaml")]
    [TestCase("app//Chart.yaml")]
    [TestCase("app/../Chart.yaml")]
    [TestCase("app/MyChart.yaml")]
    [TestCase("MyChart.yaml")]
    [TestCase("app/chart.yaml")]
    [TestCase("app/Chart.yml")]
    public async Task A_file_elsewhere_is_not_found(string path)
    {
        var file = await FindAsync(TarEntryFormat.Gnu, path);
        Assert.That(file.Outcome, Is.EqualTo(FileOutcome.Missing));
        Assert.That(file.Bytes.IsEmpty, Is.True);
    }

    [Test]
    public async Task Several_files_are_ambiguous()
    {
        Assert.That(
            (await FindAsync(TarEntryFormat.Gnu, "a/Chart.yaml", "b/Chart.yaml")).Outcome,
            Is.EqualTo(FileOutcome.Ambiguous));
        Assert.That(
            (await FindAsync(TarEntryFormat.Gnu, "a/Chart.yaml", "a/Chart.yaml")).Outcome,
            Is.EqualTo(FileOutcome.Ambiguous));
        Assert.That(
            (await FindAsync(TarEntryFormat.Gnu, "Chart.yaml", "Chart.yaml")).Outcome,
            Is.EqualTo(FileOutcome.Ambiguous));
    }

    [TestCase("Chart.yaml", "a/Chart.yaml")]
    [TestCase("a/Chart.yaml", "b/Chart.yaml", "Chart.yaml")]
    public async Task A_file_without_a_folder_takes_precedence(params string[] paths)
    {
        var file = await FindAsync(TarEntryFormat.Gnu, paths);
        Assert.That(file, Has.Property("Outcome").EqualTo(FileOutcome.Found).And.Property("IsRootless").True);
        Assert.That(Text(file), Is.EqualTo("Chart.yaml"));
    }

    [Test]
    public async Task Names_of_every_format_are_read(
        [Values(TarEntryFormat.V7, TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu)] TarEntryFormat format)
    {
        foreach (var path in (string[])[$"{new string('d', 80)}/Chart.yaml", $"{new string('d', 150)}/Chart.yaml"])
        {
            if (format == TarEntryFormat.V7 && path.Length > 100)
                continue;
            var file = await FindAsync(format, path);
            Assert.That(file.Outcome, Is.EqualTo(FileOutcome.Found));
            Assert.That(Text(file), Is.EqualTo(path));
        }
    }

    [Test]
    public async Task A_long_name_belongs_to_the_next_entry_only()
    {
        var file = await FindAsync(
            TarEntryFormat.Gnu, $"{new string('d', 150)}/values.yaml", "app/Chart.yaml", $"{new string('d', 150)}/x");
        Assert.That(Text(file), Is.EqualTo("app/Chart.yaml"));
    }

    [Test]
    public async Task The_size_of_the_received_pieces_is_irrelevant()
    {
        var content = SampleContent.Random(999);
        var tar = SampleContent.Tar(
            TarEntryFormat.Pax, ("x", SampleContent.Random(3000)), ("app/Chart.yaml", content), ("y", [1]));
        foreach (var pieceBytes in (int[])[1, 511, 512, 5000])
            Assert.That((await FindAsync(tar, pieceBytes)).Bytes.ToArray(), Is.EqualTo(content));
    }

    [TestCase(0, FileOutcome.Found)]
    [TestCase(1000, FileOutcome.Found)]
    [TestCase(1001, FileOutcome.TooLarge)]
    [TestCase(100_000, FileOutcome.TooLarge)]
    public async Task A_file_above_the_maximum_size_is_not_kept(int length, FileOutcome expected)
    {
        var content = SampleContent.Random(length);
        var file = await FindAsync(SampleContent.Tar(TarEntryFormat.Ustar, ("app/Chart.yaml", content)));
        Assert.That(file.Outcome, Is.EqualTo(expected));
        Assert.That(file.Bytes.ToArray(), Is.EqualTo(expected == FileOutcome.Found ? content : []));
    }

    [Test]
    public async Task Links_and_folders_are_no_files()
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Gnu, leaveOpen: true))
        {
            writer.WriteEntry(new GnuTarEntry(TarEntryType.Directory, "app/Chart.yaml/"));
            writer.WriteEntry(new GnuTarEntry(TarEntryType.SymbolicLink, "app/Chart.yaml") { LinkName = "x" });
            writer.WriteEntry(new GnuTarEntry(TarEntryType.HardLink, "app/Chart.yaml") { LinkName = "x" });
        }

        Assert.That((await FindAsync(tar.ToArray())).Outcome, Is.EqualTo(FileOutcome.Missing));
    }

    [Test]
    public async Task A_name_in_a_header_that_is_too_large_is_not_read()
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
            writer.WriteEntry(new PaxTarEntry(
                TarEntryType.RegularFile,
                $"{new string('d', 150)}/Chart.yaml",
                new Dictionary<string, string>(StringComparer.Ordinal) { ["comment"] = new('c', 70_000) }));
        Assert.That((await FindAsync(tar.ToArray())).Outcome, Is.EqualTo(FileOutcome.Missing));
    }

    [TestCaseSource(typeof(TarCorpus), nameof(TarCorpus.All))]
    public void The_search_changes_no_result_of_the_walker_and_takes_little_memory(TarCase testCase)
    {
        var tar = testCase.Make();
        using var finder = new TarFileFinder(Search);
        var walker = new TarWalker(100_000, finder);
        var before = GC.GetAllocatedBytesForCurrentThread();
        string? refusal = null;
        for (var at = 0; at < tar.Length && refusal is null; at += 5000)
            refusal = walker.Feed(tar.AsSpan(at, Math.Min(5000, tar.Length - at)));
        refusal ??= walker.End();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(refusal, testCase.Refusal is null ? Is.Null : Does.Contain(testCase.Refusal));
        Assert.That(allocated, Is.LessThan(512 << 10));
        if (refusal is null)
            Assert.That(finder.Result.Outcome, Is.EqualTo(FileOutcome.Missing));
    }

    [Test]
    public async Task An_upload_that_looks_for_nothing_finds_nothing()
    {
        var (content, _) = await SampleContent.UploadAsync(
            SampleContent.Gzip(SampleContent.Tar(TarEntryFormat.Gnu, ("app/Chart.yaml", [1]))));
        Assert.That(content!.File, Is.Null);
    }
}
