using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Filesystem;

/// <summary>Folders that are removed and recreated.</summary>
public sealed partial class FilesystemFaults
{
    [Test]
    public async Task A_missing_data_folder_fails_every_call_and_is_not_recreated(
        [Values] bool onlyItsContent)
    {
        await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        var info = await blobs.CommitAsync(Sample, Small, cancellationToken);
        await using var writer = await blobs.CreateAsync(Sample, cancellationToken);
        Directory.Delete(storage.Path, recursive: true);
        if (onlyItsContent)
            Directory.CreateDirectory(storage.Path);

        await AssertFaultAsync(
            StorageFault.Unavailable, async () => await documents.GetAsync(Sample, cancellationToken));
        await AssertFaultAsync(
            StorageFault.Unavailable, async () => await documents.StatAsync(Sample, cancellationToken));
        await AssertFaultAsync(
            StorageFault.Unavailable,
            async () => await documents.TryPutAsync(Sample, "{}", Precondition.None, cancellationToken));
        await AssertFaultAsync(
            StorageFault.Unavailable,
            async () => await documents.TryPutAsync(Sample, "{}", Precondition.Absent, cancellationToken));
        await AssertFaultAsync(
            StorageFault.Unavailable,
            async () => await documents.TryDeleteAsync(Sample, Precondition.None, cancellationToken));
        await AssertFaultAsync(
            StorageFault.Unavailable,
            async () => await documents.KeysAsync(StoreKeys.Packages, null, cancellationToken));
        await AssertFaultAsync(
            StorageFault.Unavailable, async () => await blobs.StatAsync(info.Key, cancellationToken));
        await AssertFaultAsync(
            StorageFault.Unavailable, async () => await blobs.OpenAsync(info.Key, ByteRange.All, cancellationToken));
        await AssertFaultAsync(
            StorageFault.Unavailable, async () => await blobs.CreateAsync(Sample, cancellationToken));
        await AssertFaultAsync(
            StorageFault.Unavailable,
            async () => await writer.CommitAsync(StorageShortcuts.DigestOf([]), null, cancellationToken));
        await AssertFaultAsync(
            StorageFault.Unavailable,
            async () => await blobs.TryDeleteAsync(info.Key, Precondition.None, cancellationToken));
        await AssertFaultAsync(
            StorageFault.Unavailable,
            async () => await blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, cancellationToken));
        await AssertFaultAsync(
            StorageFault.Unavailable, async () => await blobs.DiscardAbandonedAsync(TimeSpan.Zero, cancellationToken));
        Assert.That(Directory.Exists(storage.Path), Is.EqualTo(onlyItsContent));
        Assert.That(!onlyItsContent || !Directory.EnumerateFileSystemEntries(storage.Path).Any(), Is.True);
    }

    [Test]
    public async Task Folders_are_removed_when_empty_and_recreated_when_needed()
    {
        for (var round = 0; round < 2; round++)
        {
            var info = await blobs.CommitAsync(Sample, Small, cancellationToken);
            await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
            await blobs.TryDeleteAsync(info.Key, Precondition.None, cancellationToken);
            await documents.TryDeleteAsync(Sample, Precondition.None, cancellationToken);
            Assert.That(Directory.GetFileSystemEntries(storage.Below("blobs")), Is.Empty);
            Assert.That(Directory.GetFileSystemEntries(storage.Below("documents")), Is.Empty);
        }
    }

    [Test]
    public async Task A_folder_removed_concurrently_is_recreated_until_the_file_is_placed()
    {
        var volume = storage.NewVolume();
        volume.Open();
        var path = volume.Blobs.PathOf("packages/sample/app/file");
        using var placed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var removing = Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
            () =>
            {
                while (!placed.IsCancellationRequested)
                    volume.Blobs.RemoveEmptied(path);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)).ToArray();
        for (var i = 0; i < 2_000; i++)
        {
            using var staged = volume.Stage();
            volume.Blobs.Place(staged, path);
            Assert.That(File.Exists(path), Is.True);
            File.Delete(path);
        }

        await placed.CancelAsync();
        await Task.WhenAll(removing);
    }

    [Test]
    public async Task A_listing_can_be_cancelled_among_empty_folders()
    {
        await documents.PutAsync(StoreKey.Of("packages", "a", "first"), "{}", Precondition.Absent, cancellationToken);
        for (var i = 0; i < 10; i++)
            Directory.CreateDirectory(storage.Below("documents", "packages", "b", $"empty{i}"));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var listing =
            documents.ListAsync(StoreKeys.Packages, null, cancel.Token).GetAsyncEnumerator(cancellationToken);
        Assert.That(await listing.MoveNextAsync(), Is.True);
        await cancel.CancelAsync();
        Assert.That(async () => await listing.MoveNextAsync(), Throws.InstanceOf<OperationCanceledException>());
    }
}
