using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Filesystem;

/// <summary>What only a folder can suffer: clocks that step back, hands that reach in, and the folder's end.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.Self)]
public sealed class FilesystemFaults : IAsyncDisposable
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");
    private static readonly byte[] Small = StorageShortcuts.Bytes(1_000);

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;
    private readonly FilesystemUnderTest storage = new();
    private IDocumentStore documents = null!;
    private IBlobStore blobs = null!;

    [SetUp]
    public async Task Open() => (documents, blobs, _) = await storage.OpenAsync();

    public ValueTask DisposeAsync() => storage.DisposeAsync();

    [Test]
    public async Task A_document_is_a_file_that_an_operator_can_read()
    {
        await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        Assert.That(
            await File.ReadAllTextAsync(
                storage.Below("documents", "packages", "sample", "app@.json"), cancellationToken),
            Is.EqualTo("{}"));
        var info = await blobs.CommitAsync(Sample, Small, cancellationToken);
        Assert.That(
            new FileInfo(storage.Below("blobs", "packages", "sample", "app", $"@{info.Key.Digest}")).Length,
            Is.EqualTo(Small.Length));
        Assert.That(Directory.GetFiles(storage.Below("staging")), Is.Empty);
    }

    [TestCase(0)]
    [TestCase(-1)]
    [TestCase(-1_000)]
    public async Task Revisions_and_upload_times_go_on_when_the_clock_stands_or_steps_back(int seconds)
    {
        storage.Time.Still = TimeProvider.System.GetUtcNow();
        var last = 0L;
        var uploaded = DateTimeOffset.MinValue;
        for (var i = 0; i < 20; i++)
        {
            var revision =
                long.Parse((await documents.PutAsync(Sample, "same", Precondition.None, cancellationToken)).Value);
            Assert.That(revision, Is.GreaterThan(last));
            last = revision;
            if (i % 3 == 2)
                await documents.TryDeleteAsync(Sample, Precondition.None, cancellationToken);

            var info = await blobs.CommitAsync(Sample, Small, cancellationToken);
            Assert.That(info.UploadedAt, Is.GreaterThan(uploaded));
            uploaded = info.UploadedAt;
            storage.Time.Shift += TimeSpan.FromSeconds(seconds);
        }
    }

    [Test]
    public async Task A_key_that_comes_back_after_the_clock_was_set_back_repeats_no_revision_in_a_new_process()
    {
        var key = new BlobKey(Sample, StorageShortcuts.DigestOf(Small));
        var document =
            long.Parse((await documents.PutAsync(Sample, "same", Precondition.None, cancellationToken)).Value);
        var blob = long.Parse((await blobs.CommitAsync(Sample, Small, cancellationToken)).Revision.Value);
        await documents.TryDeleteAsync(Sample, Precondition.None, cancellationToken);
        await blobs.TryDeleteAsync(key, Precondition.None, cancellationToken);

        storage.Time.Shift = TimeSpan.FromDays(-1);
        var (documentsLater, blobsLater, _) = await storage.OpenAsync();
        Assert.That(
            long.Parse((await documentsLater.PutAsync(Sample, "same", Precondition.None, cancellationToken)).Value),
            Is.GreaterThan(document));
        Assert.That(
            long.Parse((await blobsLater.CommitAsync(Sample, Small, cancellationToken)).Revision.Value),
            Is.GreaterThan(blob));
    }

    [Test]
    public async Task A_blob_that_was_cut_off_is_corrupt_and_never_a_short_stream()
    {
        var bytes = StorageShortcuts.Bytes(100_000);
        var info = await blobs.CommitAsync(Sample, bytes, cancellationToken);
        await using var reader = await blobs.OpenAsync(info.Key, ByteRange.All, cancellationToken);
        using (var file =
            new FileStream(storage.Below("blobs", "packages", "sample", "app", $"@{info.Key.Digest}"), FileMode.Open))
            file.SetLength(60_000);
        Assert.That(
            async () => await reader!.Content.ReadAllAsync(cancellationToken),
            Throws.InstanceOf<StorageException>().With
                .Property(nameof(StorageException.Kind))
                .EqualTo(StorageFault.Corrupt));
    }

    [Test]
    public async Task A_document_that_is_too_large_to_be_ours_is_corrupt()
    {
        await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        using (var file = new FileStream(storage.Below("documents", "packages", "sample", "app@.json"), FileMode.Open))
            file.SetLength(Document.MaxBytes + 1);
        await DemandAsync(StorageFault.Corrupt, async () => await documents.GetAsync(Sample, cancellationToken));
        await DemandAsync(StorageFault.Corrupt, async () => await documents.StatAsync(Sample, cancellationToken));
    }

    [Test]
    public async Task When_the_data_folder_is_gone_everything_says_so_and_nothing_makes_it_anew(
        [Values] bool onlyItsContent)
    {
        await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        var info = await blobs.CommitAsync(Sample, Small, cancellationToken);
        await using var writer = await blobs.CreateAsync(Sample, cancellationToken);
        Directory.Delete(storage.Path, recursive: true);
        if (onlyItsContent)
            Directory.CreateDirectory(storage.Path);

        await DemandAsync(StorageFault.Unavailable, async () => await documents.GetAsync(Sample, cancellationToken));
        await DemandAsync(StorageFault.Unavailable, async () => await documents.StatAsync(Sample, cancellationToken));
        await DemandAsync(
            StorageFault.Unavailable,
            async () => await documents.TryPutAsync(Sample, "{}", Precondition.None, cancellationToken));
        await DemandAsync(
            StorageFault.Unavailable,
            async () => await documents.TryPutAsync(Sample, "{}", Precondition.Absent, cancellationToken));
        await DemandAsync(
            StorageFault.Unavailable,
            async () => await documents.TryDeleteAsync(Sample, Precondition.None, cancellationToken));
        await DemandAsync(
            StorageFault.Unavailable,
            async () => await documents.KeysAsync(StoreKeys.Packages, null, cancellationToken));
        await DemandAsync(StorageFault.Unavailable, async () => await blobs.StatAsync(info.Key, cancellationToken));
        await DemandAsync(
            StorageFault.Unavailable, async () => await blobs.OpenAsync(info.Key, ByteRange.All, cancellationToken));
        await DemandAsync(StorageFault.Unavailable, async () => await blobs.CreateAsync(Sample, cancellationToken));
        await DemandAsync(
            StorageFault.Unavailable,
            async () => await writer.CommitAsync(StorageShortcuts.DigestOf([]), null, cancellationToken));
        await DemandAsync(
            StorageFault.Unavailable,
            async () => await blobs.TryDeleteAsync(info.Key, Precondition.None, cancellationToken));
        await DemandAsync(
            StorageFault.Unavailable,
            async () => await blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, cancellationToken));
        await DemandAsync(
            StorageFault.Unavailable, async () => await blobs.DiscardAbandonedAsync(TimeSpan.Zero, cancellationToken));
        Assert.That(Directory.Exists(storage.Path), Is.EqualTo(onlyItsContent));
        Assert.That(!onlyItsContent || !Directory.EnumerateFileSystemEntries(storage.Path).Any(), Is.True);
    }

    [Test]
    public async Task Folders_go_with_the_last_that_was_in_them_and_come_with_the_next()
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
    public async Task A_folder_that_is_removed_as_soon_as_it_is_empty_is_made_as_often_as_it_takes()
    {
        var volume = storage.NewVolume();
        volume.Open();
        var path = volume.Blobs.PathOf("packages/sample/app/file");
        using var placed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var removing = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!placed.IsCancellationRequested)
                volume.Blobs.RemoveEmptied(path);
        })).ToArray();
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
    public async Task What_is_not_ours_is_no_part_of_a_listing()
    {
        await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        var info = await blobs.CommitAsync(
            Sample, Small, new DateTimeOffset(2017, 1, 1, 0, 0, 0, TimeSpan.Zero), cancellationToken);
        foreach (var name in (string[])[
            "README", "notes.txt", "x@.json~", ".hidden@.json", "Upper@.json", $"@{info.Key.Digest}.part", "@short"
        ])
        {
            await File.WriteAllTextAsync(
                storage.Below("documents", "packages", "sample", name), "foreign", cancellationToken);
            await File.WriteAllTextAsync(
                storage.Below("blobs", "packages", "sample", "app", name), "foreign", cancellationToken);
        }

        Directory.CreateDirectory(storage.Below("documents", "packages", "Foreign", "folder"));
        Directory.CreateDirectory(storage.Below("documents", "packages", "sample", "folder@.json"));
        Assert.That(
            await documents.KeysAsync(StoreKeys.Packages, null, cancellationToken), Is.EqualTo(new[] { Sample.Value }));
        Assert.That(
            await blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, cancellationToken),
            Is.EqualTo(new[] { info }));
    }

    [Test]
    public async Task A_symbolic_link_is_neither_read_nor_listed()
    {
        await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        var outside = storage.Below("outside");
        Directory.CreateDirectory(outside);
        await File.WriteAllTextAsync(Path.Combine(outside, "secret@.json"), "secret", cancellationToken);
        File.CreateSymbolicLink(
            storage.Below("documents", "packages", "sample", "link@.json"), Path.Combine(outside, "secret@.json"));
        Directory.CreateSymbolicLink(storage.Below("documents", "packages", "linked"), outside);
        await DemandAsync(
            StorageFault.Corrupt,
            async () => await documents.GetAsync(StoreKey.Of("packages", "sample", "link"), cancellationToken));
        await DemandAsync(
            StorageFault.Corrupt,
            async () => await documents.StatAsync(StoreKey.Of("packages", "sample", "link"), cancellationToken));
        Assert.That(
            await documents.KeysAsync(StoreKeys.Packages, null, cancellationToken), Is.EqualTo(new[] { Sample.Value }));
    }

    [Test]
    public async Task A_damaged_lock_file_is_corrupt_and_refuses_what_it_cannot_order()
    {
        await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        await documents.TryDeleteAsync(Sample, Precondition.None, cancellationToken);
        foreach (var path in Directory.GetFiles(storage.Below("locks")))
            await File.WriteAllTextAsync(path, "rubbish~", cancellationToken);
        await DemandAsync(
            StorageFault.Corrupt,
            async () => await documents.TryPutAsync(Sample, "{}", Precondition.None, cancellationToken));
        Assert.That(await documents.GetAsync(Sample, cancellationToken), Is.Null);
    }

    [Test]
    public async Task A_blob_whose_modification_time_was_set_by_hand_counts_as_uploaded_then()
    {
        var info = await blobs.CommitAsync(
            Sample, Small, new DateTimeOffset(2017, 1, 1, 0, 0, 0, TimeSpan.Zero), cancellationToken);
        var restored = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks(123);
        File.SetLastWriteTimeUtc(storage.Below("blobs", "packages", "sample", "app", $"@{info.Key.Digest}"), restored);
        var stat = await blobs.StatAsync(info.Key, cancellationToken);
        Assert.That(stat!.UploadedAt.UtcDateTime, Is.EqualTo(restored.AddTicks(-3)));
        Assert.That(
            await blobs.CommitAsync(Sample, Small, cancellationToken),
            Has.Property(nameof(BlobInfo.UploadedAt)).GreaterThan(stat.UploadedAt));
    }

    [Test]
    public async Task A_lock_that_another_process_holds_makes_the_storage_unavailable_only_to_calls_that_need_it()
    {
        await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        using var held = await storage.NewVolume().Locks.AcquireAsync(Sample.Value, cancellationToken);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waiting = documents.TryPutAsync(Sample, "two", Precondition.None, patience.Token);
        Assert.That(
            (await documents.GetAsync(Sample, cancellationToken))!.Text(), Is.EqualTo("{}"), "readers need no lock");
        await patience.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.GetFiles(storage.Below("staging")), Is.Empty);
    }

    [Test]
    public async Task Who_waited_for_a_lock_judges_what_is_there_then()
    {
        var seen = await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        var blob = await blobs.CommitAsync(Sample, Small, cancellationToken);
        var volume = storage.NewVolume();
        volume.Open();
        ValueTask<Revision?> putting;
        ValueTask<bool> deleting;
        ValueTask<bool> collecting;
        using (await volume.Locks.AcquireAsync(Sample.Value, cancellationToken))
        using (await volume.Locks.AcquireAsync(blob.Key.Value, cancellationToken))
        {
            putting = documents.TryPutAsync(Sample, "late", Precondition.Matches(seen), cancellationToken);
            deleting = (await storage.OpenAsync()).Documents.TryDeleteAsync(
                Sample, Precondition.Matches(seen), cancellationToken);
            collecting = blobs.TryDeleteAsync(blob.Key, Precondition.Matches(blob.Revision), cancellationToken);
            foreach (var path in (string[])[
                storage.Below("documents", "packages", "sample", "app@.json"), volume.Blobs.PathOf(blob.Key.Value)
            ])
            {
                using var replacement = volume.Stage();
                replacement.Seal(volume.Now);
                volume.Documents.Place(replacement, path);
            }
        }

        Assert.That(await putting, Is.Null);
        Assert.That(await deleting, Is.False);
        Assert.That(await collecting, Is.False);
        Assert.That(await documents.GetAsync(Sample, cancellationToken), Is.Not.Null);
        Assert.That(await blobs.StatAsync(blob.Key, cancellationToken), Is.Not.Null);
    }

    [Test]
    public async Task A_sweep_at_any_moment_takes_nothing_from_a_live_writer()
    {
        var probe = new FilesystemProbe(storage.NewVolume());
        using var done = new CancellationTokenSource();
        var sweeping = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
                await blobs.DiscardAbandonedAsync(TimeSpan.FromHours(1), cancellationToken);
        });
        try
        {
            for (var i = 0; i < 200; i++)
            {
                await documents.PutAsync(Sample, $"{i}", Precondition.None, cancellationToken);
                await blobs.CommitAsync(Sample, Small, cancellationToken);
            }

            for (var i = 0; i < 50; i++)
                await probe.ProbeAsync(cancellationToken);
        }
        finally
        {
            await done.CancelAsync();
        }

        await sweeping;
        Assert.That(Directory.GetFiles(storage.Below("staging")), Is.Empty);
    }

    [Test]
    public async Task What_nobody_has_locked_is_reclaimed_whatever_its_age_and_a_live_upload_stays()
    {
        await using var writer = await blobs.CreateAsync(Sample, cancellationToken);
        await writer.WriteAsync(Small, cancellationToken);
        await File.WriteAllTextAsync(storage.Below("staging", "left"), "by a crash", cancellationToken);
        var (_, other, _) = await storage.OpenAsync();
        Assert.That(await other.DiscardAbandonedAsync(TimeSpan.FromHours(1), cancellationToken), Is.EqualTo(1));
        var (info, _, _) = await writer.CommitAsync(StorageShortcuts.DigestOf(Small), null, cancellationToken);
        Assert.That(await blobs.ReadAsync(info.Key, ByteRange.All, cancellationToken), Is.EqualTo(Small));
    }

    [Test]
    public async Task A_listing_can_be_cancelled_among_folders_that_hold_nothing()
    {
        await documents.PutAsync(StoreKey.Of("packages", "a", "first"), "{}", Precondition.Absent, cancellationToken);
        for (var i = 0; i < 10; i++)
            Directory.CreateDirectory(storage.Below("documents", "packages", "b", $"empty{i}"));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var listing =
            documents.ListAsync(StoreKeys.Packages, null, stop.Token).GetAsyncEnumerator(cancellationToken);
        Assert.That(await listing.MoveNextAsync(), Is.True);
        await stop.CancelAsync();
        Assert.That(async () => await listing.MoveNextAsync(), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task A_volume_that_is_open_for_reading_makes_nothing_and_changes_nothing()
    {
        var path = storage.Below("nothing");
        var volume = new FilesystemVolume(new FilesystemOptions { Path = path, ReadOnly = true }, TimeProvider.System);
        var reading = new FilesystemDocumentStore(volume);
        await DemandAsync(StorageFault.Unavailable, async () => await reading.GetAsync(Sample, cancellationToken));
        Assert.That(Directory.Exists(path), Is.False);

        var revision = await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        var options = new FilesystemOptions { Path = storage.Path, ReadOnly = true };
        volume = new FilesystemVolume(options, TimeProvider.System);
        reading = new FilesystemDocumentStore(volume);
        var blobsToRead = new FilesystemBlobStore(volume);
        Assert.That((await reading.GetAsync(Sample, cancellationToken))!.Revision, Is.EqualTo(revision));
        await DemandAsync(
            StorageFault.Denied,
            async () => await reading.PutAsync(Sample, "{}", Precondition.None, cancellationToken));
        await DemandAsync(
            StorageFault.Denied,
            async () => await reading.TryDeleteAsync(Sample, Precondition.None, cancellationToken));
        await DemandAsync(StorageFault.Denied, async () => await blobsToRead.CreateAsync(Sample, cancellationToken));
    }

    [Test]
    public async Task The_probe_finds_a_volume_that_keeps_times_and_locks_and_leaves_nothing()
    {
        var probe = new FilesystemProbe(storage.NewVolume());
        await probe.ProbeAsync(cancellationToken);
        Assert.That(probe.Name, Is.EqualTo("filesystem"));
        Assert.That(Directory.GetFiles(storage.Path, "*", SearchOption.AllDirectories), Is.Empty);
    }

    private static async Task DemandAsync(StorageFault kind, Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<StorageException>(() => call());
        Assert.That(failure!.Kind, Is.EqualTo(kind), failure.Message);
    }
}
