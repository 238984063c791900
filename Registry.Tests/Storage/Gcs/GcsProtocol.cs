using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

/// <summary>Responses that compatible servers and intermediaries may send and Google Cloud Storage does not.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GcsProtocol : GcsFaults
{
    private static readonly byte[] Small = StorageShortcuts.Bytes(100_000);

    [TestCase(200, "")]
    [TestCase(200, "null")]
    [TestCase(204, "")]
    public async Task A_delete_accepts_any_success_status(int status, string body)
    {
        Fake.Bucket.Deleted = new FakeGcsResponse(status) { Body = System.Text.Encoding.UTF8.GetBytes(body) };
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Assert.That(await Documents.TryDeleteAsync(Sample, Precondition.Matches(revision), CancellationToken), Is.True);
        Assert.That(await Documents.GetAsync(Sample, CancellationToken), Is.Null);
        var blob = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Assert.That(
            await Blobs.TryDeleteAsync(blob.Key, Precondition.Matches(blob.Revision), CancellationToken), Is.True);
        Assert.That(Fake.CountOf(FakeGcsOperation.Delete), Is.EqualTo(2), "none was retried");
    }

    [TestCase(0, null)]
    [TestCase(40_000, null)]
    [TestCase(40_000, 1_000)]
    [TestCase(99_999, 1)]
    public async Task A_range_ignored_by_the_server_is_cut_out_of_the_whole_object(int offset, int? length)
    {
        var blob = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Fake.Bucket.IgnoresRanges = true;
        var read = await Blobs.ReadAsync(blob.Key, new ByteRange(offset, length), CancellationToken);
        Assert.That(read, Is.EqualTo(Small.AsSpan(offset, length ?? (Small.Length - offset)).ToArray()));
    }

    [Test]
    public async Task A_broken_download_resumes_even_if_ranges_are_ignored()
    {
        var blob = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Fake.Bucket.IgnoresRanges = true;
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.CutResponse(60_000));
        Assert.That(await Blobs.ReadAsync(blob.Key, ByteRange.All, CancellationToken), Is.EqualTo(Small));
    }

    [TestCase(403, "quotaExceeded")]
    public async Task An_exceeded_quota_on_a_read_is_not_a_full_storage(int status, string reason)
    {
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Faults = _ => FakeGcsFault.Respond(status, reason);
        Func<Task>[] reads =
        [
            async () => await Documents.GetAsync(Sample, CancellationToken),
            async () => await Documents.StatAsync(Sample, CancellationToken),
            async () => await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken),
            async () => await Blobs.StatAsync(new BlobKey(Sample, StorageShortcuts.DigestOf(Small)), CancellationToken),
        ];
        foreach (var read in reads)
            Assert.That((await CatchFaultAsync(read)).Kind, Is.EqualTo(StorageFault.Throttled));
        var fault = await CatchFaultAsync(
            async () => await Documents.TryPutAsync(Sample, "two", Precondition.Matches(revision), CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Full));
    }

    [Test]
    public async Task A_404_that_names_no_object_is_retried([Values] bool isPage)
    {
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        var blob = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        var fault = isPage ? FakeGcsFault.Page(404) : FakeGcsFault.Respond(404, "notFound");
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
    public async Task A_404_on_deleting_an_existing_object_is_a_fault()
    {
        var revision = await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Fail(FakeGcsOperation.Delete, FakeGcsFault.Respond(404, "notFound"));
        var fault = await CatchFaultAsync(
            async () => await Documents.TryDeleteAsync(Sample, Precondition.Matches(revision), CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
    }

    [Test]
    public async Task A_404_on_creating_an_object_is_a_fault_and_not_a_lost_race()
    {
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Respond(404, "notFound"), int.MaxValue);
        Func<Task>[] writes =
        [
            async () => await Documents.TryPutAsync(Sample, "one", Precondition.Absent, CancellationToken),
            async () => await Documents.TryPutAsync(Sample, "one", Precondition.None, CancellationToken),
            () => Blobs.CommitAsync(Sample, Small, CancellationToken),
        ];
        foreach (var write in writes)
        {
            var fault = await CatchFaultAsync(write);
            Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
            Assert.That(fault.Message, Does.Contain("although the bucket exists"));
        }

        Assert.That(Fake.CountOf(FakeGcsOperation.Insert), Is.EqualTo(writes.Length));
    }

    [Test]
    public async Task A_truncated_error_response_is_retried()
    {
        Fake.Fail(FakeGcsOperation.GetObject, FakeGcsFault.CutResponse(10));
        Assert.That(await Documents.StatAsync(Sample, CancellationToken), Is.Null);
        Fake.Fail(FakeGcsOperation.GetMedia, FakeGcsFault.CutResponse(10));
        Assert.That(await Documents.GetAsync(Sample, CancellationToken), Is.Null);
        Assert.That(Fake.CountOf(FakeGcsOperation.GetMedia), Is.EqualTo(2));

        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.CutResponse(10), int.MaxValue);
        await OpenWithShortTimeoutsAsync();
        var fault = await CatchFaultAsync(
            async () => await Documents.TryPutAsync(Sample, "two", Precondition.Absent, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
    }

    [Test]
    public async Task An_error_page_of_an_intermediary_is_never_an_absent_object()
    {
        await Documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        await OpenWithShortTimeoutsAsync();
        Fake.Faults = static _ => FakeGcsFault.Page(404);
        Assert.That(
            (await CatchFaultAsync(async () => await Documents.GetAsync(Sample, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Unavailable));
        Assert.That(
            (await CatchFaultAsync(async () => await Documents.StatAsync(Sample, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Unavailable));
    }

    [Test]
    public async Task Documents_are_read_in_parallel_at_a_cold_start()
    {
        foreach (var number in Enumerable.Range(0, 300))
            await Documents.PutAsync(
                StoreKey.Of("packages", "n", $"p{number:000}"), "x", Precondition.Absent, CancellationToken);
        Fake.Latency = TimeSpan.FromMilliseconds(50);
        var read = 0;
        await foreach (var stored in Documents.ReadAsync(StoreKeys.Packages, null, CancellationToken))
            Assert.That(stored.Key.Value, Is.EqualTo($"packages/n/p{read++:000}"));
        Assert.That(read, Is.EqualTo(300));
        Assert.That(Fake.MaxConcurrency, Is.InRange(64, 130));
    }

    [Test]
    public async Task The_Retry_After_of_the_service_is_passed_on()
    {
        Fake.Faults = static _ => FakeGcsFault.Respond(429, "rateLimitExceeded") with { RetryAfter = "30" };
        Assert.That(
            (await CatchFaultAsync(async () => await Documents.GetAsync(Sample, CancellationToken))).RetryAfter,
            Is.EqualTo(TimeSpan.FromSeconds(30)));
        Fake.Faults = static _ => FakeGcsFault.Respond(403, "quotaExceeded") with { RetryAfter = "30" };
        Assert.That(
            (await CatchFaultAsync(async () => await Documents.GetAsync(Sample, CancellationToken))).RetryAfter,
            Is.EqualTo(TimeSpan.FromSeconds(30)));
        var until = TimeProvider.System.GetUtcNow().AddHours(1);
        Fake.Faults = _ => FakeGcsFault.Respond(429) with { RetryAfter = $"{until:R}" };
        Assert.That(
            (await CatchFaultAsync(async () => await Documents.GetAsync(Sample, CancellationToken))).RetryAfter,
            Is.EqualTo(TimeSpan.FromHours(1)).Within(TimeSpan.FromMinutes(2)));
    }
}
