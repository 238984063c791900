using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Maintenance;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class BlobCollectorTests
{
    private static readonly PackageName Name = Samples.Package();

    private readonly ShiftedTime time = new();
    private readonly InMemoryStorage storage;
    private readonly StorageFaults faults = new();
    private readonly PackageIndexes indexes;
    private readonly PackageRegistry packages;
    private readonly BlobCollector collector;
    private readonly CollectionOptions options = new();
    private Task<int>? collecting;

    public BlobCollectorTests()
    {
        storage = new InMemoryStorage(time);
        indexes = new PackageIndexes(
            new FaultyDocumentStore(storage.Documents, faults), TimeProvider.System, new UpdateOptions());
        packages = Samples.Registry(indexes, storage.Blobs, options, time);
        collector = Collector(options);
    }

    [Test]
    public async Task A_referenced_blob_is_kept()
    {
        await PushAsync("1.0.0", "a");
        await CollectAsync();
        time.Passed += options.Grace;
        Assert.That(await CollectAsync(), Is.Zero);
    }

    [Test]
    public async Task An_index_that_cannot_be_made_durable_keeps_only_its_own_blobs()
    {
        await PushAsync("1.0.0", "a");
        await packages.DeleteAsync(Samples.Package(), "1.0.0", "helm", Samples.Caller, default);
        var other = Samples.Package("zz/other");
        await storage.Blobs.CommitAsync(other.Key, Samples.TarGz("b"), default);
        await CollectAsync();
        time.Passed += options.Grace;
        faults.Before = call => call == new StorageCall(StorageOperation.EnsureDurable, Name.Key.Value)
            ? throw new StorageException(StorageFault.Full, "no space")
            : default;

        var report = await collector.CollectAsync(default);
        Assert.That((report.Deleted, report.Bytes), Is.EqualTo((1, (long)Samples.TarGz("b").Length)));
    }

    [TestCase("""{"schema":1000,"package":"titi/rocketchat"}""")]
    [TestCase("not an index")]
    public async Task An_index_that_cannot_be_read_keeps_only_its_own_blobs(string stored)
    {
        await CommitAsync("a");
        await storage.Documents.TryPutAsync(Name.Key, Encoding.UTF8.GetBytes(stored), Precondition.None, default);
        foreach (var other in (string[])["aa/other", "zz/other"])
            await storage.Blobs.CommitAsync(Samples.Package(other).Key, Samples.TarGz("b"), default);
        await CollectAsync();
        time.Passed += options.Grace;
        Assert.That(await CollectAsync(), Is.EqualTo(2));
        Assert.That(
            await storage.Blobs.StatAsync(
                new BlobKey(Name.Key, StorageShortcuts.DigestOf(Samples.TarGz("a"))), default),
            Is.Not.Null);
    }

    [Test]
    public async Task The_blob_of_a_deleted_release_is_collected_after_the_grace()
    {
        await PushAsync("1.0.0", "a");
        await PushAsync("2.0.0", "b");
        await packages.DeleteAsync(Samples.Package(), "1.0.0", "helm", Samples.Caller, default);
        Assert.That(await CollectAsync(), Is.Zero, "it is seen for the first time");
        time.Passed += options.Grace - TimeSpan.FromMinutes(1);
        Assert.That(await CollectAsync(), Is.Zero, "within the grace");
        time.Passed += TimeSpan.FromMinutes(1);
        var report = await collector.CollectAsync(default);
        Assert.That(report.Deleted, Is.EqualTo(1));
        Assert.That(report.Bytes, Is.EqualTo(Samples.TarGz("a").Length));
        await AssertPullsAsync("2.0.0", "b");
    }

    [Test]
    public async Task Blobs_of_a_deleted_package_are_collected()
    {
        await PushAsync("1.0.0", "a");
        await packages.DeleteAsync(Samples.Package(), "1.0.0", "helm", Samples.Caller, default);
        await CollectAsync();
        time.Passed += options.Grace;
        Assert.That(await CollectAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task The_age_of_a_blob_is_independent_of_the_wall_clock([Values(-1, 1)] int direction)
    {
        await CommitAsync("a");
        await CollectAsync();
        time.Shift += direction * options.Grace * 100;
        Assert.That(await CollectAsync(), Is.Zero);
        time.Passed += options.Grace;
        Assert.That(await CollectAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_new_collector_waits_for_its_own_grace()
    {
        await CommitAsync("a");
        await CollectAsync();
        time.Passed += options.Grace;
        var restarted = Collector(new CollectionOptions());
        Assert.That((await restarted.CollectAsync(default)).Deleted, Is.Zero);
        time.Passed += options.Grace;
        Assert.That((await restarted.CollectAsync(default)).Deleted, Is.EqualTo(1));
    }

    [Test]
    public async Task A_blob_committed_or_referenced_in_between_starts_a_new_grace()
    {
        await CommitAsync("a");
        await CollectAsync();
        time.Passed += options.Grace;
        await CommitAsync("a");
        Assert.That(await CollectAsync(), Is.Zero, "committed again");

        time.Passed += options.Grace / 2;
        await PushAsync("1.0.0", "a");
        Assert.That(await CollectAsync(), Is.Zero, "referenced");
        await packages.DeleteAsync(Samples.Package(), "1.0.0", "helm", Samples.Caller, default);
        time.Passed += options.Grace / 2;
        Assert.That(await CollectAsync(), Is.Zero, "seen unreferenced for the first time");
        time.Passed += options.Grace;
        Assert.That(await CollectAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_failed_collection_keeps_its_candidates()
    {
        await CommitAsync("a");
        await CollectAsync();
        time.Passed += options.Grace;
        faults.Before = call =>
            call.Operation == StorageOperation.ListBlobs
                ? throw new StorageException(StorageFault.Unavailable, "away")
                : default;
        Assert.That(async () => await CollectAsync(), Throws.TypeOf<StorageException>());
        faults.Clear();
        Assert.That(await CollectAsync(), Is.EqualTo(1));
    }

    [Test]
    public void The_number_of_candidates_is_bounded()
    {
        var candidates = new GarbageCandidates(2);
        var blobs = Enumerable.Range(0, 3).Select(number => new BlobInfo(
            new BlobKey(Name.Key, Samples.Sha256($"{number}")), 1, default, new Revision("r"))).ToArray();
        candidates.Begin();
        Assert.That(blobs.Select(blob => candidates.Add(blob, now: 1)), Is.EqualTo(new[] { 1, 1, 1 }));
        candidates.End();
        Assert.That(candidates.Count, Is.EqualTo(2));
        candidates.Begin();
        Assert.That(
            blobs.Select(blob => candidates.Add(blob, now: 2)),
            Is.EqualTo(new[] { 1, 1, 2 }),
            "the third was not recorded");
        candidates.End();

        // The first two are gone, which makes room for the third.
        candidates.Begin();
        candidates.Add(blobs[2], now: 3);
        candidates.End();
        candidates.Begin();
        Assert.That(candidates.Add(blobs[2] with { Revision = new Revision("s") }, now: 4), Is.EqualTo(4));
        Assert.That(candidates.Add(blobs[0], now: 4), Is.EqualTo(4));
    }

    [Test]
    public async Task App_archives_are_never_collected()
    {
        await using (var writer = await storage.Blobs.CreateAsync(StoreKey.Of("archives", "global"), default))
        {
            await writer.WriteAsync("zip"u8.ToArray(), default);
            await writer.CommitAsync(Samples.Sha256("zip"), null, default);
        }

        await CollectAsync();
        time.Passed += options.Grace;
        Assert.That(await CollectAsync(), Is.Zero);
    }

    [Test]
    public async Task A_blob_recommitted_by_a_push_during_collection_is_kept()
    {
        await PushAsync("1.0.0", "a");
        await packages.DeleteAsync(Samples.Package(), "1.0.0", "helm", Samples.Caller, default);
        await CollectAsync();
        time.Passed += options.Grace;

        // The collector has read the index without the blob; right before its delete, the same bytes are pushed.
        faults.Before = async call =>
        {
            if (call.Operation == StorageOperation.DeleteBlob)
                await PushAsync("1.0.0", "a");
        };
        Assert.That(await CollectAsync(), Is.Zero);
        await AssertPullsAsync("1.0.0", "a");
    }

    [Test]
    public async Task A_push_slower_than_the_grace_that_lost_its_blob_is_withdrawn()
    {
        BeforePut(async () =>
        {
            await CollectAsync();
            time.Passed += options.Grace;
            Assert.That(await CollectAsync(), Is.EqualTo(1), "the collector deletes the blob of the slow push");
        });
        Assert.That(
            async () => await PushAsync("1.0.0", "a"),
            Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.Unavailable));
        Assert.That(await indexes.FindAsync(Name, default), Is.Null);
    }

    [Test]
    public async Task A_slow_push_touches_its_blob_without_reading_it()
    {
        var touching = new List<StorageOperation>();
        faults.Before = call =>
        {
            if (call.Operation == StorageOperation.PutDocument)
                time.Passed += options.Grace;
            else if (call.Operation is StorageOperation.TouchBlob or StorageOperation.OpenBlob)
                touching.Add(call.Operation);
            return default;
        };
        var slow = Samples.Registry(indexes, new FaultyBlobStore(storage.Blobs, faults), options, time);
        await Samples.PushAsync(slow, Samples.Package(), "1.0.0", "a");
        Assert.That(touching, Is.EqualTo(new[] { StorageOperation.TouchBlob }));
        await AssertPullsAsync("1.0.0", "a");
    }

    [Test]
    public async Task A_slow_push_whose_blob_cannot_be_touched_is_withdrawn()
    {
        faults.Before = call =>
        {
            if (call.Operation == StorageOperation.PutDocument)
                time.Passed += options.Grace;
            return call.Operation == StorageOperation.TouchBlob
                ? throw new StorageException(StorageFault.Unavailable, "broken")
                : default;
        };
        var slow = Samples.Registry(indexes, new FaultyBlobStore(storage.Blobs, faults), options, time);
        Assert.That(
            async () => await Samples.PushAsync(slow, Samples.Package(), "1.0.0", "a"),
            Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.Unavailable));
        Assert.That(await indexes.FindAsync(Name, default), Is.Null);
    }

    [Test]
    public async Task A_delete_decided_before_a_slow_push_referenced_the_blob_is_refused()
    {
        BeforePut(async () =>
        {
            await CollectAsync();
            time.Passed += options.Grace;
        });

        // The collector reads the index before the push writes it, and deletes after the push has completed.
        var decided = new TaskCompletionSource();
        var pushed = new TaskCompletionSource();
        var putting = faults.Before!;
        faults.Before = async call =>
        {
            if (call.Operation == StorageOperation.PutDocument)
            {
                await putting(call);
                faults.Before = async later =>
                {
                    if (later.Operation != StorageOperation.DeleteBlob)
                        return;
                    decided.SetResult();
                    await pushed.Task;
                };
                collecting = CollectAsync();
                await decided.Task;
            }
        };
        await PushAsync("1.0.0", "a");
        pushed.SetResult();
        Assert.That(await collecting!, Is.Zero, "the push has changed the revision of its blob");
        await AssertPullsAsync("1.0.0", "a");
    }

    [Test]
    public async Task Abandoned_uploads_are_discarded()
    {
        await using var upload = await Samples.UploadAsync(storage.Blobs, Name, "a");
        time.Shift += options.StagedIdle * 2;
        Assert.That((await collector.CollectAsync(default)).Discarded, Is.EqualTo(1));
    }

    [Test]
    public async Task Idle_staged_uploads_are_discarded_and_active_ones_are_kept()
    {
        var idle = await storage.Uploads.BeginAsync(Name.Key, default);
        time.Shift += options.StagedIdle;
        var active = await storage.Uploads.BeginAsync(Name.Key, default);
        Assert.That((await collector.CollectAsync(default)).Discarded, Is.EqualTo(1));
        Assert.That(await storage.Uploads.LengthAsync(idle, default), Is.Null);
        Assert.That(await storage.Uploads.LengthAsync(active, default), Is.Zero);
    }

    private BlobCollector Collector(CollectionOptions collection) =>
        new(
            indexes,
            new FaultyBlobStore(storage.Blobs, faults),
            storage.Uploads,
            PackageServices.ManifestsOf(storage.Blobs),
            collection,
            time,
            NullLogger<BlobCollector>.Instance);

    /// <summary>Runs a collection; returns the number of deleted blobs.</summary>
    private async Task<int> CollectAsync() => (await collector.CollectAsync(default)).Deleted;

    private Task<BlobInfo> CommitAsync(string content) =>
        storage.Blobs.CommitAsync(Name.Key, Samples.TarGz(content), default);

    /// <summary>Runs an action once, right before the first write of an index.</summary>
    private void BeforePut(Func<Task> act) => faults.Before = async call =>
    {
        if (call.Operation != StorageOperation.PutDocument)
            return;
        faults.Before = null;
        await act();
    };

    private Task<Manifest> PushAsync(string release, string content) =>
        Samples.PushAsync(packages, Name, release, content);

    private async Task AssertPullsAsync(string release, string content)
    {
        var index = (await packages.GetAsync(Name, default)).State;
        await using var reader = await packages.OpenAsync(Name, index.Find(release, "helm"), ByteRange.All, default);
        using var pulled = new MemoryStream();
        await reader.Content.CopyToAsync(pulled);
        Assert.That(pulled.ToArray(), Is.EqualTo(Samples.TarGz(content)));
    }
}
