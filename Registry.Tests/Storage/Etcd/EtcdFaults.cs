using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Etcd;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Etcd;

/// <summary>Faults of an etcd server, each test on its own: crashes, freezes, lost responses, exceeded quota.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed partial class EtcdFaults : IAsyncDisposable
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");
    private static readonly byte[] Large = StorageShortcuts.Bytes(5 * 1024 * 1024);
    private static readonly byte[] Small = StorageShortcuts.Bytes(1000);

    /// <summary>Far above the deadline of a call: a call that takes longer hangs.</summary>
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(20);

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
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
    public async Task A_frozen_server_fails_every_call_by_the_deadline_and_serves_again_once_thawed()
    {
        await StartAsync();
        var info = await blobs.CommitAsync(Sample, Large, cancellationToken);
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        await using var reader = await blobs.OpenAsync(info.Key, ByteRange.All, cancellationToken);
        await using var writer = await blobs.CreateAsync(Sample, cancellationToken);
        await writer.WriteAsync(Large, cancellationToken);

        await server!.FreezeAsync();
        Func<Task>[] calls =
        [
            () => documents.GetAsync(Sample, cancellationToken).AsTask(),
            () => documents.TryPutAsync(Sample, "two", Precondition.None, cancellationToken).AsTask(),
            () => documents.TryDeleteAsync(Sample, Precondition.None, cancellationToken).AsTask(),
            () => documents.KeysAsync(StoreKeys.Packages, null, cancellationToken),
            () => blobs.StatAsync(info.Key, cancellationToken).AsTask(),
            () => blobs.CommitAsync(Sample, Small, cancellationToken),
            () => reader!.Content.ReadAllAsync(cancellationToken),
            () => writer.CommitAsync(info.Key.Digest, null, cancellationToken).AsTask(),
        ];
        await Task.WhenAll(calls.Select(AssertUnavailableAsync));
        await writer.DisposeAsync().AsTask().WaitAsync(HangTimeout, cancellationToken);

        await ThawAsync();
        Assert.That(
            (await blobs.ReadAsync(info.Key, ByteRange.All, cancellationToken)).AsSpan().SequenceEqual(Large), Is.True);
        await documents.PutAsync(Sample, "three", Precondition.None, cancellationToken);
        Assert.That((await documents.GetAsync(Sample, cancellationToken))!.Text(), Is.EqualTo("three"));
    }

    [Test]
    public async Task Acknowledged_writes_survive_a_crash_and_the_same_instance_continues()
    {
        await StartAsync();
        var info = await blobs.CommitAsync(Sample, Large, cancellationToken);
        var revision = await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        await using var writer = await blobs.CreateAsync(Sample, cancellationToken);
        await writer.WriteAsync(Large.AsMemory(0, 2_000_000), cancellationToken);

        await server!.KillAsync();
        await AssertUnavailableAsync(() => documents.GetAsync(Sample, cancellationToken).AsTask());
        await AssertUnavailableAsync(
            () => documents.TryPutAsync(Sample, "two", Precondition.None, cancellationToken).AsTask());
        await server.RestartAsync(cancellationToken);

        var document = await documents.GetAsync(Sample, cancellationToken);
        Assert.That(document!.Revision, Is.EqualTo(revision));
        Assert.That(await blobs.StatAsync(info.Key, cancellationToken), Is.EqualTo(info));
        Assert.That(
            (await blobs.ReadAsync(info.Key, ByteRange.All, cancellationToken)).AsSpan().SequenceEqual(Large), Is.True);
        await documents.PutAsync(Sample, "three", Precondition.Matches(revision), cancellationToken);
    }

    [Test]
    public async Task An_upload_interrupted_by_a_crash_is_complete_or_fails()
    {
        await StartAsync();
        for (var round = 0; round < 3; round++)
        {
            var bytes = StorageShortcuts.Bytes(Large.Length, round + 100);
            var key = new BlobKey(Sample, StorageShortcuts.DigestOf(bytes));
            await using var writer = await blobs.CreateAsync(Sample, cancellationToken);
            var uploading = Task.Run(
                async () =>
                {
                    for (var at = 0; at < bytes.Length; at += 100_000)
                        await writer.WriteAsync(
                            bytes.AsMemory(at, Math.Min(100_000, bytes.Length - at)), cancellationToken);
                    return await writer.CommitAsync(key.Digest, null, cancellationToken);
                },
                cancellationToken);
            await Task.Delay(10 * round, cancellationToken);
            await server!.KillAsync();
            await server.RestartAsync(cancellationToken);
            var succeeded = await TryAsync(() => uploading);
            var read = await blobs.ReadAsync(key, ByteRange.All, cancellationToken);
            Assert.That(read is null || read.AsSpan().SequenceEqual(bytes), Is.True);
            Assert.That(read is not null || !succeeded, Is.True, "an acknowledged blob exists");
        }

        await blobs.DiscardAbandonedAsync(TimeSpan.Zero, cancellationToken);
    }

    [Test]
    public async Task A_full_server_reports_it_exposes_no_partial_blobs_and_accepts_deletes()
    {
        await StartAsync("--quota-backend-bytes=16777216");
        await blobs.CommitAsync(Sample, Large, cancellationToken);
        await blobs.CommitAsync(Sample, Small, cancellationToken);
        var revision = await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        StorageException? full = null;
        for (var seed = 2; full is null; seed++)
        {
            try
            {
                await blobs.CommitAsync(Sample, StorageShortcuts.Bytes(Large.Length, seed), cancellationToken);
            }
            catch (StorageException exception)
            {
                full = exception;
            }
        }

        Assert.That(full.Kind, Is.EqualTo(StorageFault.Full), full.Message);
        await AssertFaultAsync(
            StorageFault.Full,
            () => documents.TryPutAsync(Sample, "two", Precondition.None, cancellationToken).AsTask());
        await AssertFaultAsync(
            StorageFault.Full, () => blobs.CommitAsync(Sample, StorageShortcuts.Bytes(100), cancellationToken));
        await AssertFaultAsync(
            StorageFault.Full,
            () =>
                new EtcdProbe(storage!.NewClient(), NullLogger<EtcdProbe>.Instance).ProbeAsync(cancellationToken)
                    .AsTask());
        foreach (var info in await blobs.InfosAsync(Sample, ScopeDepth.Exact, null, cancellationToken))
            Assert.That(
                StorageShortcuts.DigestOf(await blobs.ReadAsync(info.Key, ByteRange.All, cancellationToken)),
                Is.EqualTo(info.Key.Digest),
                "a listed blob is complete");

        // Deletes free space only after a compaction.
        Assert.That(
            await blobs.DiscardAbandonedAsync(TimeSpan.Zero, cancellationToken),
            Is.Zero,
            "a failed writer has discarded its upload");
        Assert.That(await documents.TryDeleteAsync(Sample, Precondition.Matches(revision), cancellationToken), Is.True);
        foreach (var info in await blobs.InfosAsync(Sample, ScopeDepth.Exact, null, cancellationToken))
            Assert.That(
                await blobs.TryDeleteAsync(info.Key, Precondition.Matches(info.Revision), cancellationToken), Is.True);
        await server!.ReclaimSpaceAsync(cancellationToken);
        await blobs.CommitAsync(Sample, Large, cancellationToken);
        await documents.PutAsync(Sample, "three", Precondition.Absent, cancellationToken);
    }

    private static Google.Protobuf.ByteString Bytes(string text) =>
        Google.Protobuf.ByteString.CopyFrom(text, Encoding.ASCII);

    /// <summary>Thaws the server and waits until it has caught up, which takes long on a slow disk.</summary>
    private async Task ThawAsync()
    {
        await server!.ThawAsync();
        await server.AskAsync("/v3/kv/range", new { key = "AA==" }, cancellationToken);
    }

    private async Task StartAsync(params string[] settings)
    {
        server = await EtcdServer.StartAsync(cancellationToken, settings);
        storage = new EtcdUnderTest(server);
        (documents, blobs, _) = await storage.OpenAsync();
    }

    /// <summary>
    /// Commits while no response arrives, cuts the connection once the blob exists, then disposes of the writer.
    /// </summary>
    private async Task AssertCommittedOnceAsync(
        CuttingProxy proxy, byte[] bytes, Func<Digest, Task> commit, Func<Task> dispose)
    {
        var key = new BlobKey(Sample, StorageShortcuts.DigestOf(bytes));
        proxy.DropsResponses = true;
        var committing = commit(key.Digest);
        var info = await WaitForAsync(async () => await blobs.StatAsync(key, cancellationToken));
        await proxy.CutAsync();
        await AssertUnavailableAsync(() => committing);
        await dispose();
        Assert.That(await blobs.DiscardAbandonedAsync(TimeSpan.Zero, cancellationToken), Is.Zero);
        Assert.That(
            await blobs.StatAsync(key, cancellationToken), Is.EqualTo(info), "neither written twice nor rolled back");
        Assert.That(
            (await blobs.ReadAsync(key, ByteRange.All, cancellationToken)).AsSpan().SequenceEqual(bytes), Is.True);
    }

    private Task AssertUnavailableAsync(Func<Task> call) => AssertFaultAsync(StorageFault.Unavailable, call);

    private async Task AssertFaultAsync(StorageFault kind, Func<Task> call) =>
        await Assert.ThatAsync(
            () => call().WaitAsync(HangTimeout, cancellationToken),
            Throws.InstanceOf<StorageException>().With.Property("Kind").EqualTo(kind));

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

    private async Task<T> WaitForAsync<T>(Func<Task<T?>> find)
        where T : class
    {
        while (true)
        {
            if (await find() is { } seen)
                return seen;
            await Task.Delay(10, cancellationToken);
        }
    }
}
