using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

/// <summary>
/// What pushes and collections leave in every storage. A backend joins with a subclass that overrides
/// <see cref="StorageContract.StartAsync"/> and adds no test.
/// </summary>
public abstract class PackageStorageContract : StorageContract
{
    private static readonly PackageName Name = Samples.Package();

    private readonly StorageFaults faults = new();

    [TearDown]
    public void ResetFaults() => faults.Clear();

    [Test]
    public async Task A_push_refused_by_a_full_storage_leaves_no_blob()
    {
        var packages = Packages(One);
        RefuseIndexes();
        Assert.That(
            async () => await PushAsync(packages, "1.0.0", "a"),
            Throws.TypeOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.Full));
        Assert.That(await BlobsAsync(), Is.Empty);
        faults.Clear();
        await PushAsync(packages, "1.0.0", "a");
        Assert.That(await PullAsync("1.0.0"), Is.EqualTo(Samples.TarGz("a")));
    }

    [Test]
    public async Task A_push_refused_by_a_full_storage_keeps_the_blob_of_another_release()
    {
        var packages = Packages(One);
        await PushAsync(packages, "1.0.0", "a");
        RefuseIndexes();
        Assert.That(
            async () => await PushAsync(packages, "2.0.0", "a"),
            Throws.TypeOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.Full));
        Assert.That(await PullAsync("1.0.0"), Is.EqualTo(Samples.TarGz("a")));
    }

    [Test]
    public async Task A_push_keeps_its_blob_despite_a_collector_whose_clock_is_minutes_off([Values(-3, 3)] int minutes)
    {
        var options = new CollectionOptions { Grace = TimeSpan.FromMinutes(2) };
        var ahead = new ShiftedTime { Shift = TimeSpan.FromMinutes(minutes) };
        var behind = new ShiftedTime { Shift = -ahead.Shift };
        ShiftClock(ahead.Shift);
        var collector = new BlobCollector(
            Indexes(Two),
            Two.Blobs,
            Two.Uploads,
            PackageServices.ManifestsOf(Two.Blobs),
            options,
            behind,
            NullLogger<BlobCollector>.Instance);
        faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.PutDocument)
                return;
            for (var i = 0; i < 3; i++)
                Assert.That((await collector.CollectAsync(CancellationToken)).Deleted, Is.Zero);
        };
        await PushAsync(Packages(One, options, ahead), "1.0.0", "a");
        Assert.That((await collector.CollectAsync(CancellationToken)).Deleted, Is.Zero);
        Assert.That(await PullAsync("1.0.0"), Is.EqualTo(Samples.TarGz("a")));
    }

    [Test]
    public async Task Unreferenced_blobs_are_collected_after_the_grace()
    {
        var time = new ShiftedTime();
        var options = new CollectionOptions();
        var packages = Packages(One);
        await PushAsync(packages, "1.0.0", "a");
        await PushAsync(packages, "2.0.0", "b");
        await packages.DeleteAsync(Name, "1.0.0", "helm", Samples.Caller, CancellationToken);
        var collector = new BlobCollector(
            Indexes(Two),
            Two.Blobs,
            Two.Uploads,
            PackageServices.ManifestsOf(Two.Blobs),
            options,
            time,
            NullLogger<BlobCollector>.Instance);
        Assert.That((await collector.CollectAsync(CancellationToken)).Deleted, Is.Zero);
        time.Passed += options.Grace;
        Assert.That((await collector.CollectAsync(CancellationToken)).Deleted, Is.EqualTo(1));
        Assert.That(await PullAsync("2.0.0"), Is.EqualTo(Samples.TarGz("b")));
        Assert.That(await BlobsAsync(), Has.Count.EqualTo(1));
    }

    /// <summary>Shifts the clock that the storage's code uses; a server has its own clock.</summary>
    protected virtual void ShiftClock(TimeSpan shift)
    {
    }

    private void RefuseIndexes() => faults.Before = call =>
        call.Operation == StorageOperation.PutDocument
            ? throw new StorageException(StorageFault.Full, "no space for the index")
            : default;

    private PackageRegistry Packages(StorageInstance instance) =>
        Packages(instance, new CollectionOptions(), TimeProvider.System);

    private PackageRegistry Packages(StorageInstance instance, CollectionOptions options, TimeProvider time) =>
        Samples.Registry(Indexes(instance), instance.Blobs, options, time);

    private PackageIndexes Indexes(StorageInstance instance) =>
        new(new FaultyDocumentStore(instance.Documents, faults), TimeProvider.System, new UpdateOptions());

    private Task<Manifest> PushAsync(PackageRegistry packages, string release, string content) =>
        Samples.PushAsync(packages, Name, release, content, cancellationToken: CancellationToken);

    private Task<List<BlobInfo>> BlobsAsync() =>
        Two.Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken);

    /// <summary>Pulls a release as another replica would.</summary>
    private async Task<byte[]> PullAsync(string release)
    {
        var packages = Packages(Two);
        var index = (await packages.GetAsync(Name, CancellationToken)).State;
        await using var reader = await packages.OpenAsync(
            Name, index.Find(Release.Parse(release), Samples.Type("helm"))!, ByteRange.All, CancellationToken);
        return await reader.Content.ReadAllAsync(CancellationToken);
    }
}
