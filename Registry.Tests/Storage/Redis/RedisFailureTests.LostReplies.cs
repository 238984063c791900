using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Redis;

/// <summary>Calls whose connection breaks before the reply.</summary>
public sealed partial class RedisFailureTests
{
    [Test]
    public async Task A_put_whose_reply_is_lost_fails_and_is_applied()
    {
        await using var proxy = FaultyProxy.Before(Server.Port);
        var storage = Open($"127.0.0.1:{proxy.Port}");
        var before = await storage.Documents.PutAsync(Sample, "before", Precondition.Absent, CancellationToken);
        proxy.DropResponseTo("the lost one");
        var fault = await CatchFaultAsync(
            async () =>
                await storage.Documents.TryPutAsync(
                    Sample, "the lost one", Precondition.Matches(before), CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
        Assert.That(proxy.Lost, Is.EqualTo(1));
        var after = await storage.Documents.GetAsync(Sample, CancellationToken);
        Assert.That(after!.Text(), Is.EqualTo("the lost one"));
        Assert.That(
            await storage.Documents.TryPutAsync(Sample, "again", Precondition.Matches(before), CancellationToken),
            Is.Null,
            "it was written once");
    }

    [Test]
    public async Task A_commit_whose_reply_is_lost_fails_and_leaves_a_complete_blob_and_nothing_staged(
        [Values(1000, 2_500_000)] int length)
    {
        await using var proxy = FaultyProxy.Before(Server.Port);
        var storage = Open($"127.0.0.1:{proxy.Port}");
        await LoadScriptsAsync(storage);
        var bytes = StorageShortcuts.Bytes(length);
        var key = new BlobKey(Sample, StorageShortcuts.DigestOf(bytes));
        proxy.DropResponseTo(key.Value);
        Assert.That(
            (await CatchFaultAsync(async () => await storage.Blobs.CommitAsync(Sample, bytes, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Unavailable));
        Assert.That(proxy.Lost, Is.EqualTo(1));
        Assert.That(
            StorageShortcuts.DigestOf(await storage.Blobs.ReadAsync(key, ByteRange.All, CancellationToken)),
            Is.EqualTo(key.Digest));
        Assert.That(await storage.Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
        Assert.That(
            StorageShortcuts.DigestOf(await storage.Blobs.ReadAsync(key, ByteRange.All, CancellationToken)),
            Is.EqualTo(key.Digest));
    }

    [Test]
    public async Task A_chunk_whose_reply_is_lost_fails_the_upload_and_publishes_nothing()
    {
        await using var proxy = FaultyProxy.Before(Server.Port);
        var storage = Open($"127.0.0.1:{proxy.Port}");
        await LoadScriptsAsync(storage);
        var bytes = StorageShortcuts.Bytes(2_500_000);
        proxy.DropResponseTo("registry:chunk:");
        Assert.That(
            (await CatchFaultAsync(async () => await storage.Blobs.CommitAsync(Sample, bytes, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Unavailable));
        Assert.That(proxy.Lost, Is.EqualTo(1));
        Assert.That(
            await storage.Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken), Is.Empty);
        Assert.That(await storage.Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.AtMost(1));
        Assert.That(await Server.CommandAsync("keys", "*"), Is.EqualTo("registry:revision"));
    }

    [Test]
    public async Task Broken_connections_lose_no_acknowledged_write_and_apply_none_twice()
    {
        await using var proxy = FaultyProxy.Before(Server.Port);
        var storage = Open($"127.0.0.1:{proxy.Port}");
        var acknowledged = 0;
        var unknown = 0;
        var text = "0";
        var revision = await storage.Documents.PutAsync(Sample, text, Precondition.Absent, CancellationToken);
        for (var i = 1; i <= 60; i++)
        {
            if (i % 6 == 0)
                proxy.ResetAll();
            if (i % 10 == 0)
                proxy.DropResponseTo($"value-{i}-");
            try
            {
                var put = await storage.Documents.TryPutAsync(
                    Sample, $"value-{i}-", Precondition.Matches(revision), CancellationToken);
                Assert.That(
                    put, Is.Not.Null, "there is no other writer: a failed precondition means a write applied twice");
                (revision, text) = (put!.Value, $"value-{i}-");
                acknowledged++;
            }
            catch (StorageException)
            {
                unknown++;
                var read = await storage.Documents.GetAsync(Sample, CancellationToken);
                Assert.That(read!.Text(), Is.EqualTo($"value-{i}-").Or.EqualTo(text));
                (revision, text) = (read!.Revision, read!.Text());
            }
        }

        Assert.That(unknown, Is.AtLeast(6), "the lost replies");
        Assert.That(acknowledged + unknown, Is.EqualTo(60));
    }
}
