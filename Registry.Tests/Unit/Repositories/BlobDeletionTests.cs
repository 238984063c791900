using System.Text;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;
using static Registry.Tests.Support.OneRegistry;

namespace Registry.Tests.Unit.Repositories;

/// <summary>A client deletes blobs while pushes rely on them.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class BlobDeletionTests
{
    private static readonly byte[] App = Chart("1.0.0");

    private static readonly string[] Pushes =
        ["manifest", "CNR", "ChartMuseum", "provenance", "derived manifest", "derived manifest written down", "mount"];

    private readonly StorageFaults faults = new();
    private readonly OneRegistry registry;

    public BlobDeletionTests() => registry = new OneRegistry(faults: faults);

    [Test]
    public async Task A_deleted_blob_is_not_found_and_pushing_it_again_brings_it_back()
    {
        var bytes = "layer"u8.ToArray();
        await registry.BlobAsync(bytes, "text/plain");
        await DeleteAsync(Sha256(bytes));
        await AssertFoundAsync(Sha256(bytes), false);
        Assert.That(
            await registry.Blobs.TryMountAsync(
                Samples.Package("team/other"), Name, Sha256(bytes), Samples.Caller, default),
            Is.False);
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => DeleteAsync(Sha256(bytes)));
        Assert.That(refusal!.Code, Is.EqualTo(ErrorCode.BlobNotFound));

        await registry.BlobAsync(bytes, "text/plain");
        await AssertFoundAsync(Sha256(bytes), true);
        await DeleteAsync(Sha256(bytes));
        await CollectAsync();
        Assert.That(registry.Stored(), Is.Empty);
    }

    [Test]
    public async Task The_blobs_of_a_deleted_manifest_are_kept_for_the_grace_period()
    {
        var options = new CollectionOptions();
        var collector = registry.Collector(options);
        var image = await registry.ImageAsync("layer");
        await collector.CollectAsync(default);
        var digest = await registry.PutAsync(image, "latest");
        registry.Time.Passed += options.Grace;
        await registry.Repositories.DeleteAsync(Name, digest, Samples.Caller, default);
        await collector.CollectAsync(default);
        await AssertFoundAsync(Sha256("layer"u8), true);

        registry.Time.Passed += options.Grace;
        await collector.CollectAsync(default);
        await AssertFoundAsync(Sha256("layer"u8), false);
    }

    [TestCaseSource(nameof(Pushes))]
    public async Task A_blob_deleted_after_a_push_has_touched_it_is_kept(string kind)
    {
        var (push, blobs) = await PrepareAsync(kind);
        var isDeleted = false;
        faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.PutDocument)
                return;
            faults.Clear();
            foreach (var blob in blobs)
            {
                await DeleteAsync(blob);
                await AssertFoundAsync(blob, false);
            }

            isDeleted = true;
        };
        await push();
        Assert.That(isDeleted, Is.True);
        await AssertKeptAsync(blobs);
    }

    [TestCaseSource(nameof(Pushes))]
    public async Task A_blob_that_a_push_refers_to_before_its_delete_takes_effect_is_kept(string kind)
    {
        var (push, blobs) = await PrepareAsync(kind);
        foreach (var blob in blobs.Take(1))
        {
            var isPushed = false;
            faults.Before = async call =>
            {
                if (call.Operation != StorageOperation.TouchBlob)
                    return;
                faults.Clear();
                await push();
                isPushed = true;
            };
            await DeleteAsync(blob);
            Assert.That(isPushed, Is.True);
        }

        await AssertKeptAsync(blobs);
    }

    /// <summary>Stores what a push relies on; returns the push and the blobs.</summary>
    private async Task<(Func<Task> Push, Digest[] Blobs)> PrepareAsync(string kind)
    {
        switch (kind)
        {
            case "manifest":
                var image = await registry.ImageAsync("layer");
                return (() => registry.PutAsync(image, "latest"), [Sha256("{}"u8), Sha256("layer"u8)]);
            case "CNR":
                await registry.BlobAsync(App, OciMediaTypes.HelmChart);
                return (() => registry.PushAsync("1.0.0", App), [Sha256(App)]);
            case "ChartMuseum":
                await registry.BlobAsync(App, OciMediaTypes.HelmChart);
                return (PushChartAsync, [Sha256(App)]);
            case "provenance":
                await registry.PushAsync("1.0.0", App);
                await registry.BlobAsync(Provenance(App, "1.0.0"), OciMediaTypes.HelmProvenance);
                return (() => registry.StoreProvenanceAsync(App, "1.0.0"), [Sha256(Provenance(App, "1.0.0"))]);
            case "derived manifest":
                await registry.PushAsync("1.0.0", App);
                var named = await registry.ReadAsync("1.0.0");
                await registry.BlobAsync(named, OciMediaTypes.Manifest);
                var index = Encoding.UTF8.GetBytes(
                    $$"""{"schemaVersion":2,"manifests":[{{Descriptor(named, OciMediaTypes.Manifest)}}]}""");
                return (() => registry.PutAsync(index, "all", OciMediaTypes.Index), [Sha256(named)]);
            case "derived manifest written down":
                await registry.PushAsync("1.0.0", App);
                var derived = await registry.ReadAsync("1.0.0");
                await registry.BlobAsync(derived, OciMediaTypes.Manifest);
                var helm = await registry.HelmManifestAsync(App);
                return (() => registry.PutAsync(helm, "1.0.0"), [Sha256(derived)]);
            case "mount":
                var layer = "mounted"u8.ToArray();
                var other = Samples.Package("team/other");
                await using (var upload = await registry.Blobs.BeginPushAsync(other, Samples.Caller, default))
                {
                    await upload.WriteAsync(layer, default);
                    await upload.CompleteAsync(Sha256(layer), default);
                }

                Assert.That(
                    await registry.Blobs.TryMountAsync(Name, other, Sha256(layer), Samples.Caller, default), Is.True);
                await registry.Blobs.DeleteAsync(other, Sha256(layer), Samples.Caller, default);
                var config = await registry.BlobAsync("{}"u8.ToArray(), "application/vnd.oci.empty.v1+json");
                var manifest = Encoding.UTF8.GetBytes(
                    $$"""{"schemaVersion":2,"config":{{config}},"layers":[{{Descriptor(layer, "text/plain")}}]}""");
                return (() => registry.PutAsync(manifest, "latest"), [Sha256(layer), Sha256("{}"u8)]);
            default:
                throw new ArgumentException(kind);
        }
    }

    private async Task PushChartAsync()
    {
        await using var push = registry.Charts.BeginPush(Name.Namespace);
        await push.WriteAsync(App, default);
        await push.CompleteAsync(force: false, provenance: null, Samples.Caller, default);
    }

    private Task DeleteAsync(Digest digest) => registry.Blobs.DeleteAsync(Name, digest, Samples.Caller, default);

    private async Task AssertFoundAsync(Digest digest, bool expected)
    {
        foreach (var forPush in (bool[])[true, false])
            Assert.That(
                await registry.Blobs.FindAsync(Name, digest, forPush, default) is not null, Is.EqualTo(expected));
    }

    /// <summary>Asserts that blobs are in use, found, and survive the collector.</summary>
    private async Task AssertKeptAsync(Digest[] blobs)
    {
        await CollectAsync();
        var index = (await registry.IndexAsync())!;
        var references = await registry.Manifests.ReferencesAsync(index, among: null, damaged: null, default);
        foreach (var blob in references.Keys)
            Assert.That(registry.Has(blob), Is.True);
        foreach (var blob in blobs)
        {
            await AssertFoundAsync(blob, true);
            var refusal = await Assert.ThrowsAsync<RegistryException>(() => DeleteAsync(blob));
            Assert.That(refusal!.Code, Is.EqualTo(ErrorCode.BlobInUse));
        }
    }

    /// <summary>Runs three collections with the grace period between them.</summary>
    private async Task CollectAsync()
    {
        var options = new CollectionOptions();
        var collector = registry.Collector(options);
        for (var run = 0; run < 3; run++)
        {
            await collector.CollectAsync(default);
            registry.Time.Shift += options.Grace;
            registry.Time.Passed += options.Grace;
        }
    }
}
