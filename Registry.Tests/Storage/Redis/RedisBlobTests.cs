using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Redis;

public sealed class RedisBlobTests : RedisTests
{
    private const int Large = 5_000_000;

    [Test]
    public async Task A_deleted_blob_stays_readable_for_its_readers_until_it_is_reclaimed()
    {
        var storage = Open();
        var info = await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(Large), CancellationToken);
        await using var reader = await storage.Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
        Assert.That(await storage.Blobs.TryDeleteAsync(info.Key, Precondition.None, CancellationToken), Is.True);
        Assert.That(await storage.Blobs.DiscardAbandonedAsync(TimeSpan.FromHours(1), CancellationToken), Is.Zero);
        Assert.That(
            StorageShortcuts.DigestOf(await reader!.Content.ReadAllAsync(CancellationToken)),
            Is.EqualTo(info.Key.Digest));
    }

    [Test]
    public async Task A_delete_that_arrives_late_keeps_what_was_committed_meanwhile()
    {
        await using var proxy = FaultyProxy.Before(Server.Port);
        var slow = Open($"127.0.0.1:{proxy.Port}", deadlineSeconds: 1);
        var other = Open();
        await WaitUntilAvailableAsync(slow.Documents);
        var loading = await other.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(1), CancellationToken);
        await slow.Blobs.TryDeleteAsync(loading.Key, Precondition.None, CancellationToken);

        var info = await other.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(2), CancellationToken);
        var held = proxy.Hold("registry:dropped");
        var fault = await CatchFaultAsync(
            async () => await slow.Blobs.TryDeleteAsync(info.Key, Precondition.None, CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
        await other.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(2), CancellationToken);
        var executed = await ExecutedScriptsAsync();
        held.SetResult();
        while (await ExecutedScriptsAsync() == executed)
            await Task.Delay(20, CancellationToken);
        Assert.That(await other.Blobs.StatAsync(info.Key, CancellationToken), Is.Not.Null);
    }

    [Test]
    public async Task A_reader_whose_bytes_were_reclaimed_throws_and_never_ends_early()
    {
        var storage = Open();
        var info = await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(Large), CancellationToken);
        await using var reader = await storage.Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
        var start = new byte[1000];
        await reader!.Content.ReadExactlyAsync(start, CancellationToken);
        await storage.Blobs.TryDeleteAsync(info.Key, Precondition.None, CancellationToken);
        await storage.Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken);
        var fault = await CatchFaultAsync(async () => await reader.Content.ReadAllAsync(CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
        Assert.That(fault.Message, Does.Contain("deleted or replaced"));
    }

    [Test]
    public async Task A_blob_missing_a_chunk_or_byte_is_corrupt_until_its_bytes_are_committed_again()
    {
        var storage = Open();
        var info = await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(Large), CancellationToken);
        foreach (var chunk in (int[])[2, 4])
        {
            var upload = await Server.CommandAsync("hget", $"registry:blob:{info.Key.Value}", "upload");
            Assert.That(await Server.CommandAsync("del", $"registry:chunk:{upload}:{chunk}"), Is.EqualTo("1"));
            if (chunk == 4)
                await Server.CommandAsync("setrange", $"registry:chunk:{upload}:4", "1000", "short");
            var fault =
                await CatchFaultAsync(
                    async () => await storage.Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken));
            Assert.That(fault.Kind, Is.EqualTo(StorageFault.Corrupt));
            var before = await storage.Blobs.ReadAsync(info.Key, new ByteRange(0, 2_000_000), CancellationToken);
            Assert.That(
                before.AsSpan().SequenceEqual(StorageShortcuts.Bytes(Large).AsSpan(0, 2_000_000)),
                Is.True,
                "existing chunks are read");
            await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(Large), CancellationToken);
            Assert.That(
                StorageShortcuts.DigestOf(await storage.Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken)),
                Is.EqualTo(info.Key.Digest));
        }
    }

    [Test]
    public async Task Committing_a_blob_again_disturbs_no_reader_and_stores_no_second_copy()
    {
        var storage = Open();
        var info = await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(Large), CancellationToken);
        await using var reader = await storage.Blobs.OpenAsync(info.Key, ByteRange.All, CancellationToken);
        await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(Large), CancellationToken);
        Assert.That((await Server.CommandAsync("keys", "registry:chunk:*")).Split('\n'), Has.Length.EqualTo(5));
        await storage.Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken);
        Assert.That(
            StorageShortcuts.DigestOf(await reader!.Content.ReadAllAsync(CancellationToken)),
            Is.EqualTo(info.Key.Digest));
    }

    [Test]
    public async Task An_upload_leaves_nothing_in_memory_however_it_ends()
    {
        var storage = Open();
        await using (var discarded = await storage.Blobs.CreateAsync(Sample, CancellationToken))
            await discarded.WriteAsync(StorageShortcuts.Bytes(Large), CancellationToken);

        await using (var abandoned = await storage.Blobs.CreateAsync(Sample, CancellationToken))
        {
            await abandoned.WriteAsync(StorageShortcuts.Bytes(Large), CancellationToken);
            Assert.That(await storage.Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.EqualTo(1));
            Assert.That((await CatchFaultAsync(async () =>
            {
                await abandoned.WriteAsync(StorageShortcuts.Bytes(Large), CancellationToken);
                await abandoned.CommitAsync(StorageShortcuts.DigestOf([1]), null, CancellationToken);
            })).Kind, Is.EqualTo(StorageFault.Unavailable));
        }

        var info = await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(Large), CancellationToken);
        await storage.Blobs.TryDeleteAsync(info.Key, Precondition.None, CancellationToken);
        await storage.Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken);
        Assert.That(await Server.CommandAsync("keys", "*"), Is.EqualTo("registry:revision"));
    }

    [Test]
    public async Task A_blob_of_one_chunk_is_sent_with_its_commit_in_one_script()
    {
        var storage = Open();
        await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(1), CancellationToken);
        Assert.That(await Server.CommandAsync("config", "resetstat"), Is.EqualTo("OK"));
        await using var writer = await storage.Blobs.CreateAsync(Sample, CancellationToken);
        await writer.WriteAsync(StorageShortcuts.Bytes(1024 * 1024), CancellationToken);
        Assert.That(await Server.CommandAsync("info", "commandstats"), Does.Not.Contain("cmdstat_eval"));
        await writer.CommitAsync(
            StorageShortcuts.DigestOf(StorageShortcuts.Bytes(1024 * 1024)), null, CancellationToken);
        await writer.DisposeAsync();
        Assert.That(await Server.CommandAsync("info", "commandstats"), Does.Contain("cmdstat_evalsha:calls=1,"));
    }

    [Test]
    public async Task A_commit_fails_if_a_staged_chunk_was_lost()
    {
        var storage = Open();
        await using var writer = await storage.Blobs.CreateAsync(Sample, CancellationToken);
        await writer.WriteAsync(StorageShortcuts.Bytes(Large), CancellationToken);
        string chunk;
        while ((chunk = (await Server.CommandAsync("keys", "registry:chunk:*:1")).Trim()).Length == 0)
            await Task.Delay(10, CancellationToken);
        await Server.CommandAsync("del", chunk);
        await CatchFaultAsync(
            async () =>
                await writer.CommitAsync(
                    StorageShortcuts.DigestOf(StorageShortcuts.Bytes(Large)), null, CancellationToken));
        Assert.That(
            await storage.Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken), Is.Empty);
    }

    [Test]
    public async Task A_foreign_value_under_a_registry_key_is_corrupt_and_never_absent()
    {
        var storage = Open();
        await Server.CommandAsync("set", $"registry:document:{Sample.Value}", "text");
        Assert.That(
            (await CatchFaultAsync(async () => await storage.Documents.GetAsync(Sample, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Corrupt));
        Assert.That(
            (await CatchFaultAsync(
                async () =>
                    await storage.Documents.TryPutAsync(Sample, "x", Precondition.None, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Corrupt));

        var info = await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(10), CancellationToken);
        await Server.CommandAsync("hset", $"registry:blob:{info.Key.Value}", "uploaded", "never");
        Assert.That(
            (await CatchFaultAsync(async () => await storage.Blobs.StatAsync(info.Key, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Corrupt));
        Assert.That(
            (await CatchFaultAsync(
                async () => await storage.Blobs.InfosAsync(Sample, ScopeDepth.Exact, null, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Corrupt));

        await Server.CommandAsync("del", $"registry:blob:{info.Key.Value}");
        Assert.That(
            (await CatchFaultAsync(
                async () => await storage.Blobs.InfosAsync(Sample, ScopeDepth.Exact, null, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Corrupt));
    }

    /// <summary>Returns the line of the server's statistics that counts executed scripts.</summary>
    private async Task<string> ExecutedScriptsAsync() =>
        (await Server.CommandAsync("info", "commandstats"))
            .Split('\n')
            .Single(static line => line.StartsWith("cmdstat_evalsha:", StringComparison.Ordinal));
}
