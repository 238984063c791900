using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;
using Registry.Storage.Filesystem;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Filesystem;

/// <summary>Flushes of folders that fail after the change: it can be read, and a power failure would undo it.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
public sealed class FilesystemFlushFailures : IAsyncDisposable
{
    private static readonly StoreKey One = StoreKey.Of("packages", "sample", "one");
    private static readonly StoreKey Two = StoreKey.Of("packages", "sample", "two");
    private static readonly byte[] Small = StorageShortcuts.Bytes(1_000);

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;
    private readonly FilesystemUnderTest storage = new();
    private readonly ConcurrentQueue<string> flushed = new();
    private IDocumentStore documents = null!;
    private IBlobStore blobs = null!;

    /// <summary>Which folders cannot be flushed.</summary>
    private volatile Func<string, bool> fails = static _ => false;

    private string Namespace => storage.Below("documents", "packages", "sample");

    private string Packages => storage.Below("documents", "packages");

    [SetUp]
    public async Task Open()
    {
        storage.FlushFolder = Flush;
        (documents, blobs, _) = await storage.OpenAsync();
    }

    public ValueTask DisposeAsync() => storage.DisposeAsync();

    [Test]
    public async Task A_write_whose_flush_failed_is_no_reason_to_refuse_another_until_it_is_written_and_flushed_anew()
    {
        fails = static _ => true;
        await DemandUnflushedAsync(
            async () => await documents.TryPutAsync(One, "first", Precondition.Absent, cancellationToken));
        var document = (await documents.GetAsync(One, cancellationToken))!;
        Assert.That(document.Text(), Is.EqualTo("first"), "a read serves what is there");

        await DemandUnflushedAsync(
            async () => await documents.TryPutAsync(One, "second", Precondition.Absent, cancellationToken));
        var other = Precondition.Matches(new Revision("1"));
        await DemandUnflushedAsync(async () => await documents.TryDeleteAsync(One, other, cancellationToken));
        await DemandUnflushedAsync(async () => await documents.EnsureDurableAsync(One, cancellationToken));

        fails = static _ => false;
        var file = Disk.TryIdentify(Path.Combine(Namespace, "one@.json"));
        flushed.Clear();
        Assert.That(await documents.TryPutAsync(One, "second", Precondition.Absent, cancellationToken), Is.Null);
        Assert.That(flushed, Does.Contain(Namespace));
        Assert.That(
            Disk.TryIdentify(Path.Combine(Namespace, "one@.json")),
            Is.Not.EqualTo(file), "it was renamed into its place anew");
        Assert.That(await documents.StatAsync(One, cancellationToken), Is.EqualTo(document.Revision));
        Assert.That(Directory.GetFiles(storage.Below("staging")), Is.Empty);

        flushed.Clear();
        Assert.That(await documents.TryPutAsync(One, "second", Precondition.Absent, cancellationToken), Is.Null);
        Assert.That(flushed, Is.Empty, "it is not in doubt any more");
    }

    [Test]
    public async Task A_write_whose_flush_failed_can_be_replaced()
    {
        fails = static _ => true;
        await DemandUnflushedAsync(
            async () => await documents.TryPutAsync(One, "first", Precondition.Absent, cancellationToken));
        fails = static _ => false;
        await documents.PutAsync(
            One,
            "second",
            Precondition.Matches((await documents.StatAsync(One, cancellationToken))!.Value),
            cancellationToken);
        Assert.That((await documents.GetAsync(One, cancellationToken))!.Text(), Is.EqualTo("second"));
    }

    [Test]
    public async Task A_delete_whose_flush_failed_is_not_taken_for_done_until_the_folder_is_written_and_flushed_anew()
    {
        await documents.PutAsync(One, "{}", Precondition.Absent, cancellationToken);
        var blob = await blobs.CommitAsync(One, Small, cancellationToken);
        fails = static _ => true;
        await DemandUnflushedAsync(
            async () => await documents.TryDeleteAsync(One, Precondition.None, cancellationToken));
        await DemandUnflushedAsync(
            async () => await blobs.TryDeleteAsync(blob.Key, Precondition.None, cancellationToken));
        Assert.That(await documents.GetAsync(One, cancellationToken), Is.Null);
        Assert.That(await blobs.StatAsync(blob.Key, cancellationToken), Is.Null);

        await DemandUnflushedAsync(
            async () => await documents.TryDeleteAsync(One, Precondition.None, cancellationToken));
        await DemandUnflushedAsync(
            async () => await blobs.TryDeleteAsync(blob.Key, Precondition.None, cancellationToken));
        await DemandUnflushedAsync(async () => await documents.EnsureDurableAsync(One, cancellationToken));

        fails = static _ => false;
        flushed.Clear();
        Assert.That(await documents.TryDeleteAsync(One, Precondition.None, cancellationToken), Is.False);
        Assert.That(await blobs.TryDeleteAsync(blob.Key, Precondition.None, cancellationToken), Is.False);
        Assert.That(flushed, Does.Contain(Namespace).And.Contain(storage.Below("blobs", "packages", "sample", "one")));
        Assert.That(Directory.GetFileSystemEntries(storage.Below("documents")), Is.Empty);
        Assert.That(Directory.GetFileSystemEntries(storage.Below("blobs")), Is.Empty);
    }

