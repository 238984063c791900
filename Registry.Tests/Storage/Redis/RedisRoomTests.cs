using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Redis;

public sealed class RedisRoomTests : RedisTests
{
    protected override string[] Settings => ["--maxmemory", "16mb"];

    [Test]
    public async Task A_full_server_reports_it_and_exposes_no_partial_blobs()
    {
        var storage = Open();
        var kept = await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(500_000), CancellationToken);
        var revision = await storage.Documents.PutAsync(Sample, "before", Precondition.Absent, CancellationToken);
        var large = StorageShortcuts.Bytes(24_000_000, 2);
        Assert.That(
            (await CatchFaultAsync(async () => await storage.Blobs.CommitAsync(Sample, large, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Full));
        Assert.That(
            await storage.Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken),
            Is.EqualTo(new[] { kept }));
        Assert.That(
            await storage.Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken),
            Is.Zero,
            "an upload that ran out of space frees its chunks");

        await Server.CommandAsync("config", "set", "maxmemory", "1mb");
        Assert.That(
            (await CatchFaultAsync(
                async () =>
                    await storage.Documents.TryPutAsync(
                        Sample, "longer than before", Precondition.Matches(revision), CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Full));
        Assert.That(
            (await CatchFaultAsync(
                async () =>
                    await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(10), CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Full));
        Assert.That(
            (await storage.Documents.GetAsync(Sample, CancellationToken))!.Revision,
            Is.EqualTo(revision),
            "existing documents are readable");
        Assert.That(
            await storage.Blobs.ReadAsync(kept.Key, ByteRange.All, CancellationToken),
            SameBytes.As(StorageShortcuts.Bytes(500_000)));
        Assert.That(
            await storage.Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_full_server_accepts_a_document_no_longer_than_the_one_it_replaces()
    {
        var storage = Open();
        var revision = await storage.Documents.PutAsync(Sample, "before", Precondition.Absent, CancellationToken);
        await Server.CommandAsync("config", "set", "maxmemory", "1mb");
        Assert.That(
            (await CatchFaultAsync(
                async () =>
                    await storage.Documents.TryPutAsync(
                        StoreKey.Of("packages", "sample", "new"), "", Precondition.None, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Full));
        var equal =
            await storage.Documents.TryPutAsync(Sample, "behind", Precondition.Matches(revision), CancellationToken);
        Assert.That(equal, Is.Not.Null.And.Not.EqualTo(revision));
        Assert.That(
            await storage.Documents.TryPutAsync(Sample, "lost", Precondition.Matches(revision), CancellationToken),
            Is.Null,
            "the precondition is evaluated first");
        Assert.That((await storage.Documents.GetAsync(Sample, CancellationToken))!.Text(), Is.EqualTo("behind"));
        Assert.That(
            await storage.Documents.TryPutAsync(Sample, "in", Precondition.Matches(equal!.Value), CancellationToken),
            Is.Not.Null);
        Assert.That((await storage.Documents.GetAsync(Sample, CancellationToken))!.Text(), Is.EqualTo("in"));
    }

    [Test]
    public async Task A_commit_on_a_full_server_changes_nothing()
    {
        var storage = Open();
        var old = await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(1000), CancellationToken);
        await using var same = await storage.Blobs.CreateAsync(Sample, CancellationToken);
        await same.WriteAsync(StorageShortcuts.Bytes(1000), CancellationToken);
        await using var other = await storage.Blobs.CreateAsync(Sample, CancellationToken);
        await other.WriteAsync(StorageShortcuts.Bytes(1_500_000, 3), CancellationToken);
        await Server.CommandAsync("config", "set", "maxmemory", "1mb");
        Assert.That(
            (await CatchFaultAsync(async () => await same.CommitAsync(old.Key.Digest, null, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Full));
        var digest = StorageShortcuts.DigestOf(StorageShortcuts.Bytes(1_500_000, 3));
        Assert.That(
            (await CatchFaultAsync(async () => await other.CommitAsync(digest, null, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Full));
        Assert.That(
            await storage.Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken),
            Is.EqualTo(new[] { old }));
    }

    [Test]
    public async Task A_full_server_refuses_appends_and_copies_and_discards_uploads()
    {
        var storage = Open();
        var upload = await storage.Uploads.BeginAsync(Sample, CancellationToken);
        var bytes = StorageShortcuts.Bytes(4_000_000);
        await storage.Uploads.AppendBytesAsync(upload, 0, bytes, CancellationToken);
        Assert.That(
            (await CatchFaultAsync(async () => await storage.Uploads.TryAppendAsync(
                upload, bytes.Length, StorageShortcuts.Bytes(24_000_000), CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Full));
        var blob = await storage.Blobs.CommitAsync(Sample, bytes, CancellationToken);
        await Server.CommandAsync("config", "set", "maxmemory", "1mb");
        Assert.That(
            (await CatchFaultAsync(async () => await storage.Blobs.CopyAsync(
                blob.Key, StoreKey.Of("packages", "other"), CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Full));
        foreach (var call in (Func<Task>[])
        [
            async () => await storage.Uploads.BeginAsync(Sample, CancellationToken),
            async () => await storage.Uploads.TryAppendAsync(upload, bytes.Length, new byte[10], CancellationToken),
            async () => await storage.Blobs.TouchAsync(blob.Key, null, CancellationToken),
        ])
            Assert.That((await CatchFaultAsync(call)).Kind, Is.EqualTo(StorageFault.Full));
        Assert.That(await storage.Uploads.CountAsync(10, CancellationToken), Is.EqualTo(1));
        Assert.That(await storage.Blobs.StatAsync(blob.Key, CancellationToken), Is.EqualTo(blob));
        Assert.That(
            (await storage.Uploads.ReadAsync(upload, CancellationToken)).AsSpan().SequenceEqual(bytes), Is.True);
        Assert.That(await storage.Uploads.DiscardAsync(upload, CancellationToken), Is.True);
        Assert.That((await Server.CommandAsync("keys", "registry:chunk:*")).Split('\n'), Has.Length.EqualTo(4));
        Assert.That(
            await storage.Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken),
            Is.EqualTo(new[] { blob }));
    }

    [Test]
    public async Task A_full_server_frees_deleted_blobs_and_then_accepts_writes()
    {
        var storage = Open();
        var info = await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(8_000_000), CancellationToken);
        var next = StorageShortcuts.Bytes(8_000_000, 2);
        Assert.That(
            (await CatchFaultAsync(async () => await storage.Blobs.CommitAsync(Sample, next, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Full));
        await Server.CommandAsync("config", "set", "maxmemory", "2mb");
        Assert.That(
            await storage.Blobs.TryDeleteAsync(info.Key, Precondition.Matches(info.Revision), CancellationToken),
            Is.True);
        await storage.Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken);
        await Server.CommandAsync("config", "set", "maxmemory", "16mb");

        // Memory is freed in the background, shortly after the reply.
        while ((await Server.CommandAsync("info", "memory")).Contains(
            "lazyfree_pending_objects:0", StringComparison.Ordinal) is false)
            await Task.Delay(10, CancellationToken);
        Assert.That((await storage.Blobs.CommitAsync(Sample, next, CancellationToken)).Length, Is.EqualTo(next.Length));
    }
}
