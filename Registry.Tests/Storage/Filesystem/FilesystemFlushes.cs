using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Filesystem;

/// <summary>Which folders are flushed before a change is acknowledged while folders are removed and created.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
public sealed class FilesystemFlushes : IAsyncDisposable
{
    private static readonly StoreKey One = StoreKey.Of("packages", "sample", "one");
    private static readonly StoreKey Two = StoreKey.Of("packages", "sample", "two");

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;
    private readonly FilesystemUnderTest storage = new();
    private readonly ConcurrentQueue<string> flushed = new();

    /// <summary>Called before an opened folder is flushed.</summary>
    private Action<string> beforeFlush = static _ => { };

    public FilesystemFlushes() => storage.FlushFolder = Flush;

    private string Namespace => storage.Below("documents", "packages", "sample");

    private string Packages => storage.Below("documents", "packages");

    public ValueTask DisposeAsync() => storage.DisposeAsync();

    [Test]
    public async Task Deletes_whose_folder_was_removed_flush_its_parent()
    {
        var (documents, _, _) = await storage.OpenAsync();
        await documents.PutAsync(One, "{}", Precondition.Absent, cancellationToken);
        await documents.PutAsync(Two, "{}", Precondition.Absent, cancellationToken);
        using var begun = new SemaphoreSlim(0);
        using var removed = new ManualResetEventSlim();
        beforeFlush = folder =>
        {
            if (folder != Namespace)
                return;
            begun.Release();
            removed.Wait(cancellationToken);
        };

        // The first delete holds the folder open; the second reaches its flush after the folder is gone.
        var first = documents.TryDeleteAsync(One, Precondition.None, cancellationToken);
        await begun.WaitAsync(cancellationToken);
        var second = documents.TryDeleteAsync(Two, Precondition.None, cancellationToken);
        while (File.Exists(Path.Combine(Namespace, "two@.json")))
            await Task.Delay(1, cancellationToken);
        Directory.Delete(Namespace);
        flushed.Clear();
        removed.Set();
        Assert.That(await first, Is.True);
        Assert.That(flushed, Does.Contain(Packages));
        Assert.That(await second, Is.True);
    }

    [Test]
    public async Task An_entry_whose_folder_is_gone_is_flushed_in_the_nearest_existing_parent()
    {
        var (documents, _, _) = await storage.OpenAsync();
        await documents.PutAsync(One, "{}", Precondition.Absent, cancellationToken);
        flushed.Clear();
        var volume = storage.NewVolume();
        volume.Documents.FlushEntry(volume.Documents.PathOf("packages/gone/deep/one@.json"), failedBefore: 0);
        Assert.That(flushed, Is.EqualTo(new[] { Packages, storage.Below("documents") }));
    }

    [Test]
    public async Task A_delete_whose_folder_was_recreated_flushes_its_parent()
    {
        var (documents, _, _) = await storage.OpenAsync();
        await documents.PutAsync(One, "{}", Precondition.Absent, cancellationToken);
        beforeFlush = folder =>
        {
            if (folder != Namespace)
                return;
            beforeFlush = static _ => { };
            Directory.Delete(Namespace);
            Directory.CreateDirectory(Namespace);
            File.WriteAllText(Path.Combine(Namespace, "two@.json"), "{}");
        };
        flushed.Clear();
        Assert.That(await documents.TryDeleteAsync(One, Precondition.None, cancellationToken), Is.True);
        Assert.That(flushed, Is.EqualTo(new[] { Namespace, Packages }));
    }

    [Test]
    public async Task A_delete_of_an_archive_flushes_the_nearest_existing_parent()
    {
        var (_, blobs, _) = await storage.OpenAsync();
        var info = await blobs.CommitAsync(
            StoreKey.Of("archives", "w", "a", "b"), StorageShortcuts.Bytes(10), cancellationToken);
        var folder = storage.Below("blobs", "archives", "w", "a", "b");
        beforeFlush = opened =>
        {
            if (opened == folder)
                Directory.Delete(storage.Below("blobs", "archives", "w"), recursive: true);
        };
        flushed.Clear();
        Assert.That(await blobs.TryDeleteAsync(info.Key, Precondition.None, cancellationToken), Is.True);
        Assert.That(flushed, Is.EqualTo(new[] { folder, storage.Below("blobs", "archives") }));
    }

    private void Flush(SafeFileHandle folder, string path)
    {
        flushed.Enqueue(path);
        beforeFlush(path);
        Disk.Flush(folder, path);
    }
}
