using System.Globalization;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Support.Roles;

/// <summary>
/// Runs on its own volume of 4 MiB: <c>PATH</c>. A write that fails on a full disk changes nothing, and deletes still
/// work.
/// </summary>
public static class FullVolumeRole
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");

    public static async Task RunAsync(string[] arguments)
    {
        var path = arguments[0];
        var cancellationToken = CancellationToken.None;
        var volume = new FilesystemVolume(new FilesystemOptions { Path = path }, TimeProvider.System);
        var documents = new FilesystemDocumentStore(volume);
        var blobs = new FilesystemBlobStore(volume);
        var uploads = new FilesystemUploadStore(volume);
        var revision = await documents.PutAsync(Sample, "before", Precondition.Absent, cancellationToken);
        var info = await blobs.CommitAsync(Sample, StorageShortcuts.Bytes(10_000), cancellationToken);

        // A blob that does not fit fails.
        var writer = await blobs.CreateAsync(Sample, cancellationToken);
        await AssertFullAsync(async () =>
        {
            for (var i = 0; i < 100; i++)
                await writer.WriteAsync(new byte[100_000], cancellationToken);
        });
        await writer.DisposeAsync();
        Assert.That(Directory.GetFiles(Path.Combine(path, "staging")), Is.Empty);

        // An append that does not fit fails, and the upload stays as it was. So does a copy.
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        await uploads.AppendBytesAsync(upload, 0, StorageShortcuts.Bytes(10_000), cancellationToken);
        await AssertFullAsync(
            async () => await uploads.AppendBytesAsync(upload, 10_000, new byte[10_000_000], cancellationToken));
        Assert.That(await uploads.LengthAsync(upload, cancellationToken), Is.EqualTo(10_000));
        var large = await blobs.CommitAsync(Sample, StorageShortcuts.Bytes(2_000_000), cancellationToken);
        var other = StoreKey.Of("packages", "sample", "other");
        await AssertFullAsync(async () => await blobs.CopyAsync(large.Key, other, cancellationToken));
        Assert.That(await blobs.InfosAsync(other, ScopeDepth.Exact, null, cancellationToken), Is.Empty);
        Assert.That(await blobs.TryDeleteAsync(large.Key, Precondition.None, cancellationToken), Is.True);
        Assert.That(Directory.GetFiles(Path.Combine(path, "staging")), Is.Empty);

        // No byte is free.
        var filler = Path.Combine(path, "filler");
        Fill(filler);
        await AssertFullAsync(
            async () => await documents.TryPutAsync(Sample, "after", Precondition.None, cancellationToken));
        await AssertFullAsync(
            async () => await blobs.CommitAsync(Sample, StorageShortcuts.Bytes(10_000), cancellationToken));
        await AssertFullAsync(
            async () =>
                await blobs.CommitAsync(StoreKey.Of("packages", "new"), StorageShortcuts.Bytes(5), cancellationToken));
        Assert.That((await documents.GetAsync(Sample, cancellationToken))!.Revision, Is.EqualTo(revision));
        Assert.That(
            await blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, cancellationToken),
            Is.EqualTo(new[] { info }));
        Assert.That(
            await blobs.ReadAsync(info.Key, ByteRange.All, cancellationToken),
            Is.EqualTo(StorageShortcuts.Bytes(10_000)));
        Assert.That(await blobs.DiscardAbandonedAsync(TimeSpan.Zero, cancellationToken), Is.Zero);
        await AssertFullAsync(
            async () => await uploads.AppendBytesAsync(
                upload, 10_000, StorageShortcuts.Bytes(10_000), cancellationToken));
        Assert.That(
            await uploads.ReadAsync(upload, cancellationToken), Is.EqualTo(StorageShortcuts.Bytes(10_000)));

        // A touch needs no space, whether a client deletes the blob by it or pushes it again, and a discard frees some.
        foreach (var time in (DateTimeOffset?[])[DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, null])
        {
            info = (await blobs.TouchAsync(info.Key, time, cancellationToken))!.Info;
            Assert.That(await blobs.StatAsync(info.Key, cancellationToken), Is.EqualTo(info));
            if (time is not null)
                Assert.That(info.UploadedAt, Is.EqualTo(time));
        }

        Assert.That(await uploads.DiscardIdleAsync(TimeSpan.Zero, cancellationToken), Is.EqualTo(1));
        Assert.That(await uploads.CountAsync(10, cancellationToken), Is.Zero);
        Fill(Path.Combine(path, "filler of the uploads"), atLeast: 0);

        // Deletes free space even when the disk is full. They also work in a process that starts now, after a restart
        // of the machine, which leaves no record in the file of changes, and without lock files, as after a restore
        // from a backup that lacks them.
        var changes = Path.Combine(path, "changes");
        using (var file = File.OpenHandle(changes, access: FileAccess.ReadWrite))
            RandomAccess.Write(file, new byte[64], 0);
        foreach (var file in Directory.GetFiles(Path.Combine(path, "locks")))
            File.Delete(file);
        Fill(Path.Combine(path, "filler of the locks"), atLeast: 0);
        volume = new FilesystemVolume(new FilesystemOptions { Path = path }, TimeProvider.System);
        documents = new FilesystemDocumentStore(volume);
        blobs = new FilesystemBlobStore(volume);
        await AssertFullAsync(async () => await new FilesystemProbe(volume).ProbeAsync(cancellationToken));
        var before = await documents.ChangesAsync(StoreKeys.Packages, null, cancellationToken);
        Assert.That(
            await blobs.TryDeleteAsync(info.Key, Precondition.Matches(info.Revision), cancellationToken), Is.True);
        Assert.That(await documents.TryDeleteAsync(Sample, Precondition.Matches(revision), cancellationToken), Is.True);
        var changed = await documents.ChangesAsync(StoreKeys.Packages, before.Token, cancellationToken);
        Assert.That(changed.Keys, Is.Null.Or.Contains(Sample), "the delete is reported");
        File.Delete(filler);

        // A recreated document has a higher revision than the deleted one, even if the clock was set back.
        var yesterday = new ShiftedTime { Shift = TimeSpan.FromDays(-1) };
        volume = new FilesystemVolume(new FilesystemOptions { Path = path }, yesterday);
        documents = new FilesystemDocumentStore(volume);
        var after = await documents.PutAsync(Sample, "after", Precondition.Absent, cancellationToken);
        Assert.That(Ticks(after), Is.GreaterThan(Ticks(revision)));
        await blobs.CommitAsync(Sample, StorageShortcuts.Bytes(10_000), cancellationToken);
    }

    private static long Ticks(Revision revision) => long.Parse(revision.Value, CultureInfo.InvariantCulture);

    private static void Fill(string path, int atLeast = 1_000_000)
    {
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        var at = 0L;
        foreach (var size in (int[])[65_536, 4_096, 1])
        {
            try
            {
                for (; ; at += size)
                    RandomAccess.Write(file, new byte[size], at);
            }
            catch (IOException)
            {
                // This size no longer fits: continue with a smaller one.
            }
        }

        Assert.That(at, Is.AtLeast(atLeast));
    }

    private static async Task AssertFullAsync(Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<StorageException>(() => call());
        Assert.That(failure!.Kind, Is.EqualTo(StorageFault.Full), failure.Message);
    }
}
