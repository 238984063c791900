using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Filesystem;

/// <summary>Revisions and upload times when the clock steps back or a time is set by hand.</summary>
public sealed partial class FilesystemFaults
{
    [TestCase(0)]
    [TestCase(-1)]
    [TestCase(-1_000)]
    public async Task Revisions_and_upload_times_increase_when_the_clock_stops_or_steps_back(int seconds)
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
    public async Task A_recreated_key_never_repeats_a_revision_in_a_new_process_with_its_clock_set_back()
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
    public async Task A_modification_time_set_by_hand_becomes_the_upload_time()
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
}
