using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

/// <summary>Blobs on their way into the bucket: small ones in one request, large ones by a session.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.Self)]
public sealed class GcsCommitFaults : GcsFaults
{
    private const int Chunk = 256 * 1024;

    /// <summary>Four chunks and a bit.</summary>
    private static readonly byte[] Large = StorageShortcuts.Bytes((4 * Chunk) + 12_345);

    private static readonly byte[] Small = StorageShortcuts.Bytes(100_000);

    private static readonly FakeGcsFault[] Passing =
    [
        FakeGcsFault.Answer(429), FakeGcsFault.Answer(503), FakeGcsFault.AnswerAfter(503),
        FakeGcsFault.ResetBefore, FakeGcsFault.ResetAfter, FakeGcsFault.CutRequest(0),
    ];

    [TestCaseSource(nameof(Passing))]
    public async Task A_small_blob_is_committed_once_whatever_its_first_try_met(FakeGcsFault fault)
    {
        Fake.Fail(FakeGcsOperation.Insert, fault);
        await DemandCommittedOnceAsync(Small);
    }

    [Test]
    public async Task A_large_blob_is_committed_once_whatever_its_session_meets(
        [ValueSource(nameof(Passing))] FakeGcsFault fault, [Values(0, 1, 2, 5)] int step)
    {
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        var operation = step == 0 ? FakeGcsOperation.StartSession : FakeGcsOperation.PutChunk;
        Fake.Faults = call => call.Operation == operation && call.Number == Math.Max(step, 1) ? fault : null;
        await DemandCommittedOnceAsync(Large);
        if (step > 0)
            Assert.That(Fake.Uploads.Begun, Is.EqualTo(1), "the session was gone on with");
        Assert.That(Fake.CountOf(FakeGcsOperation.PutChunk), Is.AtMost(6), "no chunk that had arrived was sent again");
    }

