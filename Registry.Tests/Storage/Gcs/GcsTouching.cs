using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Gcs;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

/// <summary>Commits of a blob that is there, where they share a touch.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.Self)]
public sealed class GcsTouching : GcsFaults
{
    private static readonly byte[] Small = StorageShortcuts.Bytes(100_000);
    private static readonly TimeSpan Window = GcsTouches.WindowFor(TimeSpan.FromHours(1));

    [Test]
    public async Task A_blob_that_was_touched_a_moment_ago_is_not_touched_again()
    {
        await ShareAsync();
        var created = await Blobs.CommitBlobAsync(Sample, Small, null, CancellationToken);
        var touched = await Blobs.CommitBlobAsync(Sample, Small, null, CancellationToken);
        Assert.That(
            touched.Info.Revision,
            Is.Not.EqualTo(created.Info.Revision),
            "who created it may take it back under its revision");
        for (var i = 0; i < 5; i++)
            Assert.That(await Blobs.CommitBlobAsync(Sample, Small, null, CancellationToken), Is.EqualTo(touched));
        Assert.That(
            await Blobs.TryDeleteAsync(
                created.Info.Key, Precondition.Matches(created.Info.Revision), CancellationToken), Is.False);
    }

    [Test]
    public async Task A_commit_whose_touch_is_refused_looks_once_for_the_touch_of_another()
    {
        await ShareAsync();
        var info = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Fake.Faults = call =>
        {
            if (call.Operation != FakeGcsOperation.Patch)
                return null;
            Fake.Bucket.Damage(call.Name, static one => one with { Metageneration = one.Metageneration + 1 });
            return FakeGcsFault.Answer(429) with { RetryAfter = "30" };
        };
        var looks = Fake.CountOf(FakeGcsOperation.GetObject);
        var shared = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Assert.That(shared.Revision, Is.Not.EqualTo(info.Revision));
        Assert.That(
            Fake.CountOf(FakeGcsOperation.GetObject) - looks, Is.EqualTo(2), "after the insert, and after the touch");
    }

    [Test]
    public async Task A_blob_that_was_deleted_meanwhile_is_stored_again()
    {
        await ShareAsync();
        await Blobs.CommitAsync(Sample, Small, CancellationToken);
        var touched = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Assert.That(
            await Blobs.TryDeleteAsync(touched.Key, Precondition.Matches(touched.Revision), CancellationToken),
            Is.True);
        Assert.That((await Blobs.CommitBlobAsync(Sample, Small, null, CancellationToken)).IsNew, Is.True);
        Assert.That(await Blobs.ReadAsync(touched.Key, ByteRange.All, CancellationToken), Is.EqualTo(Small));
    }

    [Test]
    public async Task A_touch_serves_for_a_while_only()
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
    public async Task Archives_and_times_that_are_given_are_always_written()
    {
        await ShareAsync();
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
    public async Task Commits_of_the_same_bytes_all_succeed_where_one_change_a_second_is_admitted()
    {
        await ShareAsync();
        var others = Blobs;
        await OpenAsync(static _ => { });
        Fake.Bucket.ChangePeriod = TimeSpan.FromSeconds(1);
        var commits = await Task.WhenAll(
            Enumerable.Range(0, 40)
                .Select(i => (i % 2 == 0 ? Blobs : others).CommitBlobAsync(Sample, Small, null, CancellationToken)));
        Assert.That(commits.Count(static commit => commit.IsNew), Is.EqualTo(1));
        Assert.That(Fake.Bucket.Throttled, Is.Positive, "the limit was met");
        Assert.That(Fake.Bucket.Objects.Single().Metageneration, Is.LessThan(10), "few of them touched it");
    }

    [TestCase(3600, 10)]
    [TestCase(60, 10)]
    [TestCase(8, 2)]
    public void The_window_is_a_quarter_of_the_grace_at_most(int grace, int window) =>
        Assert.That(GcsTouches.WindowFor(TimeSpan.FromSeconds(grace)), Is.EqualTo(TimeSpan.FromSeconds(window)));

    private Task ShareAsync()
    {
        Storage.TouchWindow = Window;
        return OpenAsync(static _ => { });
    }
}
