using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Storage;

/// <summary>The fault injection that other tests rely on fails exactly where configured.</summary>
public sealed class StorageFaultsTests
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");
    private static readonly CancellationToken CancellationToken = CancellationToken.None;
    private static readonly byte[] Small = StorageShortcuts.Bytes(1_000);

    private readonly InMemoryStorage storage = new();
    private readonly StorageFaults faults = new();

    private FaultyDocumentStore Documents => new(storage.Documents, faults);

    private FaultyBlobStore Blobs => new(storage.Blobs, faults);

    [SetUp]
    public void ResetFaults() => faults.Clear();

    [Test]
    public async Task A_fault_before_a_write_prevents_it()
    {
        var key = StoreKey.Of("packages", "before");
        faults.Before = call => FailAt(call, StorageOperation.PutDocument, key.Value);
        await Assert.ThrowsAsync<StorageException>(
            async () => await Documents.TryPutAsync(key, "x", Precondition.Absent, CancellationToken));
        Assert.That(await storage.Documents.GetAsync(key, CancellationToken), Is.Null);
    }

    [Test]
    public async Task A_fault_after_a_write_loses_the_response_but_not_the_write()
    {
        var key = StoreKey.Of("packages", "after");
        faults.After = call => FailAt(call, StorageOperation.PutDocument, key.Value);
        await Assert.ThrowsAsync<StorageException>(
            async () => await Documents.TryPutAsync(key, "x", Precondition.Absent, CancellationToken));
        Assert.That((await Documents.GetAsync(key, CancellationToken))!.Text(), Is.EqualTo("x"));

        faults.After = call => FailAt(call, StorageOperation.DeleteDocument, key.Value);
        await Assert.ThrowsAsync<StorageException>(
            async () => await Documents.TryDeleteAsync(key, Precondition.None, CancellationToken));
        Assert.That(await Documents.GetAsync(key, CancellationToken), Is.Null);
    }

    [Test]
    public async Task A_commit_can_fail_before_or_after_it_is_applied()
    {
        faults.Before = call => FailAt(call, StorageOperation.CommitBlob, Sample.Value);
        await Assert.ThrowsAsync<StorageException>(() => Blobs.CommitAsync(Sample, Small, CancellationToken));
        var key = new BlobKey(Sample, StorageShortcuts.DigestOf(Small));
        Assert.That(await Blobs.StatAsync(key, CancellationToken), Is.Null);

        (faults.Before, faults.After) = (null, call => FailAt(call, StorageOperation.CommitBlob, Sample.Value));
        await Assert.ThrowsAsync<StorageException>(() => Blobs.CommitAsync(Sample, Small, CancellationToken));
        Assert.That(await Blobs.ReadAsync(key, ByteRange.All, CancellationToken), Is.EqualTo(Small));
    }

    [Test]
    public async Task A_read_and_a_listing_can_fail_midway()
    {
        var keys = new List<StoreKey> { StoreKey.Of("list", "a"), StoreKey.Of("list", "b"), StoreKey.Of("list", "c") };
        foreach (var key in keys)
            await Documents.PutAsync(key, "x", Precondition.Absent, CancellationToken);
        faults.Before = call => FailAt(call, StorageOperation.ListDocuments, keys[1].Value);
        var seen = new List<StoreKey>();
        await Assert.ThrowsAsync<StorageException>(async () =>
        {
            await foreach (var entry in Documents.ListAsync(StoreKey.Of("list"), null, CancellationToken))
                seen.Add(entry.Key);
        });
        Assert.That(seen, Is.EqualTo(keys.Take(1)));

        faults.Before = null;
        var info = await Blobs.CommitAsync(Sample, Small, CancellationToken);
        faults.After = call => FailAt(call, StorageOperation.ReadBlob, info.Key.Value);
        await Assert.ThrowsAsync<StorageException>(
            async () => await Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken));
    }

    private static ValueTask FailAt(StorageCall call, StorageOperation operation, string key) =>
        call == new StorageCall(operation, key)
            ? throw new StorageException(StorageFault.Unavailable, "injected")
            : default;
}
