using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Content;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

/// <summary>
/// What pushes and collections leave in the storage, over every backend. A backend joins with a subclass that says
/// <see cref="StorageContract.StartAsync"/> and adds no test.
/// </summary>
public abstract class PackageStorageContract : StorageContract
{
    private static readonly PackageName Name = Samples.Package();

    private readonly StorageFaults faults = new();

    [TearDown]
    public void MendStorage() => faults.Mend();

    [Test]
    public async Task A_push_that_a_full_storage_refuses_leaves_no_blob()
    {
        var packages = Packages(One);
        RefuseIndexes();
        Assert.That(async () => await PushAsync(packages, "1.0.0", "a"), Throws.TypeOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.Full));
        Assert.That(await BlobsAsync(), Is.Empty);
        faults.Mend();
        await PushAsync(packages, "1.0.0", "a");
        Assert.That(await PullAsync("1.0.0"), Is.EqualTo(Samples.TarGz("a")));
    }

    [Test]
    public async Task A_push_that_a_full_storage_refuses_leaves_the_blob_of_another_release()
    {
        var packages = Packages(One);
        await PushAsync(packages, "1.0.0", "a");
        RefuseIndexes();
        Assert.That(async () => await PushAsync(packages, "2.0.0", "a"), Throws.TypeOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.Full));
        Assert.That(await PullAsync("1.0.0"), Is.EqualTo(Samples.TarGz("a")));
    }

    private void RefuseIndexes() => faults.Before = call =>
        call.Operation == StorageOperation.PutDocument ? throw new StorageException(StorageFault.Full, "no room for the index") : default;

    private PackageRegistry Packages(StorageInstance instance) => new(
        Indexes(instance), instance.Blobs, new CollectionOptions(), TimeProvider.System, NullLogger<PackageRegistry>.Instance);

    private PackageIndexes Indexes(StorageInstance instance) =>
        new(new FaultyDocumentStore(instance.Documents, faults), TimeProvider.System, new UpdateOptions());

    private async Task PushAsync(PackageRegistry packages, string release, string content)
    {
        await using var upload = await Samples.UploadAsync(One.Blobs, Name, content);
        await packages.PushAsync(Name, Release.Parse(release), Samples.Type("helm"), upload, new PushOptions(false, null), Ct);
    }

    private Task<List<BlobInfo>> BlobsAsync() => Two.Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, Ct);

    /// <summary>Reads a release as another replica does.</summary>
    private async Task<byte[]> PullAsync(string release)
    {
        var packages = Packages(Two);
        var index = (await packages.GetAsync(Name.Namespace, Name.Name, Ct)).Index;
        await using var reader = await packages.OpenAsync(Name, index.Find(Release.Parse(release), Samples.Type("helm"))!, ByteRange.All, Ct);
        return await reader.Content.ReadAllAsync(Ct);
    }
}
