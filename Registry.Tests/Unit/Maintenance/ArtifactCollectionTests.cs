using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;
using static Registry.Tests.Support.OneRegistry;

namespace Registry.Tests.Unit.Maintenance;

/// <summary>Content that OCI and Helm clients can pull is never collected; unreferenced content is.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ArtifactCollectionTests
{
    private readonly OneRegistry registry = new();
    private readonly CollectionOptions options = new();

    [Test]
    public async Task What_a_manifest_names_is_kept_and_the_rest_is_collected()
    {
        var stored = await ManyArtifacts.FillAsync(registry);
        await registry.BlobAsync("named by nothing"u8.ToArray(), "text/plain");
        var before = await stored.ReadAllAsync(registry);
        var collector = registry.Collector(options);
        await CollectAllAsync(collector);
        Assert.That(registry.Stored(), Is.EquivalentTo(stored.Blobs.Values.Distinct()));
        Assert.That(await stored.ReadAllAsync(registry), Is.EqualTo(before).AsCollection);
    }

    [Test]
    public async Task What_a_deleted_manifest_named_is_collected_unless_another_one_names_it()
    {
        var stored = await ManyArtifacts.FillAsync(registry);
        await registry.Repositories.DeleteAsync(Name, stored.Manifests["signature"], Samples.Caller, default);
        await registry.Repositories.DeleteAsync(Name, stored.Manifests["former"], Samples.Caller, default);
        var collector = registry.Collector(options);
        await CollectAllAsync(collector);
        string[] gone = ["signature", "signature layer", "former manifest", "former config"];
        Assert.That(
            registry.Stored(),
            Is.EquivalentTo(stored.Blobs.Where(blob => !gone.Contains(blob.Key)).Select(static blob => blob.Value)
                .Distinct()));

        foreach (var tag in (await registry.IndexAsync())!.Releases.Select(TagName.Of).ToList())
            await registry.Repositories.DeleteAsync(Name, tag, Samples.Caller, default);
        foreach (var name in (string[])["image", "index", "elsewhere"])
            await registry.Repositories.DeleteAsync(Name, stored.Manifests[name], Samples.Caller, default);
        Assert.That(await registry.IndexAsync(), Is.Null);
        await CollectAllAsync(collector);
        Assert.That(registry.Stored(), Is.Empty);
    }

    [Test]
    public async Task A_blob_that_a_client_was_told_of_survives_the_collector_that_waited_for_it()
    {
        var config = await registry.BlobAsync("{}"u8.ToArray(), "application/vnd.oci.empty.v1+json");
        var layer = await registry.BlobAsync("layer"u8.ToArray(), "text/plain");
        var faults = new StorageFaults();
        var collector = new BlobCollector(
            registry.Indexes,
            new FaultyBlobStore(registry.Storage.Blobs, faults),
            registry.Storage.Uploads,
            PackageServices.ManifestsOf(registry.Storage.Blobs),
            options,
            registry.Time,
            NullLogger<BlobCollector>.Instance);
        await collector.CollectAsync(default);

        Pass(options.Grace * 0.49);
        Assert.That(await FindAsync("layer"u8, forPush: true), Is.True);
        Pass(options.Grace * 0.51);

        // The manifest is put when the collector has read the index and deletes the blob.
        var manifest = Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"config":{{config}},"layers":[{{layer}}]}""");
        var deletes = 0;
        faults.Before = async call =>
        {
            if (call.Operation == StorageOperation.DeleteBlob && ++deletes == 1)
                await registry.PutAsync(manifest, "latest");
        };
        Assert.That((await collector.CollectAsync(default)).Deleted, Is.Zero);
        Assert.That(deletes, Is.EqualTo(2), "the collector wanted to delete both blobs");
        Assert.That(registry.Has(Sha256("layer"u8)) && registry.Has(Sha256("{}"u8)), Is.True);
        await CollectAllAsync(collector);
        Assert.That(registry.Stored(), Has.Count.EqualTo(3));
    }

    [Test]
    public async Task An_unreferenced_blob_is_missing_for_a_push_after_half_the_grace()
    {
        await registry.BlobAsync("layer"u8.ToArray(), "text/plain");
        Pass((options.Grace / 2) - TimeSpan.FromMinutes(1));
        Assert.That(await FindAsync("layer"u8, forPush: true), Is.True);
        Pass(TimeSpan.FromMinutes(1));
        Assert.That(await FindAsync("layer"u8, forPush: true), Is.False);
        Assert.That(await FindAsync("layer"u8, forPush: false), Is.True, "it can still be read");

        await registry.PutAsync(await registry.ImageAsync("layer"), "latest");
        Pass(options.Grace * 10);
        Assert.That(await FindAsync("layer"u8, forPush: true), Is.True, "a manifest names it");
    }

    [Test]
    public async Task A_derived_config_cannot_be_mounted_and_a_stored_blob_can()
    {
        var chart = Chart("1.0.0");
        await registry.PushAsync("1.0.0", chart);
        var manifest = JsonNode.Parse(await registry.ReadAsync("1.0.0"))!;
        Assert.That(OciDigest.TryParse((string?)manifest["config"]!["digest"], out var config), Is.True);
        var other = Samples.Package("team/other");
        Assert.That(await registry.Blobs.FindAsync(Name, config, forPush: true, default), Is.Not.Null);
        Assert.That(await registry.Blobs.TryMountAsync(other, Name, config, Samples.Caller, default), Is.False);
        Assert.That(await registry.Blobs.FindAsync(other, config, forPush: false, default), Is.Null);

        Assert.That(await registry.Blobs.TryMountAsync(other, Name, Sha256(chart), Samples.Caller, default), Is.True);
        Assert.That(await registry.Storage.Blobs.ReadAsync(
            new BlobKey(other.Key, Sha256(chart)), ByteRange.All, default), Is.EqualTo(chart));

        // Once another manifest is pushed, the config is stored with the former manifest.
        await registry.PutAsync(await registry.HelmManifestAsync(chart), "1.0.0");
        Assert.That(await registry.Blobs.TryMountAsync(other, Name, config, Samples.Caller, default), Is.True);
    }

    [Test]
    public async Task A_damaged_manifest_keeps_all_blobs_of_its_package()
    {
        var stored = await ManyArtifacts.FillAsync(registry);
        await registry.BlobAsync("named by nothing"u8.ToArray(), "text/plain");
        var before = registry.Stored();
        var repair = registry.Damage(stored.Blobs["image"]);
        var collector = registry.Collector(options);
        await CollectAllAsync(collector);
        Assert.That(registry.Stored(), Is.EquivalentTo(before));

        repair();
        await CollectAllAsync(collector);
        Assert.That(registry.Stored(), Is.EquivalentTo(stored.Blobs.Values.Distinct()));
    }

    private void Pass(TimeSpan time)
    {
        registry.Time.Shift += time;
        registry.Time.Passed += time;
    }

    /// <summary>Runs two collections with the grace period between them.</summary>
    private async Task CollectAllAsync(BlobCollector collector)
    {
        await collector.CollectAsync(default);
        Pass(options.Grace);
        await collector.CollectAsync(default);
    }

    private Task<bool> FindAsync(ReadOnlySpan<byte> bytes, bool forPush) =>
        FindAsync(Sha256(bytes), forPush);

    private async Task<bool> FindAsync(Digest digest, bool forPush) =>
        await registry.Blobs.FindAsync(Name, digest, forPush, default) is not null;
}
