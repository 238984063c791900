using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Core.Telemetry;
using Registry.Storage.Gcs;
using Registry.Tests.Support;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

/// <summary>Staged uploads: an object without bytes for each, and one object for each append.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GcsUploadFaults : GcsTransferFaults
{
    [TestCaseSource(nameof(Transient))]
    public async Task An_upload_begins_once_despite_a_fault_of_its_first_attempt(FakeGcsFault fault)
    {
        Fake.Fail(FakeGcsOperation.Insert, fault);
        var upload = await Uploads.BeginAsync(Sample, CancellationToken);
        Assert.That(await Uploads.LengthAsync(upload, CancellationToken), Is.Zero);
        Assert.That(Fake.Bucket.Objects, Has.Count.EqualTo(1));
    }

    [TestCaseSource(nameof(Transient))]
    public async Task An_append_is_completed_once_despite_a_fault_of_its_first_attempt(FakeGcsFault fault)
    {
        var upload = await Uploads.BeginAsync(Sample, CancellationToken);
        Fake.Fail(FakeGcsOperation.Insert, fault);
        await Uploads.AppendBytesAsync(upload, 0, Small, CancellationToken);
        Assert.That(Fake.Bucket.Objects, Has.Count.EqualTo(2));
        Assert.That(await Uploads.ReadAsync(upload, CancellationToken), Is.EqualTo(Small));
    }

    [TestCaseSource(nameof(Transient))]
    public async Task A_large_append_is_completed_once_despite_a_fault_of_its_last_chunk(FakeGcsFault fault)
    {
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        var upload = await Uploads.BeginAsync(Sample, CancellationToken);
        await Uploads.AppendBytesAsync(upload, 0, Small, CancellationToken);
        Fake.Faults = call => call is { Operation: FakeGcsOperation.PutChunk, Number: 5 } ? fault : null;
        await Uploads.AppendBytesAsync(upload, Small.Length, Large, CancellationToken);
        Assert.That(Fake.Uploads.Begun, Is.EqualTo(1));
        Assert.That(
            (await Uploads.ReadAsync(upload, CancellationToken)).AsSpan().SequenceEqual([.. Small, .. Large]), Is.True);
    }

    [Test]
    public async Task An_append_that_another_overtook_during_a_failed_attempt_is_refused()
    {
        var upload = await Uploads.BeginAsync(Sample, CancellationToken);
        var other = StorageShortcuts.Bytes(10, 2);
        var content = new FakeGcsContent(Storage.Staging);
        await content.AppendAsync(other, CancellationToken);
        Fake.Faults = call =>
        {
            if (call.Operation != FakeGcsOperation.Insert)
                return null;
            Fake.Faults = null;
            Fake.Bucket.Place(call.Name, new FakeGcsConditions(0, null, null, null), [], content, null);
            return FakeGcsFault.ResetBefore;
        };
        Assert.That(await Uploads.TryAppendAsync(upload, 0, Small, CancellationToken), Is.Null);
        Assert.That(await Uploads.ReadAsync(upload, CancellationToken), Is.EqualTo(other));
    }

    [Test]
    public async Task An_append_to_an_upload_discarded_during_its_request_leaves_nothing()
    {
        var upload = await Uploads.BeginAsync(Sample, CancellationToken);
        await using var writer = (await Uploads.AppendAsync(upload, 0, CancellationToken))!;
        await writer.WriteAsync(Small, CancellationToken);
        Assert.That(await Uploads.DiscardAsync(upload, CancellationToken), Is.True);
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.ResetAfter);
        Assert.That(await writer.CompleteAsync(CancellationToken), Is.Null);
        Assert.That(Fake.Bucket.Objects, Is.Empty);
    }

    [Test]
    public async Task A_completion_cancelled_during_its_request_is_settled([Values] bool isLarge)
    {
        await OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));
        var upload = await Uploads.BeginAsync(Sample, CancellationToken);
        var bytes = isLarge ? Large : Small;
        await using var writer = (await Uploads.AppendAsync(upload, 0, CancellationToken))!;
        await writer.WriteAsync(bytes, CancellationToken);
        using var cancel = new CancellationTokenSource();
        Fake.Latency = TimeSpan.FromMilliseconds(100);
        Fake.Faults = call =>
        {
            if (call is { Operation: FakeGcsOperation.Insert, Number: 2 }
                or { Operation: FakeGcsOperation.PutChunk, Number: 5 })
                cancel.CancelAfter(TimeSpan.Zero);
            return null;
        };
        Assert.That(await writer.CompleteAsync(cancel.Token), Is.EqualTo(bytes.Length));
        Assert.That(cancel.IsCancellationRequested, Is.True);
        Assert.That(await Uploads.LengthAsync(upload, CancellationToken), Is.EqualTo(bytes.Length));
    }

    [Test]
    public async Task A_silent_service_fails_every_call_by_the_deadline()
    {
        var upload = await Uploads.BeginAsync(Sample, CancellationToken);
        await Uploads.AppendBytesAsync(upload, 0, Small, CancellationToken);
        var info = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        await OpenWithShortTimeoutsAsync();
        await using var content = (await Uploads.OpenAsync(upload, CancellationToken))!;
        await using var writer = (await Uploads.AppendAsync(upload, Small.Length, CancellationToken))!;
        await writer.WriteAsync(Small, CancellationToken);
        Fake.Faults = static _ => FakeGcsFault.Hang;
        Func<Task>[] calls =
        [
            () => Uploads.BeginAsync(Sample, CancellationToken).AsTask(),
            () => Uploads.LengthAsync(upload, CancellationToken).AsTask(),
            () => Uploads.AppendAsync(upload, Small.Length, CancellationToken).AsTask(),
            () => Uploads.OpenAsync(upload, CancellationToken).AsTask(),
            () => Uploads.DiscardAsync(upload, CancellationToken).AsTask(),
            () => Uploads.CountAsync(10, CancellationToken).AsTask(),
            () => Uploads.DiscardIdleAsync(TimeSpan.Zero, CancellationToken).AsTask(),
            () => content.ReadAllAsync(CancellationToken),
            () => writer.CompleteAsync(CancellationToken).AsTask(),
            () => Blobs.TouchAsync(info.Key, null, CancellationToken).AsTask(),
            () => Blobs.CopyAsync(info.Key, StoreKey.Of("packages", "other"), CancellationToken).AsTask(),
        ];
        var faults = await Task.WhenAll(calls.Select(CatchFaultAsync));
        Assert.That(faults.Select(static fault => fault.Kind), Is.All.EqualTo(StorageFault.Unavailable));
        Fake.Faults = null;
        Assert.That(await Uploads.ReadAsync(upload, CancellationToken), Is.EqualTo(Small));
    }

    [Test]
    public async Task A_missing_bucket_is_never_an_unknown_upload()
    {
        var upload = await Uploads.BeginAsync(Sample, CancellationToken);
        Fake.RemoveBucket();
        Func<Task>[] calls =
        [
            () => Uploads.LengthAsync(upload, CancellationToken).AsTask(),
            () => Uploads.AppendAsync(upload, 0, CancellationToken).AsTask(),
            () => Uploads.OpenAsync(upload, CancellationToken).AsTask(),
            () => Uploads.DiscardAsync(upload, CancellationToken).AsTask(),
            () => Uploads.CountAsync(10, CancellationToken).AsTask(),
        ];
        foreach (var call in calls)
            Assert.That((await CatchFaultAsync(call)).Kind, Is.EqualTo(StorageFault.Denied));
    }

    [Test]
    public async Task A_read_continues_where_its_connection_broke()
    {
        var upload = await Uploads.BeginAsync(Sample, CancellationToken);
        await Uploads.AppendBytesAsync(upload, 0, Small, CancellationToken);
        await Uploads.AppendBytesAsync(upload, Small.Length, Large, CancellationToken);
        Fake.Faults = static call => call is { Operation: FakeGcsOperation.GetMedia, Number: 1 or 2 }
            ? FakeGcsFault.CutResponse(20_000)
            : null;
        Assert.That(
            (await Uploads.ReadAsync(upload, CancellationToken)).AsSpan().SequenceEqual([.. Small, .. Large]), Is.True);
    }

    [Test]
    public async Task A_missing_append_throws_and_never_ends_the_stream_early([Values] bool before)
    {
        var upload = await Uploads.BeginAsync(Sample, CancellationToken);
        for (var i = 0; i < 3; i++)
            await Uploads.AppendBytesAsync(upload, i * 1000, Small.AsMemory(0, 1000), CancellationToken);
        var content = before ? null : await Uploads.OpenAsync(upload, CancellationToken);
        var lost = Fake.Bucket.Objects.Single(static one => one.Name.EndsWith("3e8", StringComparison.Ordinal));
        Fake.Bucket.Damage(lost.Name, static one => one with { Content = new FakeGcsContent("") });
        var fault = await CatchFaultAsync(
            async () => await (content ?? (await Uploads.OpenAsync(upload, CancellationToken))!).ReadAllAsync(
                CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Corrupt));
        await (content?.DisposeAsync() ?? default);
    }

    [Test]
    public async Task What_an_interrupted_discard_leaves_is_reclaimed_and_not_counted()
    {
        var upload = await Uploads.BeginAsync(Sample, CancellationToken);
        for (var i = 0; i < 3; i++)
            await Uploads.AppendBytesAsync(upload, i * 10, Small.AsMemory(0, 10), CancellationToken);
        await OpenWithShortTimeoutsAsync();
        Fake.Faults = static call =>
            call.Operation == FakeGcsOperation.Delete && call.Name.Contains("/parts/", StringComparison.Ordinal)
                ? FakeGcsFault.Respond(503)
                : null;
        await CatchFaultAsync(async () => await Uploads.DiscardAsync(upload, CancellationToken));
        Fake.Faults = null;
        Assert.That(await Uploads.LengthAsync(upload, CancellationToken), Is.Null);
        Assert.That(await Uploads.DiscardAsync(upload, CancellationToken), Is.False);
        Assert.That(Fake.Bucket.Objects, Has.Count.EqualTo(3));

        var alive = await Uploads.BeginAsync(Sample, CancellationToken);
        Assert.That(await Uploads.DiscardIdleAsync(TimeSpan.FromHours(1), CancellationToken), Is.Zero);
        Assert.That(Fake.Bucket.Objects, Has.Count.EqualTo(4), "not old enough");
        Assert.That(await Uploads.DiscardAsync(alive, CancellationToken), Is.True);
        Assert.That(await Uploads.DiscardIdleAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
        Assert.That(Fake.Bucket.Objects, Is.Empty);
    }

    [Test]
    public async Task A_discard_without_a_response_is_unknown_and_deletes_the_bytes()
    {
        var upload = await Uploads.BeginAsync(Sample, CancellationToken);
        await Uploads.AppendBytesAsync(upload, 0, Small, CancellationToken);
        Fake.Fail(FakeGcsOperation.Delete, FakeGcsFault.ResetAfter);
        var fault = await CatchFaultAsync(async () => await Uploads.DiscardAsync(upload, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
        Assert.That(Fake.Bucket.Objects, Is.Empty);
    }

    [Test]
    public async Task Idle_uploads_are_counted_and_reclaimed_without_reading_bytes()
    {
        Fake.Bucket.MaxPage = 2;
        for (var i = 0; i < 5; i++)
        {
            var upload = await Uploads.BeginAsync(Sample, CancellationToken);
            for (var part = 0; part < 3; part++)
                await Uploads.AppendBytesAsync(upload, part * 10, Small.AsMemory(0, 10), CancellationToken);
        }

        var lists = Fake.CountOf(FakeGcsOperation.List);
        Assert.That(await Uploads.CountAsync(3, CancellationToken), Is.EqualTo(3));
        Assert.That(Fake.CountOf(FakeGcsOperation.List) - lists, Is.EqualTo(2), "pages up to the limit");
        Assert.That(await Uploads.DiscardIdleAsync(TimeSpan.FromHours(1), CancellationToken), Is.Zero);
        Assert.That(await Uploads.DiscardIdleAsync(TimeSpan.Zero, CancellationToken), Is.EqualTo(5));
        Assert.That(Fake.CountOf(FakeGcsOperation.GetMedia), Is.Zero);
        Assert.That(Fake.Bucket.Objects, Is.Empty);
    }

    [Test]
    public async Task A_long_append_touches_its_upload_so_that_it_is_not_idle()
    {
        var options = Storage.NewOptions();
        var time = new ShiftedTime();
        using var service = new GcsService(options, time, NullLogger<GcsService>.Instance);
        var slow = new GcsUploadStore(
            new GcsClient(options, service, time, new StorageRetries()),
            new GcsNames(options.Prefix),
            new GcsStaging(options, time),
            Budgets.Ample(),
            GcsRefresh.For(TimeSpan.FromHours(6)));
        var upload = await slow.BeginAsync(Sample, CancellationToken);
        await using var writer = (await slow.AppendAsync(upload, 0, CancellationToken))!;
        await writer.WriteAsync(Small.AsMemory(0, 10), CancellationToken);
        Assert.That(Fake.CountOf(FakeGcsOperation.Patch), Is.Zero);

        Fake.Bucket.Age();
        time.Passed = TimeSpan.FromHours(1);
        await writer.WriteAsync(Small.AsMemory(10, 10), CancellationToken);
        await writer.WriteAsync(Small.AsMemory(20, 10), CancellationToken);
        Assert.That(Fake.CountOf(FakeGcsOperation.Patch), Is.EqualTo(1));
        Assert.That(await Uploads.DiscardIdleAsync(TimeSpan.FromHours(1), CancellationToken), Is.Zero);
        Assert.That(await writer.CompleteAsync(CancellationToken), Is.EqualTo(30));
    }

    [Test]
    public async Task The_files_of_appends_are_reclaimed_apart_from_those_of_blobs()
    {
        var upload = await Uploads.BeginAsync(Sample, CancellationToken);
        await using (var writer = (await Uploads.AppendAsync(upload, 0, CancellationToken))!)
        {
            await writer.WriteAsync(Small, CancellationToken);
            Assert.That(await Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
            Assert.That(await Uploads.DiscardIdleAsync(TimeSpan.FromHours(1), CancellationToken), Is.Zero);
            Assert.That(await writer.CompleteAsync(CancellationToken), Is.EqualTo(Small.Length));
        }

        var folder = Directory.GetDirectories(Storage.Staging).Single();
        Assert.That(Directory.GetFiles(folder), Is.Empty, "a writer deletes its file");
        var left = Path.Combine(folder, Guid.NewGuid().ToString("n"));
        await File.WriteAllTextAsync(left, "left by a crash", CancellationToken);
        Assert.That(await Uploads.DiscardIdleAsync(TimeSpan.FromHours(1), CancellationToken), Is.Zero);
        Assert.That(File.Exists(left), Is.False);
    }
}
