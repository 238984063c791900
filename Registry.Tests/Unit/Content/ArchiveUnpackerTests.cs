using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using NUnit.Framework;
using Registry.Core.Content;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Content;

/// <summary>What pages show of an archive, which may be malicious.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class ArchiveUnpackerTests
{
    [Test]
    public async Task Files_have_paths_without_the_folder_of_all()
    {
        var files = await UnpackAsync(OneRegistry.Archive(
            ("web/values.yaml", "a: 1"), ("web/templates/a.yaml", "b"), ("web/Chart.yaml", "name: web")));
        Assert.That(
            files.Files.Select(static file => file.Path),
            Is.EqualTo(new[] { "Chart.yaml", "templates/a.yaml", "values.yaml" }));
        Assert.That(files.IsComplete);
        Assert.That(TextOf(files, "values.yaml"), Is.EqualTo("a: 1"));
        Assert.That(files.Find("web/values.yaml"), Is.Null);
    }

    [Test]
    public async Task Files_of_several_folders_keep_them()
    {
        var files = await UnpackAsync(OneRegistry.Archive(("./a/x", "1"), ("b/x", "2")));
        Assert.That(files.Files.Select(static file => file.Path), Is.EqualTo(new[] { "a/x", "b/x" }));
    }

    [Test]
    public async Task The_last_file_of_a_path_counts()
    {
        var files = await UnpackAsync(OneRegistry.Archive(("a", "1"), ("a", "22")));
        Assert.That(files.Files.Single().Size, Is.EqualTo(2));
        Assert.That(TextOf(files, "a"), Is.EqualTo("22"));
    }

    [Test]
    public async Task A_large_file_is_listed_but_not_kept()
    {
        var files = await UnpackAsync(OneRegistry.Archive(
            ("large", new string('x', ArchiveUnpacker.MaxFileBytes + 1)), ("small", "s"), ("empty", "")));
        Assert.That(files.IsComplete);
        Assert.That(files.Find("large")!.Size, Is.EqualTo(ArchiveUnpacker.MaxFileBytes + 1));
        Assert.That(files.Find("large")!.Content, Is.Null);
        Assert.That(TextOf(files, "small"), Is.EqualTo("s"));
        Assert.That(TextOf(files, "empty"), Is.Empty);
    }

    [Test]
    public async Task A_file_takes_the_memory_that_is_counted()
    {
        var files = await UnpackAsync(OneRegistry.Archive(("a", new string('x', (512 << 10) + 1))));
        Assert.That(MemoryMarshal.TryGetArray(files.Find("a")!.Content!.Value, out var array));
        Assert.That(array.Array!, Has.Length.LessThan(files.Bytes));
    }

    [Test]
    public async Task Long_paths_are_left_out()
    {
        var longest = new string('p', ArchiveUnpacker.MaxPathLength);
        var files = await UnpackAsync(LongArchive((longest, [1]), ($"{longest}x", [2]), ("z", [3])));
        Assert.That(files.Files.Select(static file => file.Path), Is.EqualTo(new[] { longest, "z" }));
        Assert.That(files.IsComplete, Is.False);
    }

    [Test]
    public async Task Many_long_paths_are_left_out()
    {
        var files = await UnpackAsync(LongArchive(
            [.. Enumerable.Range(0, 400).Select(static i => ($"{new string('p', 1000)}{i}", (byte[])[]))]));
        Assert.That(
            files.Files.Sum(static file => file.Path.Length),
            Is.InRange(ArchiveUnpacker.MaxPathsLength - 1004, ArchiveUnpacker.MaxPathsLength));
        Assert.That(files.IsComplete, Is.False);
    }

    [Test]
    public async Task A_bomb_is_unpacked_up_to_the_limit()
    {
        var bomb = OneRegistry.Archive(
            ("first", "1"), ("zeros", new string('\0', 3 * ArchiveUnpacker.MaxUnpackedBytes)), ("last", "2"));
        var files = await UnpackAsync(bomb);
        Assert.That(files.IsComplete, Is.False);
        Assert.That(files.Files.Select(static file => file.Path), Is.EqualTo(new[] { "first", "zeros" }));
        Assert.That(files.Find("zeros")!.Content, Is.Null);
    }

    [Test]
    public async Task More_files_than_the_limit_are_left_out()
    {
        var files = await UnpackAsync(OneRegistry.Archive(
            [.. Enumerable.Range(0, ArchiveUnpacker.MaxFiles + 1).Select(static i => ($"{i}", ""))]));
        Assert.That(files.Files, Has.Length.EqualTo(ArchiveUnpacker.MaxFiles));
        Assert.That(files.IsComplete, Is.False);
    }

    [Test]
    public async Task What_is_cut_or_no_archive_has_the_files_before_the_damage()
    {
        var archive = OneRegistry.Archive(("a", "1"), ("b", new string('b', 100_000)));
        Assert.That((await UnpackAsync(archive, isWhole: false)).IsComplete, Is.False);
        Assert.That((await UnpackAsync(archive[..^20])).IsComplete, Is.False);
        Assert.That((await UnpackAsync("PK no gzip"u8.ToArray())).Files, Is.Empty);
        Assert.That((await UnpackAsync(Gzip("no tar"))).Files, Is.Empty);
        Assert.That((await UnpackAsync([])).Files, Is.Empty);
    }

    private static byte[] LongArchive(params (string Path, byte[] Content)[] files) =>
        SampleContent.Gzip(SampleContent.Tar(TarEntryFormat.Gnu, files));

    private static string? TextOf(ArchiveFiles files, string path) =>
        files.Find(path)?.Content is { } content ? Encoding.UTF8.GetString(content.Span) : null;

    private static Task<ArchiveFiles> UnpackAsync(byte[] archive, bool isWhole = true) =>
        ArchiveUnpacker.UnpackAsync(new MemoryStream(archive), isWhole, CancellationToken.None);

    private static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return packed.ToArray();
    }
}
