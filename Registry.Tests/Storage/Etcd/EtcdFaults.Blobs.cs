using Etcdserverpb;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Etcd;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Etcd;

/// <summary>Readers and uploads whose chunks are deleted, compacted or lost.</summary>
public sealed partial class EtcdFaults
{
    [Test]
    public async Task A_reader_whose_blob_is_deleted_finishes_as_long_as_the_past_is_there([Values] bool compacted)
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
            await DemandUnavailableAsync(() => reader.Content.ReadAllAsync(cancellationToken));
        }
        else
        {
            byte[] whole = [.. start, .. await reader.Content.ReadAllAsync(cancellationToken)];
            Assert.That(whole.AsSpan().SequenceEqual(Large), Is.True);
        }
    }

    [Test]
    public async Task A_reader_does_not_mind_a_compaction_of_what_is_still_there()
    {
        await StartAsync();
        var info = await blobs.CommitAsync(Sample, Large, cancellationToken);
        await using var reader = await blobs.OpenAsync(info.Key, ByteRange.All, cancellationToken);
        await documents.PutAsync(Sample, "later", Precondition.Absent, cancellationToken);
        await server!.CompactAsync(cancellationToken);
        Assert.That((await reader!.Content.ReadAllAsync(cancellationToken)).AsSpan().SequenceEqual(Large), Is.True);
    }

    [Test]
    public async Task A_chunk_that_is_lost_is_an_exception_and_never_an_early_end()
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
        await DemandAsync(StorageFault.Corrupt, () => blobs.ReadAsync(info.Key, ByteRange.All, cancellationToken));
    }

    [Test]
    public async Task Nothing_is_left_of_what_was_deleted_touched_or_discarded()
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
    public async Task Nothing_is_written_into_an_upload_that_was_discarded()
    {
        await StartAsync();
        using var client = storage!.NewClient();
        var keys = new EtcdKeys(storage.Options.Prefix);
        using var space = new EtcdUploads(client, keys, storage.Time, Budgets.Ample());
        await space.BeginAsync("late", Small, cancellationToken);
        await space.StageAsync("late", 1, Small, cancellationToken);
        storage.Time.Shift = TimeSpan.FromHours(2);
        Assert.That(await blobs.DiscardAbandonedAsync(TimeSpan.FromHours(1), cancellationToken), Is.EqualTo(1));
        await DemandUnavailableAsync(() => space.StageAsync("late", 2, Small, cancellationToken));
        await DemandUnavailableAsync(() => space.RefreshAsync("late", cancellationToken));
        var commit = new BlobCommit(space, new BlobKey(Sample, StorageShortcuts.DigestOf(Small)), null);
        await DemandUnavailableAsync(() => commit.UploadAsync("late", 2 * Small.Length, cancellationToken));
        Assert.That(await blobs.InfosAsync(Sample, ScopeDepth.Subtree, null, cancellationToken), Is.Empty);
        Assert.That(
            (await client.RangeAsync(new RangeRequest { Key = keys.Chunk("late", 0) }, cancellationToken)).Kvs,
            Is.Empty);
    }
}
