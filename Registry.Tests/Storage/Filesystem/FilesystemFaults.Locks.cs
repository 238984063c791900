using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Filesystem;

/// <summary>Locks held by other writers, and staged files that no writer has locked.</summary>
public sealed partial class FilesystemFaults
{
    [Test]
    public async Task A_damaged_lock_file_fails_writes_as_corrupt()
    {
        await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        await documents.TryDeleteAsync(Sample, Precondition.None, cancellationToken);
        foreach (var path in Directory.GetFiles(storage.Below("locks")))
            await File.WriteAllTextAsync(path, "rubbish~", cancellationToken);
        await AssertFaultAsync(
            StorageFault.Corrupt,
            async () => await documents.TryPutAsync(Sample, "{}", Precondition.None, cancellationToken));
        Assert.That(await documents.GetAsync(Sample, cancellationToken), Is.Null);
    }

    [Test]
    public async Task A_lock_held_by_another_process_blocks_only_writers()
    {
        await documents.PutAsync(Sample, "{}", Precondition.Absent, cancellationToken);
        using var held = await storage.NewVolume().Locks.AcquireAsync(Sample.Value, cancellationToken);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waiting = documents.TryPutAsync(Sample, "two", Precondition.None, cancel.Token);
        Assert.That(
            (await documents.GetAsync(Sample, cancellationToken))!.Text(), Is.EqualTo("{}"), "readers need no lock");
        await cancel.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.GetFiles(storage.Below("staging")), Is.Empty);
    }

    [Test]
    public async Task Preconditions_are_evaluated_after_the_lock_is_acquired()
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
    public async Task Discarding_abandoned_uploads_never_affects_a_live_writer()
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
    public async Task Unlocked_staged_files_are_reclaimed_at_any_age_and_live_uploads_stay()
    {
        await using var writer = await blobs.CreateAsync(Sample, cancellationToken);
        await writer.WriteAsync(Small, cancellationToken);
        await File.WriteAllTextAsync(storage.Below("staging", "left"), "by a crash", cancellationToken);
        var (_, other, _) = await storage.OpenAsync();
        Assert.That(await other.DiscardAbandonedAsync(TimeSpan.FromHours(1), cancellationToken), Is.EqualTo(1));
        var (info, _, _) = await writer.CommitAsync(StorageShortcuts.DigestOf(Small), null, cancellationToken);
        Assert.That(await blobs.ReadAsync(info.Key, ByteRange.All, cancellationToken), Is.EqualTo(Small));
    }
}
