using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

/// <summary>
/// App archives: no document refers to their blobs, so a commit that creates one again after an acknowledged delete
/// brings it back.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GcsArchiveFaults : GcsTransferFaults
{
    /// <summary>The number of the last chunk of <see cref="GcsTransferFaults.Large"/>.</summary>
    private const int LastChunk = 5;

    private static readonly StoreKey Workspace = StoreKey.Of("archives", "workspace");

    [Test]
    public async Task An_archive_deleted_after_its_upload_lost_the_response_is_not_created_again(
        [Values] bool isLookedUp)
    {
        Fake.Faults = call =>
        {
            if (call is { Operation: FakeGcsOperation.Insert, Number: 1 })
                return FakeGcsFault.ResetAfter;
            if (!isLookedUp || call.Operation == FakeGcsOperation.GetObject)
                DeleteArchive();
            return null;
        };
        await AssertOutcomeUnknownAsync(Small);
        Assert.That(Fake.Bucket.Objects, Is.Empty);
    }

    [Test]
    public async Task An_upload_whose_first_attempt_may_still_arrive_is_not_repeated()
    {
        await OpenWithShortTimeoutsAsync();
        Fake.Fail(FakeGcsOperation.Insert, FakeGcsFault.Hang);
        await AssertOutcomeUnknownAsync(Small);
        Assert.That(Fake.CountOf(FakeGcsOperation.Insert), Is.EqualTo(1));
    }

    [TestCaseSource(nameof(Transient))]
    public async Task An_archive_is_stored_if_it_is_there_after_an_attempt_without_a_response(FakeGcsFault fault)
    {
        Fake.Fail(FakeGcsOperation.Insert, fault);
        var isRefused = fault.Status == 429;
        if (isRefused || fault is { Applies: true, RequestBytes: null })
        {
            var committed = await Blobs.CommitBlobAsync(Workspace, Small, null, CancellationToken);
            Assert.That(committed.IsNew, Is.True);
            Assert.That(await Blobs.StatAsync(committed.Info.Key, CancellationToken), Is.EqualTo(committed.Info));
            Assert.That(Fake.CountOf(FakeGcsOperation.Patch), Is.Zero, "its own object is not taken for another's");
        }
        else
        {
            await AssertOutcomeUnknownAsync(Small);
            Assert.That(Fake.Bucket.Objects, Is.Empty);
        }

        Assert.That(Fake.CountOf(FakeGcsOperation.Insert), Is.EqualTo(isRefused ? 2 : 1));
    }

    [Test]
    public async Task An_archive_that_another_upload_created_meanwhile_is_touched()
    {
        var content = new FakeGcsContent(Storage.Staging);
        await content.AppendAsync(Small, CancellationToken);
        Fake.Faults = call =>
        {
            if (call.Operation != FakeGcsOperation.Insert)
                return null;
            Fake.Faults = null;
            Fake.Bucket.Place(call.Name, new FakeGcsConditions(0, null, null, null), [], content, null);
            return FakeGcsFault.ResetBefore;
        };
        var committed = await Blobs.CommitBlobAsync(Workspace, Small, null, CancellationToken);
        Assert.That(committed.IsNew, Is.False);
        Assert.That(Fake.Bucket.Objects.Single().Metageneration, Is.EqualTo(2));
    }

    [Test]
    public async Task An_archive_deleted_after_its_touch_lost_the_response_is_not_created_again()
    {
        await Blobs.CommitAsync(Workspace, Small, CancellationToken);
        Fake.Faults = call =>
        {
            if (call.Operation != FakeGcsOperation.Patch)
                return null;
            if (call.Number == 1)
                return FakeGcsFault.ResetAfter;
            DeleteArchive();
            return null;
        };
        await AssertOutcomeUnknownAsync(Small);
        Assert.That(Fake.Bucket.Objects, Is.Empty);
    }

    [Test]
    public async Task A_last_chunk_without_a_response_is_queried_in_its_session()
    {
        await OpenWithSmallChunksAsync();
        Fake.Faults = static call =>
            call is { Operation: FakeGcsOperation.PutChunk, Number: LastChunk } ? FakeGcsFault.ResetAfter : null;
        Assert.That((await Blobs.CommitBlobAsync(Workspace, Large, null, CancellationToken)).IsNew, Is.True);
        Assert.That(Fake.CountOf(FakeGcsOperation.QuerySession), Is.EqualTo(1));
    }

    [Test]
    public async Task A_session_lost_before_its_last_chunk_is_restarted([Values(1, LastChunk - 1)] int at)
    {
        await OpenWithSmallChunksAsync();
        Fake.Faults = call =>
            call.Operation == FakeGcsOperation.PutChunk && call.Number == at ? FakeGcsFault.LoseSession : null;
        Assert.That((await Blobs.CommitBlobAsync(Workspace, Large, null, CancellationToken)).IsNew, Is.True);
        Assert.That(Fake.Uploads.Begun, Is.EqualTo(2));
    }

    [Test]
    public async Task A_session_lost_after_its_last_chunk_is_not_restarted([Values] bool isDeleted)
    {
        await OpenWithSmallChunksAsync();
        Fake.Faults = call =>
        {
            if (call is { Operation: FakeGcsOperation.PutChunk, Number: LastChunk })
                return FakeGcsFault.ResetAfter;
            if (call.Operation != FakeGcsOperation.QuerySession)
                return null;
            if (isDeleted)
                DeleteArchive();
            return FakeGcsFault.LoseSession;
        };
        if (isDeleted)
            await AssertOutcomeUnknownAsync(Large);
        else
            Assert.That((await Blobs.CommitBlobAsync(Workspace, Large, null, CancellationToken)).IsNew, Is.True);
        Assert.That(Fake.Uploads.Begun, Is.EqualTo(1));
        Assert.That(Fake.Bucket.Objects, Has.Count.EqualTo(isDeleted ? 0 : 1));
    }

    [Test]
    public async Task A_session_lost_after_a_query_showed_that_only_its_last_chunk_was_missing_is_not_restarted()
    {
        await OpenWithSmallChunksAsync();
        Fake.Faults = call =>
        {
            // The last chunk but one arrives, so only the first query tells that the last one comes next.
            if (call is { Operation: FakeGcsOperation.PutChunk, Number: LastChunk - 1 or LastChunk })
                return FakeGcsFault.ResetAfter;
            if (call is not { Operation: FakeGcsOperation.QuerySession, Number: 2 })
                return null;
            DeleteArchive();
            return FakeGcsFault.LoseSession;
        };
        await AssertOutcomeUnknownAsync(Large);
        Assert.That((Fake.Uploads.Begun, Fake.Bucket.Objects.Count), Is.EqualTo((1, 0)));
    }

    private Task OpenWithSmallChunksAsync() =>
        OpenAsync(static options => (options.ChunkBytes, options.UploadBufferBytes) = (Chunk, Chunk));

    /// <summary>Deletes the archive if it exists, as another replica would.</summary>
    private void DeleteArchive()
    {
        foreach (var one in Fake.Bucket.Objects)
            Fake.Bucket.Remove(one.Name);
    }

    private async Task AssertOutcomeUnknownAsync(byte[] bytes)
    {
        var unknown = await CatchFaultAsync(() => Blobs.CommitAsync(Workspace, bytes, CancellationToken));
        Assert.That((unknown.Kind, unknown.ChangedNothing), Is.EqualTo((StorageFault.Unavailable, false)));
    }
}
