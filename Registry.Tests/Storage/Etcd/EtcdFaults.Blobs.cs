using Etcdserverpb;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Etcd;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Etcd;

/// <summary>Reads and uploads of blobs whose chunks are deleted, compacted or lost.</summary>
public sealed partial class EtcdFaults
{
    [Test]
    public async Task Reading_a_deleted_blob_completes_unless_its_revision_is_compacted([Values] bool compacted)
    {
        await StartAsync();
        var info = await blobs.CommitAsync(Sample, Large, cancellationToken);
        await using var reader = await blobs.OpenAsync(info.Key, ByteRange.All, cancellationToken);
        var start = new byte[1000];
        await reader!.Content.ReadExactlyAsync(start, cancellationToken);
        Assert.That(await blobs.TryDeleteAsync(info.Key, Precondition.None, cancellationToken), Is.True);
        if (compacted)
        {
            await server!.CompactAsync(cancellationToken);
            await AssertUnavailableAsync(() => reader.Content.ReadAllAsync(cancellationToken));
        }
        else
        {
            byte[] whole = [.. start, .. await reader.Content.ReadAllAsync(cancellationToken)];
            Assert.That(whole.AsSpan().SequenceEqual(Large), Is.True);
        }
    }

    [Test]
    public async Task Compaction_does_not_disturb_reading_an_existing_blob()
    {
        await StartAsync();
        var info = await blobs.CommitAsync(Sample, Large, cancellationToken);
        await using var reader = await blobs.OpenAsync(info.Key, ByteRange.All, cancellationToken);
        await documents.PutAsync(Sample, "later", Precondition.Absent, cancellationToken);
        await server!.CompactAsync(cancellationToken);
        Assert.That((await reader!.Content.ReadAllAsync(cancellationToken)).AsSpan().SequenceEqual(Large), Is.True);
    }

    [Test]
    public async Task A_lost_chunk_throws_and_never_ends_the_stream_early()
    {
        await StartAsync();
        var info = await blobs.CommitAsync(Sample, Large, cancellationToken);
        using var client = storage!.NewClient();
        var keys = new EtcdKeys(storage.Options.Prefix);
        var head = StoredHead.Parse(
            (await client.RangeAsync(new RangeRequest { Key = keys.Head(info.Key) }, cancellationToken)).Kvs[0]).Head;
        await client.WriteAsync(
            new TxnRequest { Success = { EtcdTxn.Delete(keys.Chunk(head.Upload, 3)) } },
            Repeat.Freely,
            cancellationToken);
        await AssertFaultAsync(StorageFault.Corrupt, () => blobs.ReadAsync(info.Key, ByteRange.All, cancellationToken));
    }

    [Test]
    public async Task Deleted_touched_and_discarded_blobs_leave_no_keys()
    {
        await StartAsync();
        foreach (var bytes in (byte[][])[Small, Large])
        {
            await blobs.CommitAsync(Sample, bytes, cancellationToken);
            var touched = await blobs.CommitAsync(Sample, bytes, cancellationToken);
            Assert.That(
                await blobs.TryDeleteAsync(touched.Key, Precondition.Matches(touched.Revision), cancellationToken),
                Is.True);
            await using var writer = await blobs.CreateAsync(Sample, cancellationToken);
            await writer.WriteAsync(bytes, cancellationToken);
        }

        using var client = storage!.NewClient();
        var all = new RangeRequest
        {
            Key = Bytes(storage.Options.Prefix),
            RangeEnd = Bytes(storage.Options.Prefix[..^1] + "0"),
            KeysOnly = true
        };
        Assert.That((await client.RangeAsync(all, cancellationToken)).Kvs, Is.Empty);
    }

    [Test]
    public async Task Writes_to_a_discarded_upload_fail()
    {
        await StartAsync();
        using var client = storage!.NewClient();
        var keys = new EtcdKeys(storage.Options.Prefix);
        using var uploads = new EtcdUploads(client, keys, storage.Time, Budgets.Ample());
        await uploads.BeginAsync("late", Small, cancellationToken);
        await uploads.StageAsync("late", 1, Small, cancellationToken);
        storage.Time.Shift = TimeSpan.FromHours(2);
        Assert.That(await blobs.DiscardAbandonedAsync(TimeSpan.FromHours(1), cancellationToken), Is.EqualTo(1));
        Assert.That(await uploads.StageAsync("late", 2, Small, cancellationToken), Is.False);
        Assert.That(await uploads.RefreshAsync("late", cancellationToken), Is.False);
        var commit = new BlobCommit(uploads, new BlobKey(Sample, StorageShortcuts.DigestOf(Small)), null);
        await AssertUnavailableAsync(() => commit.UploadAsync("late", 2 * Small.Length, cancellationToken));
        Assert.That(await blobs.InfosAsync(Sample, ScopeDepth.Subtree, null, cancellationToken), Is.Empty);
        Assert.That(
            (await client.RangeAsync(new RangeRequest { Key = keys.Chunk("late", 0) }, cancellationToken)).Kvs,
            Is.Empty);
    }
}
