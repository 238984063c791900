using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Gcs;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

/// <summary>Commits of an existing blob that share a touch.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GcsTouching : GcsFaults
{
    private static readonly byte[] Small = StorageShortcuts.Bytes(100_000);
    private static readonly TimeSpan Window = GcsTouches.WindowFor(TimeSpan.FromHours(1));

    [Test]
    public async Task A_recently_touched_blob_is_not_touched_again()
    {
        await OpenWithTouchWindowAsync();
        var created = await Blobs.CommitBlobAsync(Sample, Small, null, CancellationToken);
        var touched = await Blobs.CommitBlobAsync(Sample, Small, null, CancellationToken);
        Assert.That(
            touched.Info.Revision,
            Is.Not.EqualTo(created.Info.Revision),
            "its creator may delete it under its own revision");
        for (var i = 0; i < 5; i++)
            Assert.That(await Blobs.CommitBlobAsync(Sample, Small, null, CancellationToken), Is.EqualTo(touched));
        Assert.That(
            await Blobs.TryDeleteAsync(
                created.Info.Key, Precondition.Matches(created.Info.Revision), CancellationToken), Is.False);
    }

    [Test]
    public async Task A_commit_whose_touch_is_refused_checks_once_for_another_touch()
    {
        await OpenWithTouchWindowAsync();
        var info = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Fake.Faults = call =>
        {
            if (call.Operation != FakeGcsOperation.Patch)
                return null;

            // Another process touches the blob.
            var later = UnixMicroseconds.Of(TimeProvider.System.GetUtcNow().AddSeconds(1));
            Fake.Bucket.Damage(call.Name, one => one with
            {
                Metageneration = one.Metageneration + 1,
                Metadata = new Dictionary<string, string>(one.Metadata) { ["uploaded-at"] = $"{later}" },
            });
            return FakeGcsFault.Respond(429) with { RetryAfter = "30" };
        };
        var lookups = Fake.CountOf(FakeGcsOperation.GetObject);
        var shared = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Assert.That(shared.Revision, Is.Not.EqualTo(info.Revision));
        Assert.That(
            Fake.CountOf(FakeGcsOperation.GetObject) - lookups, Is.EqualTo(2), "after the insert, and after the touch");
    }

    [Test]
    public async Task A_blob_deleted_in_between_is_stored_again()
    {
        await OpenWithTouchWindowAsync();
        await Blobs.CommitAsync(Sample, Small, CancellationToken);
        var touched = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Assert.That(
            await Blobs.TryDeleteAsync(touched.Key, Precondition.Matches(touched.Revision), CancellationToken),
            Is.True);
        Assert.That((await Blobs.CommitBlobAsync(Sample, Small, null, CancellationToken)).IsNew, Is.True);
        Assert.That(await Blobs.ReadAsync(touched.Key, ByteRange.All, CancellationToken), Is.EqualTo(Small));
    }

    [Test]
    public async Task A_touch_is_shared_for_a_limited_time()
    {
        Storage.TouchWindow = TimeSpan.FromMilliseconds(300);
        await OpenAsync(static _ => { });
        await Blobs.CommitAsync(Sample, Small, CancellationToken);
        var touched = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        await Task.Delay(400, CancellationToken);
        Assert.That(
            (await Blobs.CommitAsync(Sample, Small, CancellationToken)).Revision, Is.Not.EqualTo(touched.Revision));
    }

    [Test]
    public async Task Archives_and_explicit_times_are_always_written()
    {
        await OpenWithTouchWindowAsync();
        var archive = StoreKey.Of("archives", "workspace");
        BlobInfo? last = null;
        for (var i = 0; i < 4; i++)
        {
            var info = await Blobs.CommitAsync(archive, Small, CancellationToken);
            Assert.That(info.UploadedAt, Is.GreaterThan(last?.UploadedAt ?? DateTimeOffset.MinValue));
            last = info;
        }

        var given = new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.Zero);
        for (var i = 0; i < 3; i++)
            await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Assert.That(
            (await Blobs.CommitBlobAsync(Sample, Small, given, CancellationToken)).Info.UploadedAt, Is.EqualTo(given));
    }

    [Test]
    public async Task Commits_of_the_same_bytes_all_succeed_with_one_change_a_second_allowed()
    {
        await OpenWithTouchWindowAsync();
        var otherBlobs = Blobs;
        await OpenAsync(static _ => { });
        Fake.Bucket.ChangePeriod = TimeSpan.FromSeconds(1);
        var commits = await Task.WhenAll(
            Enumerable.Range(0, 40)
                .Select(
                    i => (i % 2 == 0 ? Blobs : otherBlobs).CommitBlobAsync(Sample, Small, null, CancellationToken)));
        Assert.That(commits.Count(static commit => commit.IsNew), Is.EqualTo(1));
        Assert.That(Fake.Bucket.Throttled, Is.Positive, "the limit was reached");
        Assert.That(Fake.Bucket.Objects.Single().Metageneration, Is.LessThan(10), "few commits touched it");
    }

    [TestCase(3600, 10)]
    [TestCase(60, 10)]
    [TestCase(8, 2)]
    public void The_window_is_at_most_a_quarter_of_the_grace(int grace, int window) =>
        Assert.That(GcsTouches.WindowFor(TimeSpan.FromSeconds(grace)), Is.EqualTo(TimeSpan.FromSeconds(window)));

    private Task OpenWithTouchWindowAsync()
    {
        Storage.TouchWindow = Window;
        return OpenAsync(static _ => { });
    }
}
