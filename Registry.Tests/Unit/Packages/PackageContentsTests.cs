using System.Collections.Concurrent;
using System.Security.Cryptography;
using NUnit.Framework;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Packages;

/// <summary>The content cache saves reads and never returns stale data.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PackageContentsTests
{
    private const int MaxCachedBytes = 64 * 1024;

    private readonly InMemoryStorage storage = new();
    private readonly StorageFaults faults = new();
    private readonly ConcurrentQueue<string> opened = new();
    private readonly FaultyBlobStore blobs;
    private readonly PackageContents contents;

    public PackageContentsTests()
    {
        blobs = new FaultyBlobStore(storage.Blobs, faults);
        contents = new PackageContents(blobs, new ContentCacheOptions());
        faults.Before = call =>
        {
            if (call.Operation == StorageOperation.OpenBlob)
                opened.Enqueue(call.Key);
            return default;
        };
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(5_000)]
    [TestCase(MaxCachedBytes)]
    public async Task A_small_content_is_read_from_storage_once(int size)
    {
        var (key, bytes) = await StoreAsync(size);
        for (var i = 0; i < 3; i++)
            Assert.That(await ReadAsync(key, size, ByteRange.All), Is.EqualTo(bytes));
        Assert.That(opened, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_large_content_that_is_shorter_than_recorded_is_damaged()
    {
        var (key, _) = await StoreAsync(MaxCachedBytes + 1);
        Assert.That(
            async () => await ReadAsync(key, MaxCachedBytes + 3, new ByteRange(0, MaxCachedBytes + 2)),
            Throws.TypeOf<StorageException>().With.Property(nameof(StorageException.Kind))
                .EqualTo(StorageFault.Corrupt));
        Assert.That(
            async () => await ReadAsync(key, MaxCachedBytes + 1, new ByteRange(0, MaxCachedBytes + 2)),
            Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task A_large_content_is_read_from_storage_each_time()
    {
        var (key, bytes) = await StoreAsync(MaxCachedBytes + 1);
        for (var i = 0; i < 3; i++)
            Assert.That(await ReadAsync(key, MaxCachedBytes + 1, ByteRange.All), Is.EqualTo(bytes));
        Assert.That(opened, Has.Count.EqualTo(3));
    }

    [TestCase(0, 10)]
    [TestCase(10, 90)]
    [TestCase(99, 1)]
    [TestCase(50, null)]
    [TestCase(100, 0)]
    public async Task A_range_is_served_from_the_cache(int offset, int? length)
    {
        var (key, bytes) = await StoreAsync(100);
        var expected = bytes[offset..(offset + (length ?? (bytes.Length - offset)))];
        for (var i = 0; i < 2; i++)
            Assert.That(await ReadAsync(key, 100, new ByteRange(offset, length)), Is.EqualTo(expected));
        Assert.That(opened, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_blob_info_is_cached_with_the_content()
    {
        var (key, _) = await StoreAsync(100);
        for (var i = 0; i < 2; i++)
        {
            await using var reader = await contents.OpenAsync(key, 100, ByteRange.All, default);
            Assert.That(reader!.Info, Is.EqualTo(await storage.Blobs.StatAsync(key, default)));
        }
    }

    [Test]
    public async Task The_same_bytes_of_another_package_are_another_content()
    {
        var (key, _) = await StoreAsync(100);
        await ReadAsync(key, 100, ByteRange.All);
        Assert.That(
            await contents.OpenAsync(key with { Scope = Samples.Package("a/other").Key }, 100, ByteRange.All, default),
            Is.Null);
    }

    [Test]
    public async Task A_missing_content_is_never_cached()
    {
        var (key, bytes) = Content(100);
        Assert.That(await contents.OpenAsync(key, 100, ByteRange.All, default), Is.Null);
        await storage.Blobs.CommitAsync(key.Scope, bytes, default);
        Assert.That(await ReadAsync(key, 100, ByteRange.All), Is.EqualTo(bytes));
    }

    [Test]
    public async Task A_storage_failure_is_not_cached(
        [Values(StorageOperation.OpenBlob, StorageOperation.ReadBlob)] StorageOperation operation)
    {
        var (key, bytes) = await StoreAsync(100);
        faults.Before = call =>
            call.Operation == operation ? throw new StorageException(StorageFault.Unavailable, "away") : default;
        Assert.That(
            async () => await contents.OpenAsync(key, 100, ByteRange.All, default), Throws.TypeOf<StorageException>());
        faults.Before = null;
        Assert.That(await ReadAsync(key, 100, ByteRange.All), Is.EqualTo(bytes));
    }

    [Test]
    public async Task Damaged_bytes_fail_every_read_until_they_are_repaired()
    {
        var (key, bytes) = await StoreAsync(100);
        var stored = storage.StoredBlobs[key];
        foreach (var damaged in new[] { bytes[..99], [.. bytes, 0], [.. bytes[..99], (byte)(bytes[99] ^ 1)] })
        {
            storage.StoredBlobs[key] = new StoredBlob(stored.Info with { Length = damaged.Length }, [damaged]);
            for (var i = 0; i < 2; i++)
                Assert.That(
                    async () => await contents.OpenAsync(key, 100, ByteRange.All, default),
                    Throws.TypeOf<StorageException>().With
                        .Property(nameof(StorageException.Kind))
                        .EqualTo(StorageFault.Corrupt));
        }

        storage.StoredBlobs[key] = stored;
        Assert.That(await ReadAsync(key, 100, ByteRange.All), Is.EqualTo(bytes));
    }

    [Test]
    public async Task A_bound_of_zero_disables_the_cache()
    {
        var none = new PackageContents(blobs, new ContentCacheOptions { MaxBytes = 0 });
        var (key, bytes) = await StoreAsync(100);
        for (var i = 0; i < 2; i++)
        {
            await using var reader = await none.OpenAsync(key, 100, ByteRange.All, default);
            Assert.That(await reader!.Content.ReadAllAsync(default), Is.EqualTo(bytes));
        }

        Assert.That(opened, Has.Count.EqualTo(2));
    }

    private static (BlobKey Key, byte[] Bytes) Content(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return (new BlobKey(Samples.Package().Key, Digest.FromHash(SHA256.HashData(bytes))), bytes);
    }

    private async Task<(BlobKey Key, byte[] Bytes)> StoreAsync(int size)
    {
        var (key, bytes) = Content(size);
        await storage.Blobs.CommitAsync(key.Scope, bytes, default);
        return (key, bytes);
    }

    private async Task<byte[]> ReadAsync(BlobKey key, int size, ByteRange range)
    {
        await using var reader = await contents.OpenAsync(key, size, range, default);
        var bytes = await reader!.Content.ReadAllAsync(default);
        Assert.That(reader.Length, Is.EqualTo(bytes.Length));
        return bytes;
    }
}
