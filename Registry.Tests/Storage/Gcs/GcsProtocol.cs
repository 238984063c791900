using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

/// <summary>
/// What servers that speak the protocol, and machines before them, may answer otherwise than the service does.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.Self)]
public sealed class GcsProtocol : GcsFaults
{
    private static readonly byte[] Small = StorageShortcuts.Bytes(100_000);

    [TestCase(200, "")]
    [TestCase(200, "null")]
    [TestCase(204, "")]
    public async Task A_delete_that_is_answered_with_any_success_is_done(int status, string body)
    {
        Fake.Bucket.Deleted = new FakeGcsAnswer(status) { Body = System.Text.Encoding.UTF8.GetBytes(body) };
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Assert.That(await Documents.TryDeleteAsync(Sample, Precondition.Matches(revision), CancellationToken), Is.True);
        Assert.That(await Documents.GetAsync(Sample, CancellationToken), Is.Null);
        var blob = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Assert.That(
            await Blobs.TryDeleteAsync(blob.Key, Precondition.Matches(blob.Revision), CancellationToken), Is.True);
        Assert.That(Fake.CountOf(FakeGcsOperation.Delete), Is.EqualTo(2), "none was tried again");
    }

    [TestCase(0, null)]
    [TestCase(40_000, null)]
    [TestCase(40_000, 1_000)]
    [TestCase(99_999, 1)]
    public async Task A_range_that_the_server_ignores_is_cut_out_of_the_whole(int offset, int? length)
    {
        var blob = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Fake.Bucket.IgnoresRanges = true;
        var read = await Blobs.ReadAsync(blob.Key, new ByteRange(offset, length), CancellationToken);
        Assert.That(read, Is.EqualTo(Small.AsSpan(offset, length ?? (Small.Length - offset)).ToArray()));
    }

