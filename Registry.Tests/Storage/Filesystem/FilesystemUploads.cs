using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Filesystem;

/// <summary>What crashes and power cuts leave of staged uploads.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FilesystemUploads : IAsyncDisposable
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;
    private readonly FilesystemUnderTest storage = new();
    private IUploadStore uploads = null!;

    private string Folder => Directory.GetDirectories(storage.Below("uploads")).Single();

    /// <summary>A time before which an upload is idle.</summary>
    private DateTime EarlyEnough => storage.Time.GetUtcNow().UtcDateTime.AddHours(-2);

    [SetUp]
    public async Task Open() => uploads = (await storage.OpenAsync()).Uploads;

    public ValueTask DisposeAsync() => storage.DisposeAsync();

    [Test]
    public async Task A_file_shorter_than_its_name_says_is_not_part_of_the_upload_and_neither_are_those_behind_it()
    {
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        foreach (var offset in (int[])[0, 1000, 2000])
            await uploads.AppendBytesAsync(upload, offset, StorageShortcuts.Bytes(1000, offset), cancellationToken);
        Truncate(Part(1000, 1000), 999);
        Assert.That(await uploads.LengthAsync(upload, cancellationToken), Is.EqualTo(1000));
        Assert.That(
            await uploads.ReadAsync(upload, cancellationToken), Is.EqualTo(StorageShortcuts.Bytes(1000, 0)));
        Assert.That(await uploads.AppendAsync(upload, 3000, cancellationToken), Is.Null);

        // The bytes after the gap do not return when the gap is filled.
        Assert.That(
            await uploads.AppendBytesAsync(upload, 1000, StorageShortcuts.Bytes(1000, 7), cancellationToken),
            Is.EqualTo(2000));
        Assert.That(await uploads.LengthAsync(upload, cancellationToken), Is.EqualTo(2000));
        Assert.That(Directory.GetFiles(Folder), Is.EquivalentTo(new[] { Part(0, 1000), Part(1000, 1000) }));
    }

    [Test]
    public async Task A_torn_append_is_replaced_by_one_of_another_length()
    {
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        await uploads.AppendBytesAsync(upload, 0, StorageShortcuts.Bytes(1000), cancellationToken);
        Truncate(Part(0, 1000), 0);
        Assert.That(await uploads.LengthAsync(upload, cancellationToken), Is.Zero);
        await uploads.AppendBytesAsync(upload, 0, StorageShortcuts.Bytes(10, 2), cancellationToken);
        Assert.That(await uploads.ReadAsync(upload, cancellationToken), Is.EqualTo(StorageShortcuts.Bytes(10, 2)));
        Assert.That(Directory.GetFiles(Folder), Is.EqualTo(new[] { Part(0, 10) }));
    }

    [Test]
    public async Task A_power_cut_tears_no_upload()
    {
        using var volume = LoopVolume.Create();
        var (before, blobs) = Open(volume.Path);
        var bytes = StorageShortcuts.Bytes(3_000_000);
        var upload = await before.BeginAsync(Sample, cancellationToken);
        var (kept, torn) = (0, 0);
        for (var at = 0; at < bytes.Length; at += 300_000)
        {
            await before.AppendBytesAsync(upload, at, bytes.AsMemory(at, 300_000), cancellationToken);

            // Its flush writes the journal, which has the name of the append, but not the bytes of other files.
            await blobs.CommitAsync(Sample, BitConverter.GetBytes(at), cancellationToken);
            using var left = volume.AfterPowerCut();
            var (after, _) = Open(left.Path);
            if (await after.LengthAsync(upload, cancellationToken) is not { } length)
                continue;
            kept++;
            if (length < at + 300_000)
                torn++;
            var content = await after.ReadAsync(upload, cancellationToken);
            Assert.That(content, Has.Length.EqualTo(length));
            Assert.That(bytes.AsSpan().StartsWith(content), Is.True);
            await after.AppendBytesAsync(upload, length, bytes.AsMemory((int)length), cancellationToken);
            Assert.That((await after.ReadAsync(upload, cancellationToken)).AsSpan().SequenceEqual(bytes), Is.True);
        }

        Assert.That(kept, Is.Positive);
        Assert.That(torn, Is.Positive, "some appends had a name but not all of their bytes");
    }

    [Test]
    public async Task Bytes_of_a_dead_writer_are_reclaimed_at_once_and_those_of_a_live_one_stay()
    {
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        await uploads.AppendBytesAsync(upload, 0, StorageShortcuts.Bytes(1000), cancellationToken);
        await using var writer = await uploads.AppendAsync(upload, 1000, cancellationToken);
        await writer!.WriteAsync(StorageShortcuts.Bytes(1000, 2), cancellationToken);
        var left = Path.Combine(Folder, "left");
        await File.WriteAllTextAsync(left, "by a crash", cancellationToken);
        var other = (await storage.OpenAsync()).Uploads;
        Assert.That(await other.DiscardIdleAsync(TimeSpan.FromHours(1), cancellationToken), Is.Zero);
        Assert.That(File.Exists(left), Is.False);
        Assert.That(await writer.CompleteAsync(cancellationToken), Is.EqualTo(2000));
        Assert.That(Directory.GetFiles(Folder), Is.EquivalentTo(new[] { Part(0, 1000), Part(1000, 1000) }));
    }

    [Test]
    public async Task A_writer_that_stopped_for_too_long_loses_its_bytes_but_not_the_upload()
    {
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        await using var writer = await uploads.AppendAsync(upload, 0, cancellationToken);
        await writer!.WriteAsync(StorageShortcuts.Bytes(1000), cancellationToken);
        File.SetLastWriteTimeUtc(Directory.GetFiles(Folder).Single(), EarlyEnough);
        Assert.That(await uploads.DiscardIdleAsync(TimeSpan.FromHours(1), cancellationToken), Is.Zero);
        Assert.That(Directory.GetFiles(Folder), Is.Empty);
        Assert.That(await writer.CompleteAsync(cancellationToken), Is.Null);
        Assert.That(await uploads.LengthAsync(upload, cancellationToken), Is.Zero);
    }

    [Test]
    public async Task An_upload_with_an_active_append_is_not_idle()
    {
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        await using var writer = await uploads.AppendAsync(upload, 0, cancellationToken);
        await writer!.WriteAsync(StorageShortcuts.Bytes(1000), cancellationToken);
        Directory.SetLastWriteTimeUtc(Folder, EarlyEnough);
        Assert.That(await uploads.DiscardIdleAsync(TimeSpan.FromHours(1), cancellationToken), Is.Zero);
        Assert.That(await writer.CompleteAsync(cancellationToken), Is.EqualTo(1000));
    }

    [Test]
    public async Task A_discard_interrupted_by_a_crash_is_finished_and_counts_no_longer()
    {
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        await uploads.AppendBytesAsync(upload, 0, StorageShortcuts.Bytes(1000), cancellationToken);
        Directory.Move(Folder, storage.Below("uploads", $".{Path.GetFileName(Folder)}"));
        Assert.That(await uploads.LengthAsync(upload, cancellationToken), Is.Null);
        Assert.That(await uploads.CountAsync(10, cancellationToken), Is.Zero);
        Assert.That(await uploads.DiscardIdleAsync(TimeSpan.FromHours(1), cancellationToken), Is.Zero);
        Assert.That(Directory.GetFileSystemEntries(storage.Below("uploads")), Is.Empty);
    }

    [Test]
    public async Task Every_ended_upload_leaves_an_empty_folder()
    {
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        await uploads.AppendBytesAsync(upload, 0, StorageShortcuts.Bytes(1000), cancellationToken);
        await using (var writer = await uploads.AppendAsync(upload, 1000, cancellationToken))
            await writer!.WriteAsync(StorageShortcuts.Bytes(1000), cancellationToken);
        Assert.That(Directory.GetFiles(Folder), Is.EqualTo(new[] { Part(0, 1000) }));
        await uploads.DiscardAsync(upload, cancellationToken);
        await uploads.BeginAsync(Sample, cancellationToken);
        await uploads.DiscardIdleAsync(TimeSpan.Zero, cancellationToken);
        Assert.That(Directory.GetFileSystemEntries(storage.Below("uploads")), Is.Empty);
        Assert.That(Directory.GetFiles(storage.Below("staging")), Is.Empty);
    }

    [Test]
    public async Task The_folder_of_uploads_is_created_by_the_first_of_them()
    {
        Assert.That(await uploads.CountAsync(10, cancellationToken), Is.Zero);
        Assert.That(await uploads.LengthAsync(UploadKey.Create(Sample), cancellationToken), Is.Null);
        Assert.That(await uploads.DiscardIdleAsync(TimeSpan.Zero, cancellationToken), Is.Zero);
        Assert.That(Directory.Exists(storage.Below("uploads")), Is.False);
        await uploads.BeginAsync(Sample, cancellationToken);
        Assert.That(Directory.Exists(storage.Below("uploads")), Is.True);
    }

    [Test]
    public async Task A_folder_that_disappears_is_a_fault_and_never_an_absent_upload(
        [Values] bool leavesMountPoint)
    {
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        Directory.Move(storage.Path, $"{storage.Path}.away");
        if (leavesMountPoint)
            Directory.CreateDirectory(storage.Path);
        foreach (var call in (Func<Task>[])
        [
            async () => await uploads.BeginAsync(Sample, cancellationToken),
            async () => await uploads.LengthAsync(upload, cancellationToken),
            async () => await uploads.AppendAsync(upload, 0, cancellationToken),
            async () => await uploads.OpenAsync(upload, cancellationToken),
            async () => await uploads.DiscardAsync(upload, cancellationToken),
            async () => await uploads.CountAsync(10, cancellationToken),
            async () => await uploads.DiscardIdleAsync(TimeSpan.Zero, cancellationToken),
        ])
            await AssertFaultAsync(StorageFault.Unavailable, call);
        Assert.That(Directory.Exists(storage.Below("uploads")), Is.False, "it is not created again");
    }

    [Test]
    public async Task A_read_only_folder_denies_changes_of_uploads()
    {
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        await uploads.AppendBytesAsync(upload, 0, StorageShortcuts.Bytes(1000), cancellationToken);
        var options = new FilesystemOptions { Path = storage.Path, ReadOnly = true };
        var readOnly = new FilesystemUploadStore(new FilesystemVolume(options, TimeProvider.System));
        Assert.That(await readOnly.LengthAsync(upload, cancellationToken), Is.EqualTo(1000));
        foreach (var call in (Func<Task>[])
        [
            async () => await readOnly.BeginAsync(Sample, cancellationToken),
            async () => await readOnly.AppendAsync(upload, 1000, cancellationToken),
            async () => await readOnly.DiscardAsync(upload, cancellationToken),
            async () => await readOnly.DiscardIdleAsync(TimeSpan.Zero, cancellationToken),
        ])
            await AssertFaultAsync(StorageFault.Denied, call);
        Assert.That(await uploads.LengthAsync(upload, cancellationToken), Is.EqualTo(1000));
    }

    [Test]
    public async Task Bytes_are_copied_between_volumes_too()
    {
        const string Memory = "/dev/shm";
        if (!Directory.Exists(Memory))
            Assert.Ignore($"This machine has no {Memory}.");
        var bytes = StorageShortcuts.Bytes(300_000);
        var path = Path.Combine(Memory, Path.GetRandomFileName());
        Directory.CreateDirectory(storage.Path);
        try
        {
            await File.WriteAllBytesAsync(path, bytes, cancellationToken);
            using var source = Disk.TryOpenRead(path);
            var copy = storage.Below("copy");
            using (var target = Disk.TryCreateNew(copy))
            {
                Assert.That(Disk.Copy(source!, target!, 0, 200_000, copy), Is.EqualTo(200_000));
                Assert.That(
                    Disk.Copy(source!, target!, 200_000, 200_000, copy), Is.EqualTo(100_000), "the source ends");
            }

            Assert.That(await File.ReadAllBytesAsync(copy, cancellationToken), SameBytes.As(bytes));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static (IUploadStore Uploads, IBlobStore Blobs) Open(string folder)
    {
        var options = new FilesystemOptions { Path = Path.Combine(folder, "data") };
        var volume = new FilesystemVolume(options, TimeProvider.System);
        return (new FilesystemUploadStore(volume), new FilesystemBlobStore(volume));
    }

    private string Part(long offset, long length) => Path.Combine(Folder, UploadFolders.PartOf(offset, length));

    private static void Truncate(string path, long length)
    {
        using var file = new FileStream(path, FileMode.Open);
        file.SetLength(length);
    }

    private static async Task AssertFaultAsync(StorageFault kind, Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<StorageException>(() => call());
        Assert.That(failure!.Kind, Is.EqualTo(kind), failure.Message);
    }
}
