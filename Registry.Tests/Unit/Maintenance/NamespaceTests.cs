using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Maintenance;

/// <summary>Maintenance of packages whose namespace has no part, or several.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class NamespaceTests
{
    private readonly SmallRegistry registry = new();
    private readonly List<Finding> findings = [];

    [SetUp]
    public async Task PushAsync()
    {
        await registry.PushAsync("org/charts/app", "1.0.0", "several parts");
        await registry.PushAsync("app", "1.0.0", "no part");
        await registry.PushAsync("org/app", "1.0.0", "one part");
    }

    [Test]
    public async Task Packages_of_all_namespace_depths_are_verified()
    {
        var verification = new Verification(registry.Storage, parallel: 1, findings.Add);
        Assert.That(await verification.RunAsync(default), Is.True, string.Join('\n', findings));
        Assert.That((verification.Read.Packages, verification.Read.Blobs), Is.EqualTo((3L, 3L)));
    }

    [Test]
    public async Task Packages_of_all_namespace_depths_are_migrated()
    {
        var target = new SmallRegistry();
        var migration = new Migration(registry.Storage, target.Storage, new MigrationOptions(), findings.Add);
        Assert.That(await migration.RunAsync(default), Is.True, string.Join('\n', findings));
        Assert.That(target.Contents(), Is.EqualTo(registry.Contents()).AsCollection);
    }

    [Test]
    public async Task Unreferenced_blobs_of_all_namespace_depths_are_collected_and_no_others()
    {
        await registry.PushAsync("org/charts/app", "2.0.0", "deleted with several parts");
        await registry.PushAsync("app", "2.0.0", "deleted with no part");
        await registry.DeleteAsync("org/charts/app", "2.0.0");
        await registry.DeleteAsync("app", "2.0.0");
        var options = new CollectionOptions();
        var collector = new BlobCollector(
            new PackageIndexes(registry.Memory.Documents, TimeProvider.System, new UpdateOptions()),
            registry.Memory.Blobs,
            registry.Memory.Uploads,
            PackageServices.ManifestsOf(registry.Memory.Blobs),
            options,
            registry.Time,
            NullLogger<BlobCollector>.Instance);
        await collector.CollectAsync(default);
        registry.Time.Passed += options.Grace;
        Assert.That((await collector.CollectAsync(default)).Deleted, Is.EqualTo(2));
        Assert.That(registry.Memory.StoredBlobs, Has.Count.EqualTo(3));
        Assert.That(registry.Dangling(), Is.Empty);
    }
}
