using System.Collections.Concurrent;
using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Packages;

/// <summary>
/// The index cache saves reads and never returns stale data: a second process changes packages while the first reads.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PackageReadsTests
{
    private static readonly PackageName Name = Samples.Package();

    private readonly InMemoryStorage storage = new();
    private readonly StorageFaults faults = new();
    private readonly ConcurrentQueue<StorageOperation> calls = new();
    private readonly PackageIndexes indexes;
    private readonly PackageIndexes other;

    public PackageReadsTests()
    {
        indexes = Indexes(new IndexCacheOptions());
        other = new PackageIndexes(storage.Documents, TimeProvider.System, new UpdateOptions());
        faults.Before = call =>
        {
            calls.Enqueue(call.Operation);
            return default;
        };
    }

    [Test]
    public async Task The_first_read_loads_the_content_and_the_next_only_the_revision()
    {
        await PushAsync(other, "1.0.0");
        var first = await indexes.FindAsync(Name, default);
        Assert.That(calls, Is.EqualTo(new[] { StorageOperation.GetDocument }));
        var second = await indexes.FindAsync(Name, default);
        Assert.That(second, Is.SameAs(first));
        Assert.That(calls, Is.EqualTo(new[] { StorageOperation.GetDocument, StorageOperation.StatDocument }));
    }

    [Test]
    public async Task A_change_by_another_process_is_visible_in_the_next_read()
    {
        for (var i = 1; i <= 20; i++)
        {
            await PushAsync(other, $"{i}.0.0");
            Assert.That((await indexes.FindAsync(Name, default))!.State.Releases, Has.Length.EqualTo(i));
        }
    }

    [Test]
    public async Task A_package_deleted_and_recreated_by_another_process_is_never_read_from_the_cache()
    {
        await PushAsync(other, "1.0.0");
        await indexes.FindAsync(Name, default);
        await DeleteAsync(other, "1.0.0");
        Assert.That(await indexes.FindAsync(Name, default), Is.Null);
        await PushAsync(other, "2.0.0");
        Assert.That((await indexes.FindAsync(Name, default))!.State.Releases.Single().Value, Is.EqualTo("2.0.0"));
    }

    [Test]
    public async Task A_missing_package_is_never_cached()
    {
        Assert.That(await indexes.FindAsync(Name, default), Is.Null);
        await PushAsync(other, "1.0.0");
        Assert.That(await indexes.FindAsync(Name, default), Is.Not.Null);
        await DeleteAsync(indexes, "1.0.0");
        Assert.That(await indexes.FindAsync(Name, default), Is.Null);
        await PushAsync(other, "1.0.0");
        Assert.That(await indexes.FindAsync(Name, default), Is.Not.Null);
    }

    [Test]
    public async Task A_push_to_a_cached_package_reads_no_content()
    {
        await PushAsync(indexes, "1.0.0");
        calls.Clear();
        await PushAsync(indexes, "2.0.0");
        await indexes.FindAsync(Name, default);
        Assert.That(
            calls.Where(static call => call != StorageOperation.EnsureDurable),
            Is.EqualTo(
                new[] { StorageOperation.StatDocument, StorageOperation.PutDocument, StorageOperation.StatDocument }));
    }

    [Test]
    public async Task A_push_to_a_package_changed_by_another_process_keeps_both_changes()
    {
        await PushAsync(indexes, "1.0.0");
        await PushAsync(other, "2.0.0");
        await PushAsync(indexes, "3.0.0");
        Assert.That(
            (await indexes.FindAsync(Name, default))!.State.Releases.Select(release => release.Value),
            Is.EqualTo(new[] { "3.0.0", "2.0.0", "1.0.0" }));
    }

    [Test]
    public async Task The_entry_cached_after_a_write_equals_what_a_read_returns()
    {
        await PushAsync(indexes, "1.0.0");
        await PushAsync(indexes, "1.0.1");
        await indexes.UpdateAsync(
            Name,
            new DocumentChange<PackageIndex>(
                index => index!.WithChannelRelease(Samples.Channel("stable"), Release.Parse("1.0.0"))),
            default);
        await indexes.UpdateAsync(
            Name,
            Samples.Push(
                Name,
                Samples.Manifest("2.0.0-rc.1", "kpm") with
                {
                    Metadata = Metadata.Of("""{ "a" : [1, 2.50, "\u00e9\/"] }""")
                }),
            default);
        var cached = await indexes.FindAsync(Name, default);
        Assert.That(
            calls.Count(call => call == StorageOperation.GetDocument),
            Is.EqualTo(1),
            "only the first push: the rest was cached");
        var read = await other.FindAsync(Name, default);
        Assert.That(cached, Is.Not.SameAs(read));
        Assert.That((cached!.Revision, cached.Fingerprint), Is.EqualTo((read!.Revision, read.Fingerprint)));
        Assert.That(cached.State.CreatedAt, Is.EqualTo(read.State.CreatedAt));
        Assert.That(cached.State.Manifests, Is.EqualTo(read.State.Manifests));
        Assert.That(cached.State.Releases, Is.EqualTo(read.State.Releases));
        Assert.That(StoredIndex.Write(cached.State), Is.EqualTo(StoredIndex.Write(read.State)));
    }

    [Test]
    public async Task A_revision_that_cannot_be_read_is_a_failure_and_not_a_stale_result()
    {
        await PushAsync(indexes, "1.0.0");
        faults.Before = _ => throw new StorageException(StorageFault.Unavailable, "away");
        Assert.That(async () => await indexes.FindAsync(Name, default), Throws.TypeOf<StorageException>());
        faults.Before = null;
        Assert.That(await indexes.FindAsync(Name, default), Is.Not.Null);
    }

    [Test]
    public async Task An_index_damaged_in_storage_fails_every_read_until_it_is_repaired()
    {
        await PushAsync(indexes, "1.0.0");
        var key = Name.Key;
        var good = (await storage.Documents.GetAsync(key, default))!.Content;
        await storage.Documents.TryPutAsync(key, "{"u8.ToArray(), Precondition.None, default);
        for (var i = 0; i < 2; i++)
            Assert.That(
                async () => await indexes.FindAsync(Name, default),
                Throws.TypeOf<StorageException>().With
                    .Property(nameof(StorageException.Kind))
                    .EqualTo(StorageFault.Corrupt));
        await storage.Documents.TryPutAsync(key, good, Precondition.None, default);
        Assert.That(await indexes.FindAsync(Name, default), Is.Not.Null);
    }

    [Test]
    public async Task Concurrent_reads_of_one_revision_share_the_parsed_index()
    {
        for (var i = 0; i < 200; i++)
            await PushAsync(other, $"{i}.0.0");
        var read = await Task.WhenAll(
            Enumerable.Range(0, 32).Select(_ => Task.Run(async () => await indexes.FindAsync(Name, default))));
        Assert.That(read.Distinct(ReferenceEqualityComparer.Instance).Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Without_a_cache_each_read_loads_the_content()
    {
        var uncached = Indexes(new IndexCacheOptions { MaxBytes = 0 });
        await PushAsync(uncached, "1.0.0");
        calls.Clear();
        await uncached.FindAsync(Name, default);
        await uncached.FindAsync(Name, default);
        Assert.That(calls, Is.EqualTo(new[] { StorageOperation.GetDocument, StorageOperation.GetDocument }));
    }

    [Test]
    public async Task No_read_is_older_than_a_change_acknowledged_before_it()
    {
        var acknowledged = 0;
        var done = false;
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!Volatile.Read(ref done))
            {
                var minimum = Volatile.Read(ref acknowledged);
                var releases = (await indexes.FindAsync(Name, default))?.State.Releases.Length ?? 0;
                Assert.That(releases, Is.GreaterThanOrEqualTo(minimum));
                // These reads complete synchronously, and would keep the threads that the pushes need.
                await Task.Yield();
            }
        })).ToArray();
        for (var i = 1; i <= 100; i++)
        {
            await PushAsync(i % 2 == 0 ? indexes : other, $"{i}.0.0");
            Volatile.Write(ref acknowledged, i);
        }

        Volatile.Write(ref done, true);
        await Task.WhenAll(readers);
    }

    private static Task<PackageIndex?> PushAsync(PackageIndexes indexes, string release) =>
        indexes.UpdateAsync(Name, Samples.Push(Name, Samples.Manifest(release)), CancellationToken.None);

    private static Task<PackageIndex?> DeleteAsync(PackageIndexes indexes, string release) =>
        indexes.UpdateAsync(
            Name,
            new DocumentChange<PackageIndex>(index => index!.Without(Release.Parse(release), Samples.Type("helm"))),
            CancellationToken.None);

    private PackageIndexes Indexes(IndexCacheOptions cache) =>
        new(new FaultyDocumentStore(storage.Documents, faults), TimeProvider.System, new UpdateOptions(), cache);
}
