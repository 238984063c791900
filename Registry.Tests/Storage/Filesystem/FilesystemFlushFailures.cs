using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Filesystem;

/// <summary>Folder flushes that fail after the change: it is readable, but a power failure would undo it.</summary>
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

    /// <summary>Selects the folders whose flush fails.</summary>
    private volatile Func<string, bool> flushFails = static _ => false;

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
    public async Task A_write_whose_flush_failed_fails_no_precondition_until_it_is_rewritten_and_flushed()
    {
        flushFails = static _ => true;
        await AssertUnflushedAsync(
            async () => await documents.TryPutAsync(One, "first", Precondition.Absent, cancellationToken));
        var document = (await documents.GetAsync(One, cancellationToken))!;
        Assert.That(document.Text(), Is.EqualTo("first"), "a read returns the current document");

        await AssertUnflushedAsync(
            async () => await documents.TryPutAsync(One, "second", Precondition.Absent, cancellationToken));
        var other = Precondition.Matches(new Revision("1"));
        await AssertUnflushedAsync(async () => await documents.TryDeleteAsync(One, other, cancellationToken));
        await AssertUnflushedAsync(async () => await documents.EnsureDurableAsync(One, cancellationToken));

        flushFails = static _ => false;
        var file = Disk.TryIdentify(Path.Combine(Namespace, "one@.json"));
        flushed.Clear();
        Assert.That(await documents.TryPutAsync(One, "second", Precondition.Absent, cancellationToken), Is.Null);
        Assert.That(flushed, Does.Contain(Namespace));
        Assert.That(
            Disk.TryIdentify(Path.Combine(Namespace, "one@.json")),
            Is.Not.EqualTo(file), "it was renamed into place again");
        Assert.That(await documents.StatAsync(One, cancellationToken), Is.EqualTo(document.Revision));
        Assert.That(Directory.GetFiles(storage.Below("staging")), Is.Empty);

        flushed.Clear();
        Assert.That(await documents.TryPutAsync(One, "second", Precondition.Absent, cancellationToken), Is.Null);
        Assert.That(flushed, Is.Empty, "it is no longer in doubt");
    }

    [Test]
    public async Task A_write_whose_flush_failed_can_be_replaced()
    {
        flushFails = static _ => true;
        await AssertUnflushedAsync(
            async () => await documents.TryPutAsync(One, "first", Precondition.Absent, cancellationToken));
        flushFails = static _ => false;
        await documents.PutAsync(
            One,
            "second",
            Precondition.Matches((await documents.StatAsync(One, cancellationToken))!.Value),
            cancellationToken);
        Assert.That((await documents.GetAsync(One, cancellationToken))!.Text(), Is.EqualTo("second"));
    }

    [Test]
    public async Task A_touch_makes_a_blob_durable_whose_flush_failed()
    {
        var key = new BlobKey(One, StorageShortcuts.DigestOf(Small));
        var folder = storage.Below("blobs", "packages", "sample", "one");
        flushFails = static _ => true;
        await AssertUnflushedAsync(async () => await blobs.CommitAsync(One, Small, cancellationToken));
        await AssertUnflushedAsync(async () => await blobs.TouchAsync(key, null, cancellationToken));

        flushFails = static _ => false;
        flushed.Clear();
        var touched = await blobs.TouchAsync(key, null, cancellationToken);
        Assert.That(touched!.Info, Is.EqualTo(await blobs.StatAsync(key, cancellationToken)));
        Assert.That(flushed, Does.Contain(folder));
    }

    [Test]
    public async Task A_delete_whose_flush_failed_is_not_final_until_the_folder_is_rewritten_and_flushed()
    {
        await documents.PutAsync(One, "{}", Precondition.Absent, cancellationToken);
        var blob = await blobs.CommitAsync(One, Small, cancellationToken);
        flushFails = static _ => true;
        await AssertUnflushedAsync(
            async () => await documents.TryDeleteAsync(One, Precondition.None, cancellationToken));
        await AssertUnflushedAsync(
            async () => await blobs.TryDeleteAsync(blob.Key, Precondition.None, cancellationToken));
        Assert.That(await documents.GetAsync(One, cancellationToken), Is.Null);
        Assert.That(await blobs.StatAsync(blob.Key, cancellationToken), Is.Null);

        await AssertUnflushedAsync(
            async () => await documents.TryDeleteAsync(One, Precondition.None, cancellationToken));
        await AssertUnflushedAsync(
            async () => await blobs.TryDeleteAsync(blob.Key, Precondition.None, cancellationToken));
        await AssertUnflushedAsync(async () => await documents.EnsureDurableAsync(One, cancellationToken));

        flushFails = static _ => false;
        flushed.Clear();
        Assert.That(await documents.TryDeleteAsync(One, Precondition.None, cancellationToken), Is.False);
        Assert.That(await blobs.TryDeleteAsync(blob.Key, Precondition.None, cancellationToken), Is.False);
        Assert.That(flushed, Does.Contain(Namespace).And.Contain(storage.Below("blobs", "packages", "sample", "one")));
        Assert.That(Directory.GetFileSystemEntries(storage.Below("documents")), Is.Empty);
        Assert.That(Directory.GetFileSystemEntries(storage.Below("blobs")), Is.Empty);
    }

    [Test]
    public async Task A_blob_whose_flush_failed_is_committed_and_flushed_again()
    {
        flushFails = static _ => true;
        await AssertUnflushedAsync(async () => await blobs.CommitAsync(One, Small, cancellationToken));
        await AssertUnflushedAsync(async () => await blobs.CommitAsync(One, Small, cancellationToken));
        flushFails = static _ => false;
        flushed.Clear();
        var info = await blobs.CommitAsync(One, Small, cancellationToken);
        Assert.That(flushed, Does.Contain(storage.Below("blobs", "packages", "sample", "one")));
        Assert.That(await blobs.ReadAsync(info.Key, ByteRange.All, cancellationToken), Is.EqualTo(Small));
    }

    [Test]
    public async Task A_parent_folder_whose_flush_failed_is_rewritten_and_flushed_by_the_next_write()
    {
        flushFails = folder => folder == Packages;
        await AssertUnflushedAsync(
            async () => await documents.TryPutAsync(One, "{}", Precondition.Absent, cancellationToken));
        flushFails = static _ => false;
        var old = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        Directory.SetLastWriteTimeUtc(Packages, old);
        flushed.Clear();
        await documents.PutAsync(Two, "{}", Precondition.Absent, cancellationToken);
        Assert.That(flushed, Does.Contain(Packages));
        Assert.That(Directory.GetLastWriteTimeUtc(Packages), Is.GreaterThan(old), "its entries were written");
        Assert.That(Directory.GetFiles(Packages), Is.Empty);
    }

    [Test]
    public async Task A_write_sharing_a_failed_flush_is_in_doubt_too()
    {
        using var begun = new SemaphoreSlim(0);
        using var written = new ManualResetEventSlim();
        flushFails = folder =>
        {
            if (folder != Namespace)
                return false;
            flushFails = static _ => false;
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
        await AssertUnflushedAsync(async () => await first);
        await AssertUnflushedAsync(async () => await second);
        await documents.EnsureDurableAsync(One, cancellationToken);
        await documents.EnsureDurableAsync(Two, cancellationToken);
    }

    [Test]
    public async Task A_blob_is_not_collected_while_a_power_failure_could_restore_its_release()
    {
        var options = new CollectionOptions { Grace = TimeSpan.Zero };
        var indexes = new PackageIndexes(documents, TimeProvider.System, new UpdateOptions());
        var packages = Samples.Registry(indexes, blobs, options);
        var time = new ShiftedTime { Shift = TimeSpan.FromMinutes(1) };
        var collector = new BlobCollector(
            indexes,
            blobs,
            (await storage.OpenAsync()).Uploads,
            PackageServices.ManifestsOf(blobs),
            options,
            time,
            NullLogger<BlobCollector>.Instance);
        await Samples.PushAsync(
            packages, Samples.Package(), "1.0.0", "content", cancellationToken: cancellationToken);

        flushFails = folder => folder.StartsWith(storage.Below("documents"), StringComparison.Ordinal);
        await AssertUnflushedAsync(
            async () =>
                await packages.DeleteAsync(Samples.Package(), "1.0.0", "helm", Samples.Caller, cancellationToken));
        Assert.That((await collector.CollectAsync(cancellationToken)).Deleted, Is.Zero);
        Assert.That(
            await blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, cancellationToken),
            Has.Count.EqualTo(1));

        flushFails = static _ => false;
        Assert.That((await collector.CollectAsync(cancellationToken)).Deleted, Is.EqualTo(1));
    }

    [Test]
    public async Task A_deleted_revision_is_recorded_again_each_time()
    {
        var volume = storage.NewVolume();
        volume.Open();
        using var stripe = await volume.Locks.AcquireAsync(One.Value, cancellationToken);
        var revision = new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;
        stripe.RecordDeletion(revision);
        var file = Directory.GetFiles(storage.Below("locks")).Single();
        var old = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(file, old);
        stripe.RecordDeletion(revision);
        Assert.That(File.GetLastWriteTimeUtc(file), Is.GreaterThan(old));
        Assert.That(stripe.NextRevision(now: 1, current: null), Is.EqualTo(revision + 1));
    }

    private static async Task AssertUnflushedAsync(Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<StorageException>(() => call());
        Assert.That(failure!.IsUnflushed, Is.True, failure.Message);
        Assert.That(failure.Kind, Is.EqualTo(StorageFault.Unavailable), failure.Message);
    }

    private void Flush(SafeFileHandle folder, string path)
    {
        flushed.Enqueue(path);
        if (flushFails(path))
            throw new StorageException(StorageFault.Unavailable, $"Could not flush '{path}': Input/output error.");
        Disk.Flush(folder, path);
    }
}