    [Test]
    public async Task Every_request_of_an_upload_may_fail_once()
    {
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        var seen = 0;
        Fake.Faults = _ => (Interlocked.Increment(ref seen) % 2 == 1 ? Passing[seen / 2 % Passing.Length] : null);
        var info = await Blobs.CommitAsync(Sample, Large, CancellationToken);
        Fake.Faults = null;
        Assert.That(await Blobs.StatAsync(info.Key, CancellationToken), Is.EqualTo(info));
        Assert.That(
            (await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken)).AsSpan().SequenceEqual(Large), Is.True);
    }

    [Test]
    public async Task The_last_byte_that_got_no_answer_is_asked_for_and_not_touched_again()
    {
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        Fake.Faults = static call =>
            call is { Operation: FakeGcsOperation.PutChunk, Number: 5 } ? FakeGcsFault.ResetAfter : null;
        await Blobs.CommitAsync(Sample, Large, CancellationToken);
        Assert.That(Fake.CountOf(FakeGcsOperation.AskSession), Is.EqualTo(1));
        Assert.That(Fake.Bucket.Objects.Single().Metageneration, Is.EqualTo(1));
    }

    [Test]
    public async Task A_part_of_a_chunk_that_arrived_is_not_sent_again()
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
    public async Task A_session_that_is_lost_begins_anew([Values(1, 3, 5)] int at)
    {
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        Fake.Faults = call =>
            call.Operation == FakeGcsOperation.PutChunk && call.Number == at ? FakeGcsFault.LoseSession : null;
        await DemandCommittedOnceAsync(Large);
        Assert.That(Fake.Uploads.Begun, Is.EqualTo(2));
    }

    [Test]
    public async Task A_session_that_is_lost_with_the_answer_to_its_last_byte_knows_its_own_work()
    {
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        Fake.Faults = static call => call switch
        {
            { Operation: FakeGcsOperation.PutChunk, Number: 5 } => FakeGcsFault.ResetAfter,
            { Operation: FakeGcsOperation.AskSession } => FakeGcsFault.LoseSession,
            _ => null,
        };
        await DemandCommittedOnceAsync(Large);
    }

    [Test]
    public async Task An_upload_that_has_all_its_bytes_and_no_object_yet_is_asked_for_again()
    {
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        Fake.Faults = static call =>
            call is { Operation: FakeGcsOperation.PutChunk, Number: 5 } ? FakeGcsFault.Unfinished : null;
        await DemandCommittedOnceAsync(Large);
        Assert.That(
            (Fake.CountOf(FakeGcsOperation.PutChunk), Fake.CountOf(FakeGcsOperation.AskSession)), Is.EqualTo((5, 1)));
    }

    [Test]
    public async Task An_upload_that_never_gets_its_object_is_asked_for_with_pauses_and_given_up()
    {
        await OpenAsync(static options =>
        {
            (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk);
            (options.TransferIdleSeconds, options.FirstPause) = (1, TimeSpan.FromMilliseconds(50));
        });
        Fake.Faults = static call =>
            call.Operation == FakeGcsOperation.AskSession || call is { Operation: FakeGcsOperation.PutChunk, Number: 5 }
                ? FakeGcsFault.Unfinished
                : null;
        var fault = await FaultOf(() => Blobs.CommitAsync(Sample, Large, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
        Assert.That(Fake.CountOf(FakeGcsOperation.AskSession), Is.InRange(1, 10));
    }

    [Test]
    public async Task Sessions_that_are_lost_again_and_again_end()
    {
        await OpenAsync(
            static options =>
                (options.ChunkBytes, options.UploadBufferBytes, options.TransferIdleSeconds) = (Chunk, Chunk, 1));
        Fake.Faults = static call =>
            call.Operation == FakeGcsOperation.PutChunk && call.Number % 2 == 0 ? FakeGcsFault.LoseSession : null;
        var fault = await FaultOf(() => Blobs.CommitAsync(Sample, Large, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
        Assert.That(Fake.Bucket.Objects, Is.Empty);
    }

    [Test]
    public async Task A_fault_that_lasts_is_told_and_shows_nothing(
        [Values] bool isLarge, [Values(429, 503, 0)] int status)
    {
        await OpenAsync(
            static options =>
            {
                (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk);
                (options.TransferIdleSeconds, options.DeadlineSeconds) = (1, 1);
            });
        var fault = status == 0 ? FakeGcsFault.Hang : FakeGcsFault.Answer(status);
        Fake.Faults = call =>
            call.Operation is FakeGcsOperation.Insert or FakeGcsOperation.PutChunk && call.Number > (isLarge ? 2 : 0)
                ? fault
                : null;
        var told = await FaultOf(() => Blobs.CommitAsync(Sample, isLarge ? Large : Small, CancellationToken));
        Assert.That(
            told.Kind, Is.EqualTo(status == 429 ? StorageFault.Throttled : StorageFault.Unavailable), told.Message);
        Assert.That(Fake.Bucket.Objects, Is.Empty);
        Assert.That(Directory.GetFiles(Storage.Staging), Is.Empty, "what was staged is discarded with its writer");
    }

    [TestCaseSource(nameof(Passing))]
    public async Task A_touch_whose_first_try_fails_is_done_once(FakeGcsFault fault)
    {
        var first = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Fake.Fail(FakeGcsOperation.Patch, fault);
        var second = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Assert.That(second.UploadedAt, Is.GreaterThan(first.UploadedAt));
        Assert.That(await Blobs.StatAsync(second.Key, CancellationToken), Is.EqualTo(second));
        Assert.That(Fake.Bucket.Objects.Single().Metageneration, Is.EqualTo(2));
    }

    [Test]
    public async Task A_large_blob_that_is_there_is_not_sent_again()
    {
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        await Blobs.CommitAsync(Sample, Large, CancellationToken);
        var chunks = Fake.CountOf(FakeGcsOperation.PutChunk);
        await Blobs.CommitAsync(Sample, Large, CancellationToken);
        Assert.That(Fake.CountOf(FakeGcsOperation.PutChunk), Is.EqualTo(chunks));
    }

    [Test]
    public async Task A_commit_replaces_an_object_that_is_damaged([Values] bool isLarge)
    {
        if (isLarge)
            await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        var bytes = isLarge ? Large : Small;
        var info = await Blobs.CommitAsync(Sample, bytes, CancellationToken);
        using var other = new FakeGcsContent(Storage.Staging);
        await other.AppendAsync(bytes.Reverse().ToArray(), CancellationToken);
        Fake.Bucket.Damage(Fake.Bucket.Objects.Single().Name, one => one with { Content = other });
        var healed = await Blobs.CommitAsync(Sample, bytes, CancellationToken);
        Assert.That(healed.UploadedAt, Is.GreaterThan(info.UploadedAt));
        Assert.That(
            (await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken)).AsSpan().SequenceEqual(bytes), Is.True);
    }

    [Test]
    public async Task A_delete_without_an_answer_is_unknown_where_the_blob_is_gone_and_refused_where_it_was_touched()
    {
        var info = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Fake.Fail(FakeGcsOperation.Delete, FakeGcsFault.ResetAfter);
        var fault = await FaultOf(
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
    public async Task What_a_crash_left_is_reclaimed_and_what_is_not_ours_is_not()
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
    public async Task What_nobody_has_locked_is_reclaimed_whatever_its_age_and_a_live_upload_stays()
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
    public async Task A_sweep_at_any_moment_takes_nothing_from_a_live_writer()
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
                Assert.That(Directory.GetFiles(Storage.Staging), Has.Length.EqualTo(1));
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
    public async Task A_staging_folder_that_was_swept_away_is_made_again()
    {
        Directory.Delete(Storage.Staging, recursive: true);
        Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
        await Blobs.CommitAsync(Sample, Small, CancellationToken);
        Assert.That(Directory.GetFiles(Storage.Staging), Is.Empty);
    }

    private async Task DemandCommittedOnceAsync(byte[] bytes)
    {
        var info = await Blobs.CommitAsync(Sample, bytes, CancellationToken);
        Fake.Faults = null;
        Assert.That(await Blobs.StatAsync(info.Key, CancellationToken), Is.EqualTo(info));
        Assert.That(
            (await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken)).AsSpan().SequenceEqual(bytes), Is.True);
        Assert.That(
            Fake.Bucket.Objects.Single().Metageneration,
            Is.EqualTo(1),
            "its own object is not taken for somebody else's");
        Assert.That(Directory.GetFiles(Storage.Staging), Is.Empty);
    }
}
