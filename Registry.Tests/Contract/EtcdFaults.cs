using System.Text;
using Etcdserverpb;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Etcd;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

/// <summary>What an etcd suffers, each time one of the test's own: crashes, silence, lost answers, a lack of room.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.Self)]
public sealed class EtcdFaults : IAsyncDisposable
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");
    private static readonly byte[] Large = StorageShortcuts.Bytes(5 * 1024 * 1024);
    private static readonly byte[] Small = StorageShortcuts.Bytes(1000);

    /// <summary>Far above the deadline of a call: what takes longer than this hangs.</summary>
    private static readonly TimeSpan Hangs = TimeSpan.FromSeconds(20);

    private readonly CancellationToken ct = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
    private EtcdServer? server;
    private EtcdUnderTest? storage;
    private IDocumentStore documents = null!;
    private IBlobStore blobs = null!;

    public async ValueTask DisposeAsync()
    {
        await (storage?.DisposeAsync() ?? default);
        await (server?.DisposeAsync() ?? default);
    }

    [Test]
    public async Task A_frozen_server_fails_every_call_by_the_deadline_and_serves_again_when_it_wakes()
    {
        await StartAsync();
        var info = await blobs.CommitAsync(Sample, Large, ct);
        await documents.PutAsync(Sample, "one", Precondition.Absent, ct);
        await using var reader = await blobs.OpenAsync(info.Key, ByteRange.All, ct);
        await using var writer = await blobs.CreateAsync(Sample, ct);
        await writer.WriteAsync(Large, ct);

        await server!.FreezeAsync();
        await DemandUnavailableAsync(() => documents.GetAsync(Sample, ct).AsTask());
        await DemandUnavailableAsync(() => documents.TryPutAsync(Sample, "two", Precondition.None, ct).AsTask());
        await DemandUnavailableAsync(() => documents.TryDeleteAsync(Sample, Precondition.None, ct).AsTask());
        await DemandUnavailableAsync(() => documents.KeysAsync(StoreKeys.Packages, null, ct));
        await DemandUnavailableAsync(() => blobs.StatAsync(info.Key, ct).AsTask());
        await DemandUnavailableAsync(() => blobs.CommitAsync(Sample, Small, ct));
        await DemandUnavailableAsync(() => reader!.Content.ReadAllAsync(ct));
        await DemandUnavailableAsync(() => writer.CommitAsync(info.Key.Digest, null, ct).AsTask());
        await writer.DisposeAsync().AsTask().WaitAsync(Hangs, ct);

        await server.ThawAsync();
        Assert.That((await blobs.ReadAsync(info.Key, ByteRange.All, ct)).AsSpan().SequenceEqual(Large), Is.True);
        await documents.PutAsync(Sample, "three", Precondition.None, ct);
        Assert.That((await documents.GetAsync(Sample, ct))!.Text(), Is.EqualTo("three"));
    }

    [Test]
    public async Task What_was_acknowledged_is_there_after_a_crash_and_the_same_instance_goes_on()
    {
        await StartAsync();
        var info = await blobs.CommitAsync(Sample, Large, ct);
        var revision = await documents.PutAsync(Sample, "one", Precondition.Absent, ct);
        await using var writer = await blobs.CreateAsync(Sample, ct);
        await writer.WriteAsync(Large.AsMemory(0, 2_000_000), ct);

        await server!.KillAsync();
        await DemandUnavailableAsync(() => documents.GetAsync(Sample, ct).AsTask());
        await DemandUnavailableAsync(() => documents.TryPutAsync(Sample, "two", Precondition.None, ct).AsTask());
        await server.StartAgainAsync(ct);

        var document = await documents.GetAsync(Sample, ct);
        Assert.That(document!.Revision, Is.EqualTo(revision));
        Assert.That(await blobs.StatAsync(info.Key, ct), Is.EqualTo(info));
        Assert.That((await blobs.ReadAsync(info.Key, ByteRange.All, ct)).AsSpan().SequenceEqual(Large), Is.True);
        await documents.PutAsync(Sample, "three", Precondition.Matches(revision), ct);
    }

    [Test]
    public async Task An_upload_that_meets_a_crash_is_whole_or_fails()
    {
        await StartAsync();
        for (var round = 0; round < 3; round++)
        {
            var bytes = StorageShortcuts.Bytes(Large.Length, round + 100);
            var key = new BlobKey(Sample, StorageShortcuts.DigestOf(bytes));
            await using var writer = await blobs.CreateAsync(Sample, ct);
            var uploading = Task.Run(
                async () =>
                {
                    for (var at = 0; at < bytes.Length; at += 100_000)
                        await writer.WriteAsync(bytes.AsMemory(at, Math.Min(100_000, bytes.Length - at)), ct);
                    return await writer.CommitAsync(key.Digest, null, ct);
                },
                ct);
            await Task.Delay(10 * round, ct);
            await server!.KillAsync();
            await server.StartAgainAsync(ct);
            var there = await TryAsync(() => uploading);
            var read = await blobs.ReadAsync(key, ByteRange.All, ct);
            Assert.That(read is null || read.AsSpan().SequenceEqual(bytes), Is.True);
            Assert.That(read is not null || !there, Is.True, "what was acknowledged is there");
        }

        await blobs.DiscardAbandonedAsync(TimeSpan.Zero, ct);
    }

    [Test]
    public async Task A_write_whose_answer_was_lost_is_a_failure_and_is_never_sent_again()
    {
        await StartAsync();
        await using var proxy = new CuttingProxy(server!.Port);
        await using var cut = new EtcdUnderTest(server, $"http://127.0.0.1:{proxy.Port}");
        cut.Options.Prefix = storage!.Options.Prefix;
        var (cutDocuments, cutBlobs, _) = await cut.OpenAsync();

        proxy.SwallowsAnswers = true;
        var putting = cutDocuments.TryPutAsync(Sample, "one", Precondition.None, ct).AsTask();
        var revision = (await UntilAsync(async () => await documents.GetAsync(Sample, ct))).Revision;
        await proxy.CutAsync();
        await DemandUnavailableAsync(() => putting);
        Assert.That((await documents.GetAsync(Sample, ct))!.Revision, Is.EqualTo(revision), "it was written once");
        Assert.That((await cutDocuments.GetAsync(Sample, ct))!.Revision, Is.EqualTo(revision), "the next call finds a connection");

        await using var writer = await cutBlobs.CreateAsync(Sample, ct);
        await writer.WriteAsync(Small, ct);
        await DemandCommittedOnceAsync(proxy, Small, digest => writer.CommitAsync(digest, null, ct).AsTask(), () => writer.DisposeAsync().AsTask());
    }

    [Test]
    public async Task An_upload_whose_commit_was_not_answered_is_not_taken_back()
    {
        await StartAsync();
        await using var proxy = new CuttingProxy(server!.Port);
        await using var cut = new EtcdUnderTest(server, $"http://127.0.0.1:{proxy.Port}");
        var keys = new EtcdKeys(storage!.Options.Prefix);
        using var client = cut.NewClient();
        using var space = new UploadSpace(client, keys, cut.Time, Budgets.Ample());
        await space.BeginAsync("upload", Large.AsMemory(0, UploadSpace.ChunkBytes), ct);
        await space.StageAsync("upload", 1, Small, ct);
        byte[] whole = [.. Large.AsSpan(0, UploadSpace.ChunkBytes), .. Small];
        await DemandCommittedOnceAsync(
            proxy,
            whole,
            digest => new BlobCommit(space, new BlobKey(Sample, digest), null).UploadAsync("upload", whole.Length, ct),
            () => space.DiscardAsync("upload", ct));
    }

    [Test]
    public async Task A_full_server_says_so_shows_nothing_half_and_lets_itself_be_emptied()
    {
        await StartAsync("--quota-backend-bytes=16777216");
        await blobs.CommitAsync(Sample, Large, ct);
        await blobs.CommitAsync(Sample, Small, ct);
        var revision = await documents.PutAsync(Sample, "one", Precondition.Absent, ct);
        StorageException? full = null;
        for (var seed = 2; full is null; seed++)
        {
            try
            {
                await blobs.CommitAsync(Sample, StorageShortcuts.Bytes(Large.Length, seed), ct);
            }
            catch (StorageException fault)
            {
                full = fault;
            }
        }

        Assert.That(full.Kind, Is.EqualTo(StorageFault.Full), full.Message);
        await DemandAsync(StorageFault.Full, () => documents.TryPutAsync(Sample, "two", Precondition.None, ct).AsTask());
        await DemandAsync(StorageFault.Full, () => blobs.CommitAsync(Sample, StorageShortcuts.Bytes(100), ct));
        await DemandAsync(StorageFault.Full, () => new EtcdProbe(storage!.NewClient(), NullLogger<EtcdProbe>.Instance).ProbeAsync(ct).AsTask());
        foreach (var info in await blobs.InfosAsync(Sample, ScopeDepth.Exact, null, ct))
            Assert.That(StorageShortcuts.DigestOf(await blobs.ReadAsync(info.Key, ByteRange.All, ct)), Is.EqualTo(info.Key.Digest), "what is listed is whole");

        // What is deleted makes room once the past is gone.
        Assert.That(await blobs.DiscardAbandonedAsync(TimeSpan.Zero, ct), Is.Zero, "a failed writer has discarded its upload");
        Assert.That(await documents.TryDeleteAsync(Sample, Precondition.Matches(revision), ct), Is.True);
        foreach (var info in await blobs.InfosAsync(Sample, ScopeDepth.Exact, null, ct))
            Assert.That(await blobs.TryDeleteAsync(info.Key, Precondition.Matches(info.Revision), ct), Is.True);
        await server!.MakeRoomAsync(ct);
        await blobs.CommitAsync(Sample, Large, ct);
        await documents.PutAsync(Sample, "three", Precondition.Absent, ct);
    }

    [Test]
    public async Task A_reader_whose_blob_is_deleted_finishes_as_long_as_the_past_is_there([Values] bool compacted)
    {
        await StartAsync();
        var info = await blobs.CommitAsync(Sample, Large, ct);
        await using var reader = await blobs.OpenAsync(info.Key, ByteRange.All, ct);
        var start = new byte[1000];
        await reader!.Content.ReadExactlyAsync(start, ct);
        Assert.That(await blobs.TryDeleteAsync(info.Key, Precondition.None, ct), Is.True);
        if (compacted)
        {
            await server!.CompactAsync(ct);
            await DemandUnavailableAsync(() => reader.Content.ReadAllAsync(ct));
        }
        else
        {
            byte[] whole = [.. start, .. await reader.Content.ReadAllAsync(ct)];
            Assert.That(whole.AsSpan().SequenceEqual(Large), Is.True);
        }
    }

    [Test]
    public async Task A_reader_does_not_mind_a_compaction_of_what_is_still_there()
    {
        await StartAsync();
        var info = await blobs.CommitAsync(Sample, Large, ct);
        await using var reader = await blobs.OpenAsync(info.Key, ByteRange.All, ct);
        await documents.PutAsync(Sample, "later", Precondition.Absent, ct);
        await server!.CompactAsync(ct);
        Assert.That((await reader!.Content.ReadAllAsync(ct)).AsSpan().SequenceEqual(Large), Is.True);
    }

    [Test]
    public async Task A_chunk_that_is_lost_is_an_exception_and_never_an_early_end()
    {
        await StartAsync();
        var info = await blobs.CommitAsync(Sample, Large, ct);
        using var client = storage!.NewClient();
        var keys = new EtcdKeys(storage.Options.Prefix);
        var head = StoredHead.Parse((await client.RangeAsync(new RangeRequest { Key = keys.Head(info.Key) }, ct)).Kvs[0]).Head;
        await client.WriteAsync(new TxnRequest { Success = { EtcdTxn.Delete(keys.Chunk(head.Upload, 3)) } }, Repeat.Freely, ct);
        await DemandAsync(StorageFault.Corrupt, () => blobs.ReadAsync(info.Key, ByteRange.All, ct));
    }

    [Test]
    public async Task Nothing_is_left_of_what_was_deleted_touched_or_discarded()
    {
        await StartAsync();
        foreach (var bytes in (byte[][])[Small, Large])
        {
            await blobs.CommitAsync(Sample, bytes, ct);
            var touched = await blobs.CommitAsync(Sample, bytes, ct);
            Assert.That(await blobs.TryDeleteAsync(touched.Key, Precondition.Matches(touched.Revision), ct), Is.True);
            await using var writer = await blobs.CreateAsync(Sample, ct);
            await writer.WriteAsync(bytes, ct);
        }

        using var client = storage!.NewClient();
        var all = new RangeRequest { Key = Bytes(storage.Options.Prefix), RangeEnd = Bytes(storage.Options.Prefix[..^1] + "0"), KeysOnly = true };
        Assert.That((await client.RangeAsync(all, ct)).Kvs, Is.Empty);
    }

    [Test]
    public async Task Nothing_is_written_into_an_upload_that_was_discarded()
    {
        await StartAsync();
        using var client = storage!.NewClient();
        var keys = new EtcdKeys(storage.Options.Prefix);
        using var space = new UploadSpace(client, keys, storage.Time, Budgets.Ample());
        await space.BeginAsync("late", Small, ct);
        await space.StageAsync("late", 1, Small, ct);
        storage.Time.Shift = TimeSpan.FromHours(2);
        Assert.That(await blobs.DiscardAbandonedAsync(TimeSpan.FromHours(1), ct), Is.EqualTo(1));
        await DemandUnavailableAsync(() => space.StageAsync("late", 2, Small, ct));
        await DemandUnavailableAsync(() => space.RefreshAsync("late", ct));
        var commit = new BlobCommit(space, new BlobKey(Sample, StorageShortcuts.DigestOf(Small)), null);
        await DemandUnavailableAsync(() => commit.UploadAsync("late", 2 * Small.Length, ct));
        Assert.That(await blobs.InfosAsync(Sample, ScopeDepth.Subtree, null, ct), Is.Empty);
        Assert.That((await client.RangeAsync(new RangeRequest { Key = keys.Chunk("late", 0) }, ct)).Kvs, Is.Empty);
    }

    private static Google.Protobuf.ByteString Bytes(string text) => Google.Protobuf.ByteString.CopyFrom(text, Encoding.ASCII);

    private async Task StartAsync(params string[] settings)
    {
        server = await EtcdServer.StartAsync(ct, settings);
        storage = new EtcdUnderTest(server);
        storage.Options.TimeoutSeconds = 2;
        (documents, blobs, _) = await storage.OpenAsync();
    }

    /// <summary>Commits while no answer comes back, cuts the connection once the blob is there, then disposes of the writer.</summary>
    private async Task DemandCommittedOnceAsync(CuttingProxy proxy, byte[] bytes, Func<Digest, Task> commit, Func<Task> dispose)
    {
        var key = new BlobKey(Sample, StorageShortcuts.DigestOf(bytes));
        proxy.SwallowsAnswers = true;
        var committing = commit(key.Digest);
        var info = await UntilAsync(async () => await blobs.StatAsync(key, ct));
        await proxy.CutAsync();
        await DemandUnavailableAsync(() => committing);
        await dispose();
        Assert.That(await blobs.DiscardAbandonedAsync(TimeSpan.Zero, ct), Is.Zero);
        Assert.That(await blobs.StatAsync(key, ct), Is.EqualTo(info), "neither written twice nor taken back");
        Assert.That((await blobs.ReadAsync(key, ByteRange.All, ct)).AsSpan().SequenceEqual(bytes), Is.True);
    }

    private Task DemandUnavailableAsync(Func<Task> call) => DemandAsync(StorageFault.Unavailable, call);

    private async Task DemandAsync(StorageFault kind, Func<Task> call) =>
        await Assert.ThatAsync(() => call().WaitAsync(Hangs, ct), Throws.InstanceOf<StorageException>().With.Property("Kind").EqualTo(kind));

    private static async Task<bool> TryAsync<T>(Func<Task<T>> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (StorageException)
        {
            return false;
        }
    }

    private async Task<T> UntilAsync<T>(Func<Task<T?>> look)
        where T : class
    {
        while (true)
        {
            if (await look() is { } seen)
                return seen;
            await Task.Delay(10, ct);
        }
    }
}
