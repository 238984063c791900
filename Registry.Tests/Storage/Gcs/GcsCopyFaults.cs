using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Gcs;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

/// <summary>Copies of blobs by the service, and touches without bytes.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GcsCopyFaults : GcsFaults
{
    private const int MiB = 1024 * 1024;

    private static readonly StoreKey Other = StoreKey.Of("packages", "other", "app");
    private static readonly byte[] Small = StorageShortcuts.Bytes(100_000);

    private static readonly FakeGcsFault[] Transient =
    [
        FakeGcsFault.Respond(429), FakeGcsFault.Respond(503), FakeGcsFault.RespondAfter(503),
        FakeGcsFault.ResetBefore, FakeGcsFault.ResetAfter, FakeGcsFault.Page(404),
    ];

    [TestCaseSource(nameof(Transient))]
    public async Task A_blob_is_copied_once_despite_a_fault_of_the_first_attempt(FakeGcsFault fault)
    {
        var source = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Fake.Fail(FakeGcsOperation.Rewrite, fault);
        var copy = (await Blobs.CopyAsync(source.Key, Other, CancellationToken))!;
        Assert.That(copy.IsNew, Is.True);
        Assert.That(await Blobs.StatAsync(copy.Info.Key, CancellationToken), Is.EqualTo(copy.Info));
        Assert.That(await Blobs.StatAsync(source.Key, CancellationToken), Is.EqualTo(source));
        Assert.That(
            Fake.Bucket.Objects.Select(static one => one.Metageneration), Is.All.EqualTo(1), "nothing was touched");
        Assert.That(await Blobs.ReadAsync(copy.Info.Key, ByteRange.All, CancellationToken), Is.EqualTo(Small));
    }

    [Test]
    public async Task A_copy_has_the_metadata_of_a_commit_and_transfers_no_bytes()
    {
        var source = await Blobs.CommitAsync(
            Sample, Small, new DateTimeOffset(2017, 3, 4, 5, 6, 7, TimeSpan.Zero), CancellationToken);
        var inserts = Fake.CountOf(FakeGcsOperation.Insert);
        await Blobs.CopyAsync(source.Key, Other, CancellationToken);
        Assert.That(Fake.CountOf(FakeGcsOperation.Insert), Is.EqualTo(inserts));
        Assert.That(Fake.CountOf(FakeGcsOperation.GetMedia), Is.Zero);
        var (copied, original) = (
            Fake.Bucket.Objects.Single(static one => one.Name.Contains("other", StringComparison.Ordinal)),
            Fake.Bucket.Objects.Single(static one => one.Name.Contains("sample", StringComparison.Ordinal)));
        Assert.That(
            (copied.ContentType, copied.CacheControl), Is.EqualTo((original.ContentType, original.CacheControl)));
        Assert.That(copied.Metadata.Keys, Is.EquivalentTo(original.Metadata.Keys));
        foreach (var key in (string[])[GcsMetadata.UploadedKey, GcsMetadata.WriteKey])
            Assert.That(copied.Metadata[key], Is.Not.EqualTo(original.Metadata[key]), key);
    }

    [Test]
    public async Task A_copy_that_moves_bytes_is_continued_until_it_is_done()
    {
        await OpenAsync(static options => options.RewriteBytes = MiB);
        Fake.Copies.MovesBytes = true;
        var bytes = StorageShortcuts.Bytes((3 * MiB) + 1);
        var source = await Blobs.CommitAsync(Sample, bytes, CancellationToken);
        Fake.Faults = static call => call is { Operation: FakeGcsOperation.Rewrite, Number: 2 or 5 }
            ? FakeGcsFault.ResetBefore
            : null;
        var copy = (await Blobs.CopyAsync(source.Key, Other, CancellationToken))!;
        Assert.That(copy.IsNew, Is.True);
        Assert.That(Fake.CountOf(FakeGcsOperation.Rewrite), Is.EqualTo(6), "four requests, two of them repeated");
        Assert.That(
            (await Blobs.ReadAsync(copy.Info.Key, ByteRange.All, CancellationToken)).AsSpan().SequenceEqual(bytes),
            Is.True);
    }

    [Test]
    public async Task A_source_deleted_before_the_copy_is_absent([Values] bool targetExists)
    {
        var source = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        var name = Fake.Bucket.Objects.Single().Name;
        var existing = targetExists ? await Blobs.CommitAsync(Other, Small, CancellationToken) : null;
        Fake.Faults = call =>
        {
            if (call.Operation != FakeGcsOperation.Rewrite)
                return null;
            Fake.Faults = null;
            Fake.Bucket.Remove(name);
            return null;
        };
        Assert.That(await Blobs.CopyAsync(source.Key, Other, CancellationToken), Is.Null);
        Assert.That(
            await Blobs.StatAsync(new BlobKey(Other, source.Key.Digest), CancellationToken), Is.EqualTo(existing));
    }

    [Test]
    public async Task A_source_created_again_before_the_copy_is_copied()
    {
        var source = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        var name = Fake.Bucket.Objects.Single().Name;
        Fake.Faults = call =>
        {
            if (call.Operation != FakeGcsOperation.Rewrite)
                return null;
            Fake.Faults = null;
            Fake.Bucket.Damage(name, static one => one with { Generation = one.Generation + 1 });
            return null;
        };
        var copy = await Blobs.CopyAsync(source.Key, Other, CancellationToken);
        Assert.That(copy!.IsNew, Is.True);
        Assert.That(await Blobs.ReadAsync(copy.Info.Key, ByteRange.All, CancellationToken), Is.EqualTo(Small));
    }

    [Test]
    public async Task A_copy_recognizes_its_own_result_although_its_source_was_deleted_before_the_retry()
    {
        var source = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        var name = Fake.Bucket.Objects.Single().Name;
        Fake.Faults = call =>
        {
            if (call.Operation != FakeGcsOperation.Rewrite)
                return null;
            if (call.Number == 1)
                return FakeGcsFault.ResetAfter;
            Fake.Faults = null;
            Fake.Bucket.Remove(name);
            return null;
        };
        var copy = await Blobs.CopyAsync(source.Key, Other, CancellationToken);
        Assert.That(copy!.IsNew, Is.True);
        Assert.That(Fake.Bucket.Objects, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_copy_never_replaces_different_bytes()
    {
        var source = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        using var damaged = new FakeGcsContent(Storage.Staging);
        await damaged.AppendAsync(Small.Reverse().ToArray(), CancellationToken);
        Fake.Bucket.Damage(Fake.Bucket.Objects.Single().Name, one => one with { Content = damaged });
        var intact = await Blobs.CommitAsync(Other, Small, CancellationToken);
        var fault = await CatchFaultAsync(async () => await Blobs.CopyAsync(source.Key, Other, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Corrupt));
        Assert.That(await Blobs.ReadAsync(intact.Key, ByteRange.All, CancellationToken), Is.EqualTo(Small));
    }

    [Test]
    public async Task A_404_that_does_not_concern_the_source_is_never_an_absent_source()
    {
        var source = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        await OpenWithShortTimeoutsAsync();
        Fake.Faults = static call =>
            call.Operation == FakeGcsOperation.Rewrite ? FakeGcsFault.Respond(404, "notFound") : null;
        var fault = await CatchFaultAsync(async () => await Blobs.CopyAsync(source.Key, Other, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
        Fake.Faults = null;
        Fake.RemoveBucket();
        fault = await CatchFaultAsync(async () => await Blobs.CopyAsync(source.Key, Other, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Denied));
        fault = await CatchFaultAsync(async () => await Blobs.TouchAsync(source.Key, null, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Denied));
    }

    [TestCaseSource(nameof(Transient))]
    public async Task A_touch_without_bytes_is_applied_once_despite_a_fault_of_its_first_attempt(FakeGcsFault fault)
    {
        var info = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Fake.Fail(FakeGcsOperation.Patch, fault);
        var touched = (await Blobs.TouchAsync(info.Key, null, CancellationToken))!.Info;
        Assert.That(touched.UploadedAt, Is.GreaterThan(info.UploadedAt));
        Assert.That(await Blobs.StatAsync(info.Key, CancellationToken), Is.EqualTo(touched));
        Assert.That(Fake.Bucket.Objects.Single().Metageneration, Is.EqualTo(2));
    }

    [Test]
    public async Task Touches_copies_and_commits_of_a_package_share_a_touch()
    {
        Storage.TouchWindow = GcsTouches.WindowFor(TimeSpan.FromHours(1));
        await OpenAsync(static _ => { });
        var source = await Blobs.CommitAsync(Other, Small, CancellationToken);
        var created = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        var touched = await Blobs.TouchAsync(created.Key, null, CancellationToken);
        Assert.That(touched!.Info.Revision, Is.Not.EqualTo(created.Revision));
        Assert.That(await Blobs.TouchAsync(created.Key, null, CancellationToken), Is.EqualTo(touched));
        Assert.That(await Blobs.CopyAsync(source.Key, Sample, CancellationToken), Is.EqualTo(touched));
        Assert.That(await Blobs.CommitBlobAsync(Sample, Small, null, CancellationToken), Is.EqualTo(touched));

        // A time that was set explicitly does not count as a touch.
        var old = DateTimeOffset.UnixEpoch;
        Assert.That(
            (await Blobs.TouchAsync(created.Key, old, CancellationToken))!.Info.UploadedAt, Is.EqualTo(old));
        var again = await Blobs.CommitBlobAsync(Sample, Small, null, CancellationToken);
        Assert.That(again.Info.UploadedAt, Is.GreaterThan(touched.Info.UploadedAt));
        Assert.That(await Blobs.TouchAsync(created.Key, null, CancellationToken), Is.EqualTo(again));

        var archive = await Blobs.CommitAsync(StoreKey.Of("archives", "workspace"), Small, CancellationToken);
        for (var i = 0; i < 3; i++)
        {
            var next = (await Blobs.TouchAsync(archive.Key, null, CancellationToken))!.Info;
            Assert.That(next.UploadedAt, Is.GreaterThan(archive.UploadedAt));
            archive = next;
        }
    }

    [Test]
    public async Task Many_touches_succeed_with_one_change_a_second_allowed()
    {
        Storage.TouchWindow = GcsTouches.WindowFor(TimeSpan.FromHours(1));
        await OpenAsync(static _ => { });
        var otherBlobs = Blobs;
        await OpenAsync(static _ => { });
        var info = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Fake.Bucket.ChangePeriod = TimeSpan.FromSeconds(1);
        var touched = await Task.WhenAll(
            Enumerable.Range(0, 40)
                .Select(i => (i % 2 == 0 ? Blobs : otherBlobs).TouchAsync(info.Key, null, CancellationToken).AsTask()));
        Assert.That(touched, Has.None.Null);
        Assert.That(Fake.Bucket.Throttled, Is.Positive, "the limit was reached");
        Assert.That(Fake.Bucket.Objects.Single().Metageneration, Is.InRange(2, 9), "few of them changed it");
    }
}
