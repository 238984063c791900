using Etcdserverpb;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Etcd;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Etcd;

/// <summary>Staged uploads.</summary>
public sealed partial class EtcdFaults
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    public async Task An_append_whose_completion_got_no_response_is_completed_once([Values] bool isStaged)
    {
        var uploads = await StartUploadsAsync();
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        await using var proxy = new CuttingProxy(server!.Port);
        await using var cut = new EtcdUnderTest(server, $"http://127.0.0.1:{proxy.Port}");
        using var client = cut.NewClient();
        var keys = new EtcdKeys(storage!.Options.Prefix);
        using var space = new EtcdUploads(client, keys, cut.Time, Budgets.Ample());
        var append = new EtcdAppend(space, upload, await HeadAsync(client, keys, upload));
        byte[] bytes = isStaged ? [.. Large.AsSpan(0, EtcdUploads.ChunkBytes), .. Small] : Small;
        if (isStaged)
        {
            Assert.That(await append.MarkAsync(cancellationToken), Is.True);
            Assert.That(
                await append.StageAsync(0, Large.AsMemory(0, EtcdUploads.ChunkBytes), cancellationToken), Is.True);
        }

        proxy.DropsResponses = true;
        var completing = append.CompleteAsync(isStaged ? 1 : 0, Small, bytes.Length, cancellationToken);
        while (await uploads.LengthAsync(upload, cancellationToken) == 0)
            await Task.Delay(10, cancellationToken);
        await proxy.CutAsync();
        await AssertUnavailableAsync(() => completing);
        await append.DiscardAsync(cancellationToken);

        Assert.That(await uploads.LengthAsync(upload, cancellationToken), Is.EqualTo(bytes.Length));
        Assert.That(await ReadAsync(uploads, upload), SameBytes.As(bytes), "not rolled back");
        Assert.That(await uploads.AppendAsync(upload, 0, cancellationToken), Is.Null);
        Assert.That(await uploads.DiscardAsync(upload, cancellationToken), Is.True);
        Assert.That(await StoredAsync(), Is.Empty);
    }

    [Test]
    public async Task A_frozen_server_fails_every_call_of_an_upload_by_the_deadline()
    {
        var uploads = await StartUploadsAsync();
        var info = await blobs.CommitAsync(Sample, Large, cancellationToken);
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        Assert.That(await AppendAsync(uploads, upload, 0, Large), Is.EqualTo(Large.Length));
        await using var content = (await uploads.OpenAsync(upload, cancellationToken))!;
        await using var writer = (await uploads.AppendAsync(upload, Large.Length, cancellationToken))!;
        await writer.WriteAsync(Large, cancellationToken);

        await server!.FreezeAsync();
        Func<Task>[] calls =
        [
            () => uploads.BeginAsync(Sample, cancellationToken).AsTask(),
            () => uploads.LengthAsync(upload, cancellationToken).AsTask(),
            () => uploads.AppendAsync(upload, Large.Length, cancellationToken).AsTask(),
            () => uploads.OpenAsync(upload, cancellationToken).AsTask(),
            () => uploads.CountAsync(10, cancellationToken).AsTask(),
            () => uploads.DiscardIdleAsync(Hour, cancellationToken).AsTask(),
            () => content.ReadAllAsync(cancellationToken),
            () => writer.CompleteAsync(cancellationToken).AsTask(),
            () => blobs.TouchAsync(info.Key, null, cancellationToken).AsTask(),
            () => blobs.CopyAsync(info.Key, Other, cancellationToken).AsTask(),
        ];
        await Task.WhenAll(calls.Select(AssertUnavailableAsync));
        await writer.DisposeAsync().AsTask().WaitAsync(HangTimeout, cancellationToken);

        // The server may still carry out what it received, so the outcome of the append shows only now.
        await ThawAsync();
        var length = await uploads.LengthAsync(upload, cancellationToken);
        Assert.That(length, Is.EqualTo(Large.Length).Or.EqualTo(2 * Large.Length));
        byte[] expected = [.. Large, .. Large];
        Assert.That(
            (await ReadAsync(uploads, upload)).AsSpan().SequenceEqual(expected.AsSpan(0, (int)length!)), Is.True);
    }

    [Test]
    public async Task Completed_appends_survive_a_crash_and_an_interrupted_one_is_not_part_of_the_length()
    {
        var uploads = await StartUploadsAsync();
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        await AppendAsync(uploads, upload, 0, Large);
        await using var writer = (await uploads.AppendAsync(upload, Large.Length, cancellationToken))!;
        await writer.WriteAsync(Large, cancellationToken);

        await server!.KillAsync();
        await AssertUnavailableAsync(() => writer.CompleteAsync(cancellationToken).AsTask());
        await writer.DisposeAsync();
        await server.RestartAsync(cancellationToken);

        Assert.That(await uploads.LengthAsync(upload, cancellationToken), Is.EqualTo(Large.Length));
        await AppendAsync(uploads, upload, Large.Length, Small);
        Assert.That(
            (await ReadAsync(uploads, upload)).AsSpan().SequenceEqual([.. Large, .. Small]), Is.True);
    }

    [Test]
    public async Task An_overtaken_append_writes_nothing_more_and_leaves_nothing()
    {
        var uploads = await StartUploadsAsync();
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        var empty = await StoredAsync();
        await using (var slow = (await uploads.AppendAsync(upload, 0, cancellationToken))!)
        {
            await slow.WriteAsync(Large.AsMemory(0, 3 * EtcdUploads.ChunkBytes), cancellationToken);
            await AppendAsync(uploads, upload, 0, Small);
            await slow.WriteAsync(Large, cancellationToken);
            Assert.That(await slow.CompleteAsync(cancellationToken), Is.Null);
        }

        Assert.That(await StoredAsync(), Has.Count.EqualTo(empty.Count + 2), "a part and a chunk");
        Assert.That(await ReadAsync(uploads, upload), Is.EqualTo(Small));
    }

    [Test]
    public async Task A_chunk_that_arrives_after_the_end_of_its_append_is_refused()
    {
        var uploads = await StartUploadsAsync();
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        using var client = storage!.NewClient();
        var keys = new EtcdKeys(storage.Options.Prefix);
        using var space = new EtcdUploads(client, keys, storage.Time, Budgets.Ample());
        var head = await HeadAsync(client, keys, upload);
        EtcdAppend[] appends = [.. Enumerable.Range(0, 3).Select(_ => new EtcdAppend(space, upload, head))];
        var (discarded, completed) = (appends[0], appends[1]);
        foreach (var append in appends)
            Assert.That(await append.MarkAsync(cancellationToken), Is.True);
        await discarded.DiscardAsync(cancellationToken);
        await AssertUnavailableAsync(() => discarded.StageAsync(0, Small, cancellationToken));
        await AssertUnavailableAsync(() => discarded.CompleteAsync(0, Small, Small.Length, cancellationToken));

        Assert.That(
            await completed.CompleteAsync(0, Small, Small.Length, cancellationToken), Is.EqualTo(Small.Length));
        var stored = await StoredAsync();
        foreach (var append in appends)
        {
            Assert.That(await append.StageAsync(1, Small, cancellationToken), Is.False);
            Assert.That(await append.MarkAsync(cancellationToken), Is.False);
            Assert.That(await append.CompleteAsync(1, Small, Small.Length, cancellationToken), Is.Null);
        }

        Assert.That(await StoredAsync(), Is.EqualTo(stored));
    }

    [Test]
    public async Task An_append_in_progress_keeps_its_idle_upload()
    {
        var uploads = await StartUploadsAsync();
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        storage!.Time.Shift = 2 * Hour;
        await using var writer = (await uploads.AppendAsync(upload, 0, cancellationToken))!;
        await writer.WriteAsync(Large.AsMemory(0, EtcdUploads.ChunkBytes + 1), cancellationToken);
        Assert.That(await uploads.DiscardIdleAsync(Hour, cancellationToken), Is.Zero);
        Assert.That(await writer.CompleteAsync(cancellationToken), Is.EqualTo(EtcdUploads.ChunkBytes + 1));
        Assert.That(await uploads.DiscardIdleAsync(Hour, cancellationToken), Is.Zero);
        storage.Time.Shift = 4 * Hour;
        Assert.That(await uploads.DiscardIdleAsync(Hour, cancellationToken), Is.EqualTo(1));
        Assert.That(await StoredAsync(), Is.Empty);
    }

    [Test]
    public async Task The_chunks_of_an_abandoned_append_are_reclaimed_and_its_upload_stays()
    {
        var uploads = await StartUploadsAsync();
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        var abandoned = (await uploads.AppendAsync(upload, 0, cancellationToken))!;
        await abandoned.WriteAsync(Large, cancellationToken);
        storage!.Time.Shift = 2 * Hour;
        await AppendAsync(uploads, upload, 0, Small);
        Assert.That(await StoredAsync(), Has.Count.GreaterThan(3));
        Assert.That(await uploads.DiscardIdleAsync(Hour, cancellationToken), Is.Zero);
        Assert.That(await StoredAsync(), Has.Count.EqualTo(3), "head, part and chunk");
        Assert.That(await ReadAsync(uploads, upload), Is.EqualTo(Small));
        await abandoned.DisposeAsync();
    }

    [Test]
    public async Task A_lost_chunk_of_an_upload_throws_and_never_ends_the_stream_early()
    {
        var uploads = await StartUploadsAsync();
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        await AppendAsync(uploads, upload, 0, Large);
        using var client = storage!.NewClient();
        var chunk = (await StoredAsync()).First(static key => key.EndsWith("/00000003", StringComparison.Ordinal));
        await client.WriteAsync(
            new TxnRequest { Success = { EtcdTxn.Delete(Bytes(chunk)) } }, Repeat.Freely, cancellationToken);
        await AssertFaultAsync(StorageFault.Corrupt, () => ReadAsync(uploads, upload));
    }

    [Test]
    public async Task A_full_server_refuses_appends_and_accepts_discards()
    {
        var uploads = await StartUploadsAsync("--quota-backend-bytes=16777216");
        var upload = await uploads.BeginAsync(Sample, cancellationToken);
        var other = await uploads.BeginAsync(Sample, cancellationToken);
        await AppendAsync(uploads, other, 0, Small);
        long length = 0;
        StorageException? full = null;
        while (full is null)
        {
            try
            {
                length = await AppendAsync(uploads, upload, length, Large);
            }
            catch (StorageException exception)
            {
                full = exception;
            }
        }

        Assert.That(full.Kind, Is.EqualTo(StorageFault.Full), full.Message);
        await AssertFaultAsync(StorageFault.Full, () => AppendAsync(uploads, upload, length, Small));
        Assert.That(await uploads.LengthAsync(upload, cancellationToken), Is.EqualTo(length));
        Assert.That((await ReadAsync(uploads, upload))!.Length, Is.EqualTo(length));
        Assert.That(await uploads.DiscardAsync(upload, cancellationToken), Is.True);
        Assert.That(await uploads.DiscardIdleAsync(TimeSpan.Zero, cancellationToken), Is.EqualTo(1));
        Assert.That(await StoredAsync(), Is.Empty);
        await server!.ReclaimSpaceAsync(cancellationToken);
        upload = await uploads.BeginAsync(Sample, cancellationToken);
        Assert.That(await AppendAsync(uploads, upload, 0, Large), Is.EqualTo(Large.Length));
    }

    [Test]
    public async Task A_copy_of_a_damaged_blob_is_refused()
    {
        await StartAsync();
        var info = await blobs.CommitAsync(Sample, Small, cancellationToken);
        using var client = storage!.NewClient();
        var keys = new EtcdKeys(storage.Options.Prefix);
        var damaged = Google.Protobuf.ByteString.CopyFrom([.. Small.Reverse()]);
        await client.WriteAsync(
            new TxnRequest { Success = { EtcdTxn.Put(keys.Content(info.Key), damaged) } },
            Repeat.Freely,
            cancellationToken);
        await AssertFaultAsync(
            StorageFault.Corrupt, () => blobs.CopyAsync(info.Key, Other, cancellationToken).AsTask());
        Assert.That(await blobs.InfosAsync(Other, ScopeDepth.Subtree, null, cancellationToken), Is.Empty);
    }

    private static StoreKey Other => StoreKey.Of("packages", "sample", "other");

    private async Task<IUploadStore> StartUploadsAsync(params string[] settings)
    {
        await StartAsync(settings);
        return (await storage!.OpenAsync()).Uploads;
    }

    private Task<long> AppendAsync(IUploadStore uploads, UploadKey upload, long offset, byte[] bytes) =>
        uploads.AppendBytesAsync(upload, offset, bytes, cancellationToken);

    private Task<byte[]?> ReadAsync(IUploadStore uploads, UploadKey upload) =>
        uploads.ReadAsync(upload, cancellationToken);

    private async Task<StoredUpload> HeadAsync(EtcdClient client, EtcdKeys keys, UploadKey upload) =>
        StoredUpload.Parse(
            (await client.RangeAsync(new RangeRequest { Key = keys.Upload(upload) }, cancellationToken)).Kvs[0]);

    /// <summary>Returns every key below the prefix.</summary>
    private async Task<List<string>> StoredAsync()
    {
        using var client = storage!.NewClient();
        var all = new RangeRequest
        {
            Key = Bytes(storage.Options.Prefix),
            RangeEnd = Bytes(storage.Options.Prefix[..^1] + "0"),
            KeysOnly = true
        };
        var found = await client.RangeAsync(all, cancellationToken);
        return [.. found.Kvs.Select(static entry => entry.Key.ToStringUtf8())];
    }
}
