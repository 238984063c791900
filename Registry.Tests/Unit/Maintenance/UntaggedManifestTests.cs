using System.Text;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Core.Errors;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;
using static Registry.Tests.Support.OneRegistry;

namespace Registry.Tests.Unit.Maintenance;

/// <summary>Manifests that nothing holds any more are removed, if the setting <c>OCI__UNTAGGED</c> is set.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class UntaggedManifestTests
{
    private static readonly CollectionOptions Options = new() { UntaggedAge = TimeSpan.FromDays(30) };

    private readonly StorageFaults faults = new();
    private readonly OneRegistry registry;
    private readonly OneRegistry replica;
    private readonly BlobCollector collector;

    public UntaggedManifestTests()
    {
        registry = new OneRegistry(faults: faults, collection: Options);
        replica = new OneRegistry(collection: Options, replicaOf: registry);
        collector = registry.Collector(Options);
    }

    [Test]
    public async Task A_manifest_whose_tag_has_moved_is_removed_after_its_age_and_so_are_its_blobs()
    {
        var old = await registry.PutAsync(await registry.ImageAsync("old"), "latest");
        registry.Time.Shift += TimeSpan.FromDays(20);
        var current = await registry.PutAsync(await registry.ImageAsync("current"), "latest");
        registry.Time.Shift += TimeSpan.FromDays(9);
        await collector.CollectAsync(default);
        Assert.That(await IsThereAsync(old), Is.True);

        registry.Time.Shift += TimeSpan.FromDays(2);
        await CollectAllAsync();
        Assert.That(await IsThereAsync(old), Is.False);
        Assert.That(await IsThereAsync(current), Is.True);
        Assert.That(registry.Has(old) || registry.Has(Sha256("old"u8)), Is.False);

        registry.Time.Shift += TimeSpan.FromDays(1000);
        await CollectAllAsync();
        Assert.That(await registry.ReadAsync("latest"), Is.Not.Empty);
    }

    [Test]
    public async Task Without_the_setting_nothing_is_removed()
    {
        var old = await registry.PutAsync(await registry.ImageAsync("old"));
        registry.Time.Shift += TimeSpan.FromDays(10_000);
        await registry.Collector(new CollectionOptions()).CollectAsync(default);
        Assert.That(await IsThereAsync(old), Is.True);
    }

    [Test]
    public async Task Only_manifests_that_a_tag_or_a_release_needs_are_kept()
    {
        var app = Chart("1.0.0");
        await registry.PushAsync("1.0.0", app);
        var former = Sha256(await registry.ReadAsync("1.0.0"));
        await registry.PutAsync(await registry.HelmManifestAsync(app), "1.0.0");
        var release = await registry.DigestAsync("1.0.0");

        var (child, parent) = await WithParentAsync("child", "tagged");
        var kept = new List<Digest>
        {
            former,
            release,
            child,
            parent,
            await registry.PutAsync(await registry.ImageAsync("signs a release", release)),
            await registry.PutAsync(await registry.ImageAsync("signs a former", former)),
            await registry.PutAsync(await registry.ImageAsync("signs a child", child)),
        };
        kept.Add(await registry.PutAsync(await registry.ImageAsync("signs a signature", kept[^1])));

        var (orphan, root) = await WithParentAsync("orphan", tag: null);
        var removed = new List<Digest>
        {
            orphan,
            root,
            await registry.PutAsync(await registry.ImageAsync("untagged")),
            await registry.PutAsync(await registry.ImageAsync("signs nothing", Sha256("nothing"u8))),
        };
        removed.Add(await registry.PutAsync(await registry.ImageAsync("signs the untagged", removed[2])));

        registry.Time.Shift += TimeSpan.FromDays(31);
        var young = await registry.PutAsync(await registry.ImageAsync("young"));
        var signature = await registry.PutAsync(await registry.ImageAsync("signs the young", young));
        await CollectAllAsync();
        foreach (var digest in kept.Append(young).Append(signature))
            Assert.That(await registry.ReadAsync(digest), Is.Not.Empty);
        foreach (var digest in removed)
            Assert.That(await IsThereAsync(digest), Is.False);
    }

    [Test]
    public async Task The_last_manifest_takes_its_package_with_it()
    {
        await registry.PutAsync(await registry.ImageAsync("old"));
        registry.Time.Shift += TimeSpan.FromDays(31);
        await CollectAllAsync();
        Assert.That(await registry.IndexAsync(), Is.Null);
        Assert.That(registry.Stored(), Is.Empty);
    }

    [TestCase("tag")]
    [TestCase("digest")]
    [TestCase("parent")]
    [TestCase("release")]
    public async Task What_is_pushed_while_it_is_removed_is_kept(string how)
    {
        var bytes = how == "release" ? await registry.HelmManifestAsync(Chart("1.0.0"))
            : await registry.ImageAsync("old");
        var digest = await registry.PutAsync(bytes);
        registry.Time.Shift += TimeSpan.FromDays(31);
        var isPushed = false;
        faults.Before = async call =>
        {
            if (call.Operation is not (StorageOperation.PutDocument or StorageOperation.DeleteDocument))
                return;
            faults.Clear();
            _ = how switch
            {
                "digest" => await replica.PutAsync(bytes),
                "parent" => await replica.PutAsync(ParentOf(bytes), "latest", OciMediaTypes.Index),
                "release" => await replica.PutAsync(bytes, "1.0.0"),
                _ => await replica.PutAsync(bytes, "latest"),
            };
            isPushed = true;
        };
        await CollectAllAsync();
        Assert.That(isPushed, Is.True, "the collector wanted to remove the manifest");
        Assert.That(await registry.ReadAsync(digest), Is.EqualTo(bytes));
        if (how != "digest")
        {
            registry.Time.Shift += TimeSpan.FromDays(1000);
            await CollectAllAsync();
            Assert.That(await registry.ReadAsync(digest), Is.EqualTo(bytes));
        }
    }

    [Test]
    public async Task An_index_over_a_manifest_that_is_removed_meanwhile_is_refused()
    {
        var bytes = await registry.ImageAsync("old");
        var digest = await registry.PutAsync(bytes);
        registry.Time.Shift += TimeSpan.FromDays(31);
        faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.PutDocument)
                return;
            faults.Clear();

            // The index has touched the blob of the manifest: make it old again.
            await registry.Storage.Blobs.TouchAsync(
                new BlobKey(Name.Key, digest), DateTimeOffset.UnixEpoch, default);
            await replica.Collector(Options).CollectAsync(default);
        };
        var refusal = await Assert.ThrowsAsync<RegistryException>(
            () => registry.PutAsync(ParentOf(bytes), "latest", OciMediaTypes.Index));
        Assert.That(refusal!.Code, Is.EqualTo(ErrorCode.UnknownReference));
    }

    private static byte[] ParentOf(byte[] manifest) => Encoding.UTF8.GetBytes(
        $$"""{"schemaVersion":2,"manifests":[{{Descriptor(manifest, OciMediaTypes.Manifest)}}]}""");

    private async Task<(Digest Child, Digest Parent)> WithParentAsync(string text, string? tag)
    {
        var child = await registry.ImageAsync(text);
        return (await registry.PutAsync(child), await registry.PutAsync(ParentOf(child), tag, OciMediaTypes.Index));
    }

    private async Task<bool> IsThereAsync(Digest digest) =>
        (await registry.IndexAsync())?.FindManifest(digest) is not null;

    /// <summary>Runs three collections with the grace period between them.</summary>
    private async Task CollectAllAsync()
    {
        for (var run = 0; run < 3; run++)
        {
            await collector.CollectAsync(default);
            registry.Time.Passed += Options.Grace;
        }
    }
}