    [Test]
    public async Task A_blob_whose_flush_failed_is_committed_and_flushed_anew()
    {
        fails = static _ => true;
        await DemandUnflushedAsync(async () => await blobs.CommitAsync(One, Small, cancellationToken));
        await DemandUnflushedAsync(async () => await blobs.CommitAsync(One, Small, cancellationToken));
        fails = static _ => false;
        flushed.Clear();
        var info = await blobs.CommitAsync(One, Small, cancellationToken);
        Assert.That(flushed, Does.Contain(storage.Below("blobs", "packages", "sample", "one")));
        Assert.That(await blobs.ReadAsync(info.Key, ByteRange.All, cancellationToken), Is.EqualTo(Small));
    }

    [Test]
    public async Task A_folder_above_that_could_not_be_flushed_is_written_and_flushed_anew_by_the_next_who_needs_it()
    {
        fails = folder => folder == Packages;
        await DemandUnflushedAsync(
            async () => await documents.TryPutAsync(One, "{}", Precondition.Absent, cancellationToken));
        fails = static _ => false;
        var old = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        Directory.SetLastWriteTimeUtc(Packages, old);
        flushed.Clear();
        await documents.PutAsync(Two, "{}", Precondition.Absent, cancellationToken);
        Assert.That(flushed, Does.Contain(Packages));
        Assert.That(Directory.GetLastWriteTimeUtc(Packages), Is.GreaterThan(old), "its entries were written");
        Assert.That(Directory.GetFiles(Packages), Is.Empty);
    }

    [Test]
    public async Task A_write_that_waited_while_the_flush_of_another_failed_is_in_doubt_too()
    {
        using var begun = new SemaphoreSlim(0);
        using var written = new ManualResetEventSlim();
        fails = folder =>
        {
            if (folder != Namespace)
                return false;
            fails = static _ => false;
            begun.Release();
            written.Wait(cancellationToken);
            return true;
        };
        var first = documents.TryPutAsync(One, "{}", Precondition.Absent, cancellationToken);
        await begun.WaitAsync(cancellationToken);
        var second = documents.TryPutAsync(Two, "{}", Precondition.Absent, cancellationToken);
        while (!File.Exists(Path.Combine(Namespace, "two@.json")))
            await Task.Delay(1, cancellationToken);
        written.Set();
        await DemandUnflushedAsync(async () => await first);
        await DemandUnflushedAsync(async () => await second);
        await documents.EnsureDurableAsync(One, cancellationToken);
        await documents.EnsureDurableAsync(Two, cancellationToken);
    }

    [Test]
    public async Task A_blob_stays_as_long_as_a_power_failure_could_bring_back_the_release_that_refers_to_it()
    {
        var options = new CollectionOptions { Grace = TimeSpan.Zero };
        var indexes = new PackageIndexes(documents, TimeProvider.System, new UpdateOptions());
        var packages = new PackageRegistry(
            indexes, blobs, options, TimeProvider.System, NullLogger<PackageRegistry>.Instance);
        var time = new ShiftedTime { Shift = TimeSpan.FromMinutes(1) };
        var collector = new BlobCollector(indexes, blobs, options, time, NullLogger<BlobCollector>.Instance);
        var (package, release) = (Samples.Package(), Release.Parse("1.0.0"));
        var once = new PushOptions(Force: false, Metadata: null);
        await using (var upload = await Samples.UploadAsync(blobs, package, "content"))
            await packages.PushAsync(package, release, Samples.Type("helm"), upload, once, cancellationToken);

        fails = folder => folder.StartsWith(storage.Below("documents"), StringComparison.Ordinal);
        await DemandUnflushedAsync(
            async () => await packages.DeleteAsync("titi", "rocketchat", "1.0.0", "helm", cancellationToken));
        Assert.That((await collector.CollectAsync(cancellationToken)).Deleted, Is.Zero);
        Assert.That(
            await blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, cancellationToken),
            Has.Count.EqualTo(1));

        fails = static _ => false;
        Assert.That((await collector.CollectAsync(cancellationToken)).Deleted, Is.EqualTo(1));
    }

    [Test]
    public async Task A_deleted_revision_is_noted_anew_each_time()
    {
        var volume = storage.NewVolume();
        volume.Open();
        using var stripe = await volume.Locks.AcquireAsync(One.Value, cancellationToken);
        var revision = new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;
        stripe.Retire(revision);
        var file = Directory.GetFiles(storage.Below("locks")).Single();
        var old = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(file, old);
        stripe.Retire(revision);
        Assert.That(File.GetLastWriteTimeUtc(file), Is.GreaterThan(old));
        Assert.That(stripe.Next(present: 1, current: null), Is.EqualTo(revision + 1));
    }

    private static async Task DemandUnflushedAsync(Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<StorageException>(() => call());
        Assert.That(failure!.IsUnflushed, Is.True, failure.Message);
        Assert.That(failure.Kind, Is.EqualTo(StorageFault.Unavailable), failure.Message);
    }

    private void Flush(SafeFileHandle folder, string path)
    {
        flushed.Enqueue(path);
        if (fails(path))
            throw new StorageException(StorageFault.Unavailable, $"Could not flush '{path}': Input/output error.");
        Disk.Flush(folder, path);
    }
}
