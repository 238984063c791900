using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

/// <summary>Blob uploads to the bucket: small ones in one request, large ones in a resumable session.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GcsCommitFaults : GcsTransferFaults
{
    [TestCaseSource(nameof(Transient))]
    public async Task A_small_blob_is_committed_once_despite_a_fault_of_its_first_attempt(FakeGcsFault fault)
    {
        Fake.Fail(FakeGcsOperation.Insert, fault);
        await AssertCommittedOnceAsync(Small);
    }

    [Test]
    public async Task A_large_blob_is_committed_once_despite_a_fault_of_its_session(
        [ValueSource(nameof(Transient))] FakeGcsFault fault, [Values(0, 1, 2, 5)] int step)
    {
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        var operation = step == 0 ? FakeGcsOperation.StartSession : FakeGcsOperation.PutChunk;
        Fake.Faults = call => call.Operation == operation && call.Number == Math.Max(step, 1) ? fault : null;
        await AssertCommittedOnceAsync(Large);
        if (step > 0)
            Assert.That(Fake.Uploads.Begun, Is.EqualTo(1), "the session was continued");
        Assert.That(Fake.CountOf(FakeGcsOperation.PutChunk), Is.AtMost(6), "no received chunk was sent again");
    }

    [Test]
    public async Task An_upload_survives_one_failure_of_every_request()
    {
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        var seen = 0;
        Fake.Faults = _ => (Interlocked.Increment(ref seen) % 2 == 1 ? Transient[seen / 2 % Transient.Length] : null);
        var info = await Blobs.CommitAsync(Sample, Large, CancellationToken);
        Fake.Faults = null;
        Assert.That(await Blobs.StatAsync(info.Key, CancellationToken), Is.EqualTo(info));
        Assert.That(
            (await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken)).AsSpan().SequenceEqual(Large), Is.True);
    }

    [Test]
    public async Task A_final_chunk_without_a_response_is_queried_and_its_object_is_not_touched()
    {
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        Fake.Faults = static call =>
            call is { Operation: FakeGcsOperation.PutChunk, Number: 5 } ? FakeGcsFault.ResetAfter : null;
        await Blobs.CommitAsync(Sample, Large, CancellationToken);
        Assert.That(Fake.CountOf(FakeGcsOperation.QuerySession), Is.EqualTo(1));
        Assert.That(Fake.Bucket.Objects.Single().Metageneration, Is.EqualTo(1));
    }

    [Test]
    public async Task A_partially_received_chunk_is_resumed()
    {
        const int Chunks = 2;
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunks * Chunk));
        Fake.Fail(FakeGcsOperation.PutChunk, FakeGcsFault.CutRequest(Chunk));
        var info = await Blobs.CommitAsync(Sample, Large, CancellationToken);
        Assert.That(
            (await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken)).AsSpan().SequenceEqual(Large), Is.True);
        Assert.That(Fake.Uploads.Begun, Is.EqualTo(1));
    }

    [Test]
    public async Task A_lost_session_is_restarted([Values(1, 3, 5)] int at)
    {
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        Fake.Faults = call =>
            call.Operation == FakeGcsOperation.PutChunk && call.Number == at ? FakeGcsFault.LoseSession : null;
        await AssertCommittedOnceAsync(Large);
        Assert.That(Fake.Uploads.Begun, Is.EqualTo(2));
    }

    [Test]
    public async Task A_session_lost_after_its_final_chunk_recognizes_its_own_object()
    {
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        Fake.Faults = static call => call switch
        {
            { Operation: FakeGcsOperation.PutChunk, Number: 5 } => FakeGcsFault.ResetAfter,
            { Operation: FakeGcsOperation.QuerySession } => FakeGcsFault.LoseSession,
            _ => null,
        };
        await AssertCommittedOnceAsync(Large);
    }

    [Test]
    public async Task A_complete_upload_whose_object_is_pending_is_queried_again()
    {
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        Fake.Faults = static call =>
            call is { Operation: FakeGcsOperation.PutChunk, Number: 5 } ? FakeGcsFault.Unfinished : null;
        await AssertCommittedOnceAsync(Large);
        Assert.That(
            (Fake.CountOf(FakeGcsOperation.PutChunk), Fake.CountOf(FakeGcsOperation.QuerySession)), Is.EqualTo((5, 1)));
    }

    [Test]
    public async Task An_upload_whose_object_never_appears_is_polled_with_pauses_and_fails()
    {
        await OpenAsync(static options =>
        {
            (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk);
            (options.TransferIdleSeconds, options.FirstPause) = (1, TimeSpan.FromMilliseconds(50));
        });
        Fake.Faults = static call =>
            call.Operation == FakeGcsOperation.QuerySession
                || call is { Operation: FakeGcsOperation.PutChunk, Number: 5 }
                ? FakeGcsFault.Unfinished
                : null;
        var fault = await CatchFaultAsync(() => Blobs.CommitAsync(Sample, Large, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
        Assert.That(Fake.CountOf(FakeGcsOperation.QuerySession), Is.InRange(1, 10));
    }

    [Test]
    public async Task Repeatedly_lost_sessions_end_in_failure()
    {
        await OpenAsync(
            static options =>
                (options.ChunkBytes, options.UploadBufferBytes, options.TransferIdleSeconds) = (Chunk, Chunk, 1));
        Fake.Faults = static call =>
            call.Operation == FakeGcsOperation.PutChunk && call.Number % 2 == 0 ? FakeGcsFault.LoseSession : null;
        var fault = await CatchFaultAsync(() => Blobs.CommitAsync(Sample, Large, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
        Assert.That(Fake.Bucket.Objects, Is.Empty);
    }

    [Test]
    public async Task A_persistent_fault_is_reported_and_publishes_nothing(
        [Values] bool isLarge, [Values(429, 503, 0)] int status)
    {
        await OpenAsync(
            static options =>
            {
                (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk);
                (options.TransferIdleSeconds, options.DeadlineSeconds) = (1, 1);
            });
        var fault = status == 0 ? FakeGcsFault.Hang : FakeGcsFault.Respond(status);
        Fake.Faults = call =>
            call.Operation is FakeGcsOperation.Insert or FakeGcsOperation.PutChunk && call.Number > (isLarge ? 2 : 0)
                ? fault
                : null;
        var reported =
            await CatchFaultAsync(() => Blobs.CommitAsync(Sample, isLarge ? Large : Small, CancellationToken));
        Assert.That(
            reported.Kind,
            Is.EqualTo(status == 429 ? StorageFault.Throttled : StorageFault.Unavailable),
            reported.Message);
        Assert.That(Fake.Bucket.Objects, Is.Empty);
        Assert.That(Directory.GetFiles(Storage.Staging), Is.Empty, "staged bytes are discarded with their writer");
    }

    [TestCaseSource(nameof(Transient))]
    public async Task A_touch_whose_first_attempt_fails_is_applied_once(FakeGcsFault fault)
    {
        var first = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Fake.Fail(FakeGcsOperation.Patch, fault);
        var second = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Assert.That(second.UploadedAt, Is.GreaterThan(first.UploadedAt));
        Assert.That(await Blobs.StatAsync(second.Key, CancellationToken), Is.EqualTo(second));
        Assert.That(Fake.Bucket.Objects.Single().Metageneration, Is.EqualTo(2));
    }

    [Test]
    public async Task An_existing_large_blob_is_not_uploaded_again()
    {
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        await Blobs.CommitAsync(Sample, Large, CancellationToken);
        var chunks = Fake.CountOf(FakeGcsOperation.PutChunk);
        await Blobs.CommitAsync(Sample, Large, CancellationToken);
        Assert.That(Fake.CountOf(FakeGcsOperation.PutChunk), Is.EqualTo(chunks));
    }

    [Test]
    public async Task A_commit_replaces_a_damaged_object([Values] bool isLarge)
    {
        if (isLarge)
            await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        var bytes = isLarge ? Large : Small;
        var info = await Blobs.CommitAsync(Sample, bytes, CancellationToken);
        using var other = new FakeGcsContent(Storage.Staging);
        await other.AppendAsync(bytes.Reverse().ToArray(), CancellationToken);
        Fake.Bucket.Damage(Fake.Bucket.Objects.Single().Name, one => one with { Content = other });
        var repaired = await Blobs.CommitAsync(Sample, bytes, CancellationToken);
        Assert.That(repaired.UploadedAt, Is.GreaterThan(info.UploadedAt));
        Assert.That(
            (await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken)).AsSpan().SequenceEqual(bytes), Is.True);
    }

    [Test]
    public async Task A_delete_without_a_response_is_unknown_for_a_gone_blob_and_refused_for_a_touched_one(
        [Values] bool isReset)
    {
        var info = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Fake.Fail(FakeGcsOperation.Delete, isReset ? FakeGcsFault.ResetAfter : FakeGcsFault.CloseAfter);
        var fault = await CatchFaultAsync(
            async () => await Blobs.TryDeleteAsync(info.Key, Precondition.Matches(info.Revision), CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
        Assert.That(await Blobs.StatAsync(info.Key, CancellationToken), Is.Null);

        info = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Fake.Fail(FakeGcsOperation.Delete, FakeGcsFault.ResetBefore);
        Assert.That(
            await Blobs.TryDeleteAsync(info.Key, Precondition.Matches(info.Revision), CancellationToken), Is.False);
    }

    [Test]
    public async Task Files_left_by_a_crash_are_reclaimed_and_foreign_files_are_kept()
    {
        var left = Path.Combine(Storage.Staging, Guid.NewGuid().ToString("n"));
        await File.WriteAllTextAsync(left, "left", CancellationToken);
        File.SetLastWriteTimeUtc(left, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-7));
        var foreign = Path.Combine(Storage.Staging, "notes.txt");
        await File.WriteAllTextAsync(foreign, "not ours", CancellationToken);
        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.FromHours(6), CancellationToken), Is.EqualTo(1));
        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
        Assert.That(Directory.GetFiles(Storage.Staging), Is.EqualTo(new[] { foreign }));
    }

    [Test]
    public async Task Unlocked_staged_files_are_reclaimed_at_any_age_and_live_uploads_stay()
    {
        await using var writer = await Blobs.CreateAsync(Sample, CancellationToken);
        await writer.WriteAsync(Small, CancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(Storage.Staging, Guid.NewGuid().ToString("n")), "left", CancellationToken);
        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.FromHours(6), CancellationToken), Is.EqualTo(1));
        var (info, _, _) = await writer.CommitAsync(StorageShortcuts.DigestOf(Small), null, CancellationToken);
        Assert.That(await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken), Is.EqualTo(Small));
    }

    [Test]
    public async Task Discarding_abandoned_uploads_never_affects_a_live_writer()
    {
        using var done = new CancellationTokenSource();
        var sweeping = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
                await Blobs.DiscardAbandonedAsync(TimeSpan.FromHours(6), CancellationToken);
        });
        try
        {
            for (var i = 0; i < 300; i++)
            {
                await using var writer = await Blobs.CreateAsync(Sample, CancellationToken);
                await writer.WriteAsync(Small, CancellationToken);
                Assert.That(Directory.GetFiles(Storage.Staging), Is.Not.Empty);
            }
        }
        finally
        {
            await done.CancelAsync();
        }

        await sweeping;
        Assert.That(Directory.GetFiles(Storage.Staging), Is.Empty);
    }

    [Test]
    public async Task A_deleted_staging_folder_is_recreated()
    {
        Directory.Delete(Storage.Staging, recursive: true);
        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
        await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Assert.That(Directory.GetFiles(Storage.Staging), Is.Empty);
    }

    private async Task AssertCommittedOnceAsync(byte[] bytes)
    {
        var info = await Blobs.CommitAsync(Sample, bytes, CancellationToken);
        Fake.Faults = null;
        Assert.That(await Blobs.StatAsync(info.Key, CancellationToken), Is.EqualTo(info));
        Assert.That(
            (await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken)).AsSpan().SequenceEqual(bytes), Is.True);
        Assert.That(
            Fake.Bucket.Objects.Single().Metageneration,
            Is.EqualTo(1),
            "its own object is not taken for another writer's");
        Assert.That(Directory.GetFiles(Storage.Staging), Is.Empty);
    }
}
