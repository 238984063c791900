using System.Globalization;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Redis;

/// <summary>Faults of staged uploads, touches and copies.</summary>
public sealed class RedisUploadTests : RedisTests
{
    private const int Large = 5_000_000;

    [Test]
    public async Task A_completion_whose_reply_is_lost_fails_and_counts_once()
    {
        await using var proxy = FaultyProxy.Before(Server.Port);
        var storage = Open($"127.0.0.1:{proxy.Port}");
        var upload = await storage.Uploads.BeginAsync(Sample, CancellationToken);
        await storage.Uploads.AppendBytesAsync(upload, 0, "first"u8.ToArray(), CancellationToken);
        proxy.DropResponseTo("the lost one");
        var fault = await CatchFaultAsync(
            async () => await storage.Uploads.TryAppendAsync(
                upload, 5, "the lost one"u8.ToArray(), CancellationToken));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable));
        Assert.That(proxy.Lost, Is.EqualTo(1));
        Assert.That(await storage.Uploads.LengthAsync(upload, CancellationToken), Is.EqualTo(17));
        Assert.That(
            await storage.Uploads.TryAppendAsync(upload, 5, "the lost one"u8.ToArray(), CancellationToken),
            Is.Null,
            "it was appended");
        await storage.Uploads.AppendBytesAsync(upload, 17, "!"u8.ToArray(), CancellationToken);
        Assert.That(
            await storage.Uploads.ReadAsync(upload, CancellationToken),
            Is.EqualTo("firstthe lost one!"u8.ToArray()));
    }

    [Test]
    public async Task A_chunk_whose_reply_is_lost_fails_the_append_and_leaves_the_upload()
    {
        await using var proxy = FaultyProxy.Before(Server.Port);
        var storage = Open($"127.0.0.1:{proxy.Port}");
        var upload = await storage.Uploads.BeginAsync(Sample, CancellationToken);
        var bytes = StorageShortcuts.Bytes(Large);
        await storage.Uploads.AppendBytesAsync(upload, 0, bytes, CancellationToken);
        proxy.DropResponseTo("registry:chunk:");
        Assert.That(
            (await CatchFaultAsync(
                async () => await storage.Uploads.TryAppendAsync(upload, Large, bytes, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Unavailable));
        Assert.That(proxy.Lost, Is.EqualTo(1));
        Assert.That(await storage.Uploads.LengthAsync(upload, CancellationToken), Is.EqualTo(Large));
        await storage.Uploads.AppendBytesAsync(upload, Large, bytes, CancellationToken);
        Assert.That(
            (await storage.Uploads.ReadAsync(upload, CancellationToken)).AsSpan()
                .SequenceEqual((byte[])[.. bytes, .. bytes]),
            Is.True);
        Assert.That(await storage.Uploads.DiscardIdleAsync(TimeSpan.Zero, CancellationToken), Is.EqualTo(1));
        Assert.That(await Server.CommandAsync("keys", "*"), Is.Empty);
    }

    [Test]
    public async Task A_touch_whose_reply_is_lost_fails_and_is_applied()
    {
        await using var proxy = FaultyProxy.Before(Server.Port);
        var storage = Open($"127.0.0.1:{proxy.Port}");
        var info = await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(10), CancellationToken);
        var touched = await storage.Blobs.TouchAsync(info.Key, null, CancellationToken);
        proxy.DropResponseTo(info.Key.Value);
        Assert.That(
            (await CatchFaultAsync(async () => await storage.Blobs.TouchAsync(info.Key, null, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Unavailable));
        Assert.That(proxy.Lost, Is.EqualTo(1));
        Assert.That(
            (await storage.Blobs.StatAsync(info.Key, CancellationToken))!.UploadedAt,
            Is.GreaterThan(touched!.Info.UploadedAt));
    }

    [Test]
    public async Task An_append_takes_one_script_and_an_upload_leaves_nothing_however_it_ends()
    {
        var storage = Open();
        var upload = await storage.Uploads.BeginAsync(Sample, CancellationToken);
        await storage.Uploads.AppendBytesAsync(upload, 0, StorageShortcuts.Bytes(1), CancellationToken);
        Assert.That(await Server.CommandAsync("config", "resetstat"), Is.EqualTo("OK"));
        await storage.Uploads.AppendBytesAsync(upload, 1, StorageShortcuts.Bytes(1024 * 1024), CancellationToken);
        Assert.That(await Server.CommandAsync("info", "commandstats"), Does.Contain("cmdstat_evalsha:calls=1,"));

        await using (var dropped = await storage.Uploads.AppendAsync(upload, 1024 * 1025, CancellationToken))
            Assert.That(dropped, Is.Null);
        await using (var dropped = await storage.Uploads.AppendAsync(upload, (1024 * 1024) + 1, CancellationToken))
            await dropped!.WriteAsync(StorageShortcuts.Bytes(Large), CancellationToken);
        Assert.That(
            (await Server.CommandAsync("keys", "registry:chunk:*")).Split('\n'), Has.Length.EqualTo(2));
        Assert.That(await storage.Uploads.DiscardAsync(upload, CancellationToken), Is.True);
        Assert.That(await Server.CommandAsync("keys", "*"), Is.Empty);

        upload = await storage.Uploads.BeginAsync(Sample, CancellationToken);
        await storage.Uploads.AppendBytesAsync(upload, 0, StorageShortcuts.Bytes(Large), CancellationToken);
        await using (var abandoned = await storage.Uploads.AppendAsync(upload, Large, CancellationToken))
        {
            await abandoned!.WriteAsync(StorageShortcuts.Bytes(Large), CancellationToken);
            Assert.That(await storage.Uploads.DiscardIdleAsync(TimeSpan.Zero, CancellationToken), Is.EqualTo(1));
            await abandoned.WriteAsync(StorageShortcuts.Bytes(Large), CancellationToken);
            Assert.That(await abandoned.CompleteAsync(CancellationToken), Is.Null);
        }

        await storage.Uploads.DiscardIdleAsync(TimeSpan.Zero, CancellationToken);
        Assert.That(await Server.CommandAsync("keys", "*"), Is.Empty);
    }

    [Test]
    public async Task A_damaged_upload_is_corrupt_and_never_absent_or_short()
    {
        var storage = Open();
        var upload = await storage.Uploads.BeginAsync(Sample, CancellationToken);
        await storage.Uploads.AppendBytesAsync(upload, 0, StorageShortcuts.Bytes(1000), CancellationToken);
        await storage.Uploads.AppendBytesAsync(upload, 1000, StorageShortcuts.Bytes(1000), CancellationToken);
        var record = $"registry:upload:{upload}";
        var append = (await Server.CommandAsync("hget", record, "1000")).Split(':')[0];
        Assert.That(await Server.CommandAsync("del", $"registry:chunk:{append}:0"), Is.EqualTo("1"));
        await AssertCorruptAsync(async () => await storage.Uploads.ReadAsync(upload, CancellationToken));
        await Server.CommandAsync("hdel", record, "0");
        await AssertCorruptAsync(async () => await storage.Uploads.OpenAsync(upload, CancellationToken));
        await Server.CommandAsync("hset", record, "length", "many");
        await AssertCorruptAsync(async () => await storage.Uploads.LengthAsync(upload, CancellationToken));
        await Server.CommandAsync("set", record, "text");
        await AssertCorruptAsync(async () => await storage.Uploads.LengthAsync(upload, CancellationToken));
    }

    [Test]
    public async Task A_completion_fails_if_a_staged_chunk_was_lost()
    {
        var storage = Open();
        var upload = await storage.Uploads.BeginAsync(Sample, CancellationToken);
        await using var writer = await storage.Uploads.AppendAsync(upload, 0, CancellationToken);
        await writer!.WriteAsync(StorageShortcuts.Bytes(Large), CancellationToken);
        string chunk;
        while ((chunk = (await Server.CommandAsync("keys", "registry:chunk:*:1")).Trim()).Length == 0)
            await Task.Delay(10, CancellationToken);
        await Server.CommandAsync("del", chunk);
        Assert.That(await writer.CompleteAsync(CancellationToken), Is.Null);
        Assert.That(await storage.Uploads.LengthAsync(upload, CancellationToken), Is.Zero);
    }

    [Test]
    public async Task Many_idle_uploads_are_discarded_in_batches()
    {
        var storage = Open();
        for (var i = 0; i < 600; i++)
            await storage.Uploads.BeginAsync(Sample, CancellationToken);
        Assert.That(await storage.Uploads.CountAsync(1000, CancellationToken), Is.EqualTo(600));
        Assert.That(await storage.Uploads.DiscardIdleAsync(TimeSpan.Zero, CancellationToken), Is.EqualTo(600));
        Assert.That(await Server.CommandAsync("keys", "*"), Is.Empty);
    }

    [Test]
    public async Task A_copy_stays_within_the_server_and_is_made_in_steps()
    {
        var storage = Open();
        var info = await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(4 * Large), CancellationToken);
        var other = StoreKey.Of("packages", "other");
        var small = await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(1), CancellationToken);
        await storage.Blobs.CopyAsync(small.Key, other, CancellationToken);
        Assert.That(await Server.CommandAsync("config", "resetstat"), Is.EqualTo("OK"));
        var copy = await storage.Blobs.CopyAsync(info.Key, other, CancellationToken);
        var stats = (await Server.CommandAsync("info", "stats")).Split('\n');
        Assert.That(Number("total_net_input_bytes:") + Number("total_net_output_bytes:"), Is.LessThan(100_000));

        // Touch, stage, three times eight chunks at most, commit.
        Assert.That(await Server.CommandAsync("info", "commandstats"), Does.Contain("cmdstat_evalsha:calls=6,"));
        Assert.That(
            StorageShortcuts.DigestOf(await storage.Blobs.ReadAsync(copy!.Info.Key, ByteRange.All, CancellationToken)),
            Is.EqualTo(info.Key.Digest));

        long Number(string name) => long.Parse(
            stats.Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..],
            CultureInfo.InvariantCulture);
    }

    [Test]
    public async Task A_copy_of_a_blob_without_a_chunk_fails_and_leaves_nothing()
    {
        var storage = Open();
        var info = await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(Large), CancellationToken);
        var upload = await Server.CommandAsync("hget", $"registry:blob:{info.Key.Value}", "upload");
        await Server.CommandAsync("setrange", $"registry:chunk:{upload}:4", "1000000", "longer");
        var other = StoreKey.Of("packages", "other");
        await CatchFaultAsync(async () => await storage.Blobs.CopyAsync(info.Key, other, CancellationToken));
        await Server.CommandAsync("del", $"registry:chunk:{upload}:3");
        await CatchFaultAsync(async () => await storage.Blobs.CopyAsync(info.Key, other, CancellationToken));
        Assert.That(await storage.Blobs.InfosAsync(other, ScopeDepth.Exact, null, CancellationToken), Is.Empty);
        Assert.That((await Server.CommandAsync("keys", "registry:chunk:*")).Split('\n'), Has.Length.EqualTo(4));
        Assert.That(await storage.Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken), Is.Zero);
    }

    [Test]
    public async Task The_documented_ACL_permits_uploads_touches_and_copies()
    {
        var rule = (await File.ReadAllLinesAsync(
            Path.Combine(RegistryProcess.Root, "Documentation", "storage", "redis.md"), CancellationToken))
            .Single(static line => line.StartsWith("redis-cli ACL SETUSER registry ", StringComparison.Ordinal));
        Assert.That(
            await Server.CommandAsync([.. rule.Split(' ').Skip(1).Select(static word => word.Trim('\''))]),
            Is.EqualTo("OK"));
        Assert.That(await Server.CommandAsync("ACL", "LOG", "RESET"), Is.EqualTo("OK"));
        var storage = Open($"{Server.Configuration},user=registry,password=PASSWORD");
        var upload = await storage.Uploads.BeginAsync(Sample, CancellationToken);
        await storage.Uploads.AppendBytesAsync(upload, 0, StorageShortcuts.Bytes(Large), CancellationToken);
        Assert.That(await storage.Uploads.ReadAsync(upload, CancellationToken), Has.Length.EqualTo(Large));
        await using (var dropped = await storage.Uploads.AppendAsync(upload, Large, CancellationToken))
            await dropped!.WriteAsync(StorageShortcuts.Bytes(Large), CancellationToken);
        Assert.That(await storage.Uploads.CountAsync(10, CancellationToken), Is.EqualTo(1));
        Assert.That(await storage.Uploads.DiscardAsync(upload, CancellationToken), Is.True);
        await storage.Uploads.BeginAsync(Sample, CancellationToken);
        Assert.That(await storage.Uploads.DiscardIdleAsync(TimeSpan.Zero, CancellationToken), Is.EqualTo(1));

        var info = await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(Large), CancellationToken);
        Assert.That(await storage.Blobs.TouchAsync(info.Key, null, CancellationToken), Is.Not.Null);
        Assert.That(
            await storage.Blobs.CopyAsync(info.Key, StoreKey.Of("packages", "other"), CancellationToken), Is.Not.Null);
        Assert.That(await Server.CommandAsync("ACL", "LOG"), Is.Empty);
    }

    private static async Task AssertCorruptAsync(Func<Task> call) =>
        Assert.That((await CatchFaultAsync(call)).Kind, Is.EqualTo(StorageFault.Corrupt));
}