    [Test]
    public async Task A_download_that_breaks_goes_on_where_it_broke_though_ranges_are_ignored()
    {
        var blob = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Fake.Bucket.IgnoresRanges = true;
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.CutResponse(60_000));
        Assert.That(await Blobs.ReadAsync(blob.Key, ByteRange.All, CancellationToken), Is.EqualTo(Small));
    }

    [TestCase(403, "quotaExceeded")]
    public async Task A_quota_that_refuses_a_read_is_not_taken_for_a_full_storage(int status, string reason)
    {
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Faults = _ => FakeGcsFault.Answer(status, reason);
        Func<Task>[] reads =
        [
            async () => await Documents.GetAsync(Sample, CancellationToken),
            async () => await Documents.StatAsync(Sample, CancellationToken),
            async () => await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken),
            async () => await Blobs.StatAsync(new BlobKey(Sample, StorageShortcuts.DigestOf(Small)), CancellationToken),
        ];
        foreach (var read in reads)
            Assert.That((await FaultOf(read)).Kind, Is.EqualTo(StorageFault.Throttled));
        var fault = await FaultOf(
            async () => await Documents.TryPutAsync(Sample, "two", Precondition.Matches(revision), CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Full));
    }

    [Test]
    public async Task A_404_that_names_no_object_is_asked_again_before_anybody_is_told([Values] bool isPage)
    {
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        var blob = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        var fault = isPage ? FakeGcsFault.Page(404) : FakeGcsFault.Answer(404, "notFound");
        Fake.Fail(FakeGcsOperation.GetMedia, fault);
        Assert.That((await Documents.GetAsync(Sample, CancellationToken))?.Text(), Is.EqualTo("one"));
        Fake.Fail(FakeGcsOperation.GetObject, fault);
        Assert.That(await Documents.StatAsync(Sample, CancellationToken), Is.EqualTo(revision));
        Fake.Fail(FakeGcsOperation.GetObject, fault);
        Assert.That(await Blobs.StatAsync(blob.Key, CancellationToken), Is.EqualTo(blob));
        Fake.Fail(FakeGcsOperation.GetMedia, fault);
        Assert.That(await Blobs.ReadAsync(blob.Key, ByteRange.All, CancellationToken), Is.EqualTo(Small));
    }

    [Test]
    public async Task A_404_to_a_delete_of_what_is_there_is_a_fault()
    {
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Fail(FakeGcsOperation.Delete, FakeGcsFault.Answer(404, "notFound"));
        var fault = await FaultOf(
            async () => await Documents.TryDeleteAsync(Sample, Precondition.Matches(revision), CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
    }

    [Test]
    public async Task A_404_to_a_write_of_something_new_is_a_fault_and_not_a_lost_race()
    {
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Answer(404, "notFound"), int.MaxValue);
        Func<Task>[] writes =
        [
            async () => await Documents.TryPutAsync(Sample, "one", Precondition.Absent, CancellationToken),
            async () => await Documents.TryPutAsync(Sample, "one", Precondition.None, CancellationToken),
            () => Blobs.CommitAsync(Sample, Small, CancellationToken),
        ];
        foreach (var write in writes)
        {
            var fault = await FaultOf(write);
            Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
            Assert.That(fault.Message, Does.Contain("404, although the bucket is there"));
        }

        Assert.That(Fake.CountOf(FakeGcsOperation.Insert), Is.EqualTo(writes.Length));
    }

    [Test]
    public async Task A_refusal_that_breaks_off_is_asked_for_again()
    {
        Fake.Fail(FakeGcsOperation.GetObject, FakeGcsFault.CutResponse(10));
        Assert.That(await Documents.StatAsync(Sample, CancellationToken), Is.Null);
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.CutResponse(10));
        Assert.That(await Documents.GetAsync(Sample, CancellationToken), Is.Null);
        Assert.That(Fake.CountOf(FakeGcsOperation.GetMedia), Is.EqualTo(2));

        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.CutResponse(10), int.MaxValue);
        await OpenImpatientAsync();
        var fault = await FaultOf(
            async () => await Documents.TryPutAsync(Sample, "two", Precondition.Absent, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
    }

    [Test]
    public async Task A_page_of_a_machine_in_between_is_never_an_absent_object()
    {
        await OpenImpatientAsync();
        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Faults = static _ => FakeGcsFault.Page(404);
        Assert.That(
            (await FaultOf(async () => await Documents.GetAsync(Sample, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Unavailable));
        Assert.That(
            (await FaultOf(async () => await Documents.StatAsync(Sample, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Unavailable));
    }

    [Test]
    public async Task Many_documents_are_read_at_once_at_a_cold_start()
    {
        foreach (var number in Enumerable.Range(0, 300))
            await Documents.PutAsync(
                StoreKey.Of("packages", "n", $"p{number:000}"), "x", Precondition.Absent, CancellationToken);
        Fake.Latency = TimeSpan.FromMilliseconds(50);
        var read = 0;
        await foreach (var stored in Documents.ReadAsync(StoreKeys.Packages, null, CancellationToken))
            Assert.That(stored.Key.Value, Is.EqualTo($"packages/n/p{read++:000}"));
        Assert.That(read, Is.EqualTo(300));
        Assert.That(Fake.MostAtOnce, Is.InRange(64, 130));
    }

    [Test]
    public async Task How_long_the_service_asks_to_be_left_alone_is_passed_on()
    {
        Fake.Faults = static _ => FakeGcsFault.Answer(429, "rateLimitExceeded") with { RetryAfter = "30" };
        Assert.That(
            (await FaultOf(async () => await Documents.GetAsync(Sample, CancellationToken))).RetryAfter,
            Is.EqualTo(TimeSpan.FromSeconds(30)));
        Fake.Faults = static _ => FakeGcsFault.Answer(403, "quotaExceeded") with { RetryAfter = "30" };
        Assert.That(
            (await FaultOf(async () => await Documents.GetAsync(Sample, CancellationToken))).RetryAfter,
            Is.EqualTo(TimeSpan.FromSeconds(30)));
        var until = TimeProvider.System.GetUtcNow().AddHours(1);
        Fake.Faults = _ => FakeGcsFault.Answer(429) with { RetryAfter = $"{until:R}" };
        Assert.That(
            (await FaultOf(async () => await Documents.GetAsync(Sample, CancellationToken))).RetryAfter,
            Is.EqualTo(TimeSpan.FromHours(1)).Within(TimeSpan.FromMinutes(2)));
    }
}
