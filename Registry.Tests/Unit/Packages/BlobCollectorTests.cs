using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Content;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Packages;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class BlobCollectorTests
{
    private static readonly PackageName Name = Samples.Package();

    private readonly ShiftedTime time = new();
    private readonly InMemoryStorage storage;
    private readonly StorageFaults faults = new();
    private readonly PackageRegistry packages;
    private readonly BlobCollector collector;
    private readonly CollectionOptions options = new();

    public BlobCollectorTests()
    {
        storage = new InMemoryStorage(time);
        var indexes = new PackageIndexes(storage.Documents, TimeProvider.System, new UpdateOptions());
        packages = new PackageRegistry(indexes, storage.Blobs, options, TimeProvider.System, NullLogger<PackageRegistry>.Instance);
        collector = new BlobCollector(
            indexes, new FaultyBlobStore(storage.Blobs, faults), options, time, NullLogger<BlobCollector>.Instance);
    }

    [Test]
    public async Task What_a_release_refers_to_stays()
    {
        await PushAsync("1.0.0", "a");
        time.Shift += options.Grace * 2;
        Assert.That((await collector.CollectAsync(default)).Deleted, Is.Zero);
    }

    [Test]
    public async Task The_blob_of_a_deleted_release_goes_after_the_grace()
    {
        await PushAsync("1.0.0", "a");
        await PushAsync("2.0.0", "b");
        await packages.DeleteAsync("titi", "rocketchat", "1.0.0", "helm", default);
        Assert.That((await collector.CollectAsync(default)).Deleted, Is.Zero, "within the grace");
        time.Shift += options.Grace * 2;
        var report = await collector.CollectAsync(default);
        Assert.That(report.Deleted, Is.EqualTo(1));
        Assert.That(report.Bytes, Is.EqualTo(Samples.TarGz("a").Length));
        await AssertPullsAsync("2.0.0", "b");
    }

    [Test]
    public async Task Blobs_of_a_package_that_is_gone_go_too()
    {
        await PushAsync("1.0.0", "a");
        await packages.DeleteAsync("titi", "rocketchat", "1.0.0", "helm", default);
        time.Shift += options.Grace * 2;
        Assert.That((await collector.CollectAsync(default)).Deleted, Is.EqualTo(1));
    }

    [Test]
    public async Task App_archives_are_never_looked_at()
    {
        await using (var writer = await storage.Blobs.CreateAsync(StoreKey.Of("archives", "global"), default))
        {
            await writer.WriteAsync("zip"u8.ToArray(), default);
            await writer.CommitAsync(Samples.Sha256("zip"), null, default);
        }

        time.Shift += options.Grace * 2;
        Assert.That((await collector.CollectAsync(default)).Deleted, Is.Zero);
    }

    [Test]
    public async Task A_blob_that_a_push_commits_again_meanwhile_is_spared()
    {
        await PushAsync("1.0.0", "a");
        await packages.DeleteAsync("titi", "rocketchat", "1.0.0", "helm", default);
        time.Shift += options.Grace * 2;

        // The collector has read the index, which does not refer to the blob; now the push of the same bytes happens, and then the delete.
        faults.Before = async call =>
        {
            if (call.Operation == StorageOperation.DeleteBlob)
                await PushAsync("1.0.0", "a");
        };
        Assert.That((await collector.CollectAsync(default)).Deleted, Is.Zero);
        await AssertPullsAsync("1.0.0", "a");
    }

    [Test]
    public async Task A_push_that_outlived_its_grace_and_lost_its_blob_is_withdrawn()
    {
        var slow = new ShiftedTime();
        var indexes = new PackageIndexes(new FaultyDocumentStore(storage.Documents, faults), TimeProvider.System, new UpdateOptions());
        var slowPackages = new PackageRegistry(
            indexes, storage.Blobs, options with { Grace = TimeSpan.FromMilliseconds(1) }, TimeProvider.System, NullLogger<PackageRegistry>.Instance);
        faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.PutDocument)
                return;
            faults.Before = null;
            await Task.Delay(20);
            time.Shift += options.Grace * 2;
            Assert.That((await collector.CollectAsync(default)).Deleted, Is.EqualTo(1), "the collector takes the blob of the slow push");
        };
        await using var upload = await Samples.UploadAsync(storage.Blobs, Name, "a");
        Assert.That(
            async () => await slowPackages.PushAsync(Name, Release.Parse("1.0.0"), Samples.Type("helm"), upload, new PushOptions(false, null), default),
            Throws.TypeOf<Registry.Core.Errors.RegistryException>().With.Property("Code").EqualTo(Registry.Core.Errors.ErrorCode.Unavailable));
        Assert.That(await indexes.FindAsync(Name, default), Is.Null);
    }

    [Test]
    public async Task Abandoned_uploads_are_discarded()
    {
        await using var upload = await Samples.UploadAsync(storage.Blobs, Name, "a");
        time.Shift += options.StagedIdle * 2;
        Assert.That((await collector.CollectAsync(default)).Discarded, Is.EqualTo(1));
    }

    private async Task PushAsync(string release, string content)
    {
        await using var upload = await Samples.UploadAsync(storage.Blobs, Name, content);
        await packages.PushAsync(Name, Release.Parse(release), Samples.Type("helm"), upload, new PushOptions(false, null), default);
    }

    private async Task AssertPullsAsync(string release, string content)
    {
        var index = (await packages.GetAsync("titi", "rocketchat", default)).Index;
        await using var reader = await packages.OpenAsync(Name, index.Find(release, "helm"), ByteRange.All, default);
        using var pulled = new MemoryStream();
        await reader.Content.CopyToAsync(pulled);
        Assert.That(pulled.ToArray(), Is.EqualTo(Samples.TarGz(content)));
    }
}
