using NUnit.Framework;
using Registry.Core.Errors;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;
using static Registry.Tests.Support.OneRegistry;

namespace Registry.Tests.Unit.Repositories;

/// <summary>Pushes that take longer than unreferenced blobs are kept.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SlowPushTests
{
    private static readonly byte[] App = Chart("1.0.0");

    private static readonly string[] Pushes =
    [
        "new chart", "new manifest", "another manifest over the same chart", "provenance", "equal bytes by force",
        "moved tag", "tagged artifact", "channel", "manifest beside a chart",
    ];

    private readonly CollectionOptions options = new();
    private readonly StorageFaults faults = new();
    private readonly OneRegistry registry;

    public SlowPushTests() => registry = new OneRegistry(faults: faults);

    [TestCaseSource(nameof(Pushes))]
    public async Task A_push_that_is_withdrawn_leaves_the_package_as_it_was(string kind)
    {
        await registry.PushAsync("0.9.0", Chart("0.9.0"));
        await registry.PushAsync("1.0.0", Archive(("a", "kpm")), "kpm");
        var push = await PrepareAsync(kind);
        var before = await StateAsync();
        var isStored = false;
        faults.Before = call =>
        {
            if (call.Operation == StorageOperation.PutDocument)
            {
                isStored = true;
                registry.Time.Passed += options.Grace;
            }

            return isStored && call.Operation == StorageOperation.TouchBlob
                ? throw new StorageException(StorageFault.Unavailable, "broken")
                : default;
        };
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => push());
        Assert.That(refusal!.Code, Is.EqualTo(ErrorCode.Unavailable));
        Assert.That(refusal.Message, Does.Contain("was withdrawn"));
        Assert.That(isStored, Is.True);

        faults.Clear();
        Assert.That(await StateAsync(), Is.EqualTo(before).AsCollection);
        await push();
        Assert.That(await StateAsync(), Is.Not.EqualTo(before).AsCollection);
        await AssertNoFindingsAsync();
    }

    [Test]
    public async Task Blobs_that_waited_for_long_are_touched_before_the_index_refers_to_them()
    {
        var image = await registry.ImageAsync("layer");
        var calls = new List<StorageOperation>();
        faults.Before = call =>
        {
            if (call.Operation == StorageOperation.CommitBlob)
                registry.Time.Passed += options.Grace * 0.6;
            if (call.Operation is StorageOperation.TouchBlob or StorageOperation.PutDocument)
                calls.Add(call.Operation);
            return default;
        };
        await registry.PutAsync(image, "latest");
        Assert.That(
            calls,
            Is.EqualTo(
                Enumerable.Repeat(StorageOperation.TouchBlob, 2 + 3).Append(StorageOperation.PutDocument)));
    }

    [Test]
    public async Task The_blobs_of_a_manifest_are_touched_at_the_same_time()
    {
        var image = await registry.ImageAsync("layer");
        var (touched, all) = (0, new TaskCompletionSource());
        faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.TouchBlob)
                return;
            if (Interlocked.Increment(ref touched) == 2)
                all.SetResult();
            await all.Task.WaitAsync(TimeSpan.FromSeconds(30));
        };
        await registry.PutAsync(image, "latest");
        Assert.That(touched, Is.EqualTo(2));
    }

    [Test]
    public async Task A_push_whose_blob_was_collected_meanwhile_changes_nothing()
    {
        var image = await registry.ImageAsync("layer");
        faults.Before = call =>
        {
            if (call.Operation == StorageOperation.CommitBlob)
            {
                registry.Time.Passed += options.Grace;
                registry.Lose(Sha256("layer"u8));
            }

            return default;
        };
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => registry.PutAsync(image, "latest"));
        Assert.That(refusal!.Code, Is.EqualTo(ErrorCode.Unavailable));
        Assert.That(refusal.Message, Does.Contain("was not stored"));
        Assert.That(await registry.IndexAsync(), Is.Null);
    }

    [Test]
    public async Task Of_two_provenance_files_stored_at_a_time_one_is_refused()
    {
        await registry.PushAsync("1.0.0", App);
        faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.PutDocument)
                return;
            faults.Clear();
            await new OneRegistry(replicaOf: registry).StoreProvenanceAsync(App, "1.0.0", "other");
        };
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => registry.StoreProvenanceAsync(App, "1.0.0"));
        Assert.That(refusal!.Code, Is.EqualTo(ErrorCode.ResourceInUse));
        Assert.That(
            (await registry.IndexAsync())!.Manifests[0].Artifact!.Chart!.Provenance!.Digest,
            Is.EqualTo(Sha256(Provenance(App, "1.0.0", "other"))));
    }

    /// <summary>Stores what a push changes; returns the push.</summary>
    private async Task<Func<Task>> PrepareAsync(string kind)
    {
        var image = await registry.ImageAsync("image");
        switch (kind)
        {
            case "new chart":
                return () => registry.PushAsync("1.0.0", App);
            case "new manifest":
                return () => registry.PutAsync(image, "latest");
            case "another manifest over the same chart":
                await registry.PushAsync("1.0.0", App);
                var helm = await registry.HelmManifestAsync(App);
                return () => registry.PutAsync(helm, "1.0.0");
            case "provenance":
                await registry.PushAsync("1.0.0", App);
                return () => registry.StoreProvenanceAsync(App, "1.0.0");
            case "equal bytes by force":
                await registry.PushAsync("1.0.0", App);
                return () => registry.PushAsync("1.0.0", App, force: true);
            case "moved tag":
                await registry.PutAsync(await registry.ImageAsync("before"), "latest");
                return () => registry.PutAsync(image, "latest");
            case "tagged artifact":
                var chart = await registry.HelmManifestAsync(App);
                await registry.PutAsync(chart);
                return () => registry.PutAsync(chart, "1.0.0");
            case "channel":
                await registry.PutAsync(image, "stable");
                var release = await registry.ReadAsync("0.9.0");
                return () => registry.PutAsync(release, "stable");
            case "manifest beside a chart":
                await registry.PushAsync("1.0.0", App);
                var other = await DerivedAsync(Archive(("a", "compose")), "docker-compose");
                return () => registry.PutAsync(other, "1.0.0");
            default:
                throw new ArgumentException(kind);
        }
    }

    /// <summary>Pushes the blobs of a release; returns the manifest that another registry derives for it.</summary>
    private async Task<byte[]> DerivedAsync(byte[] content, string mediaType)
    {
        var source = new OneRegistry();
        await source.PushAsync("1.0.0", content, mediaType);
        await registry.BlobAsync("{}"u8.ToArray(), "");
        await registry.BlobAsync(content, "");
        return await source.ReadAsync("1.0.0");
    }

    /// <summary>The releases, and every manifest by its tag or its digest.</summary>
    private async Task<List<string>> StateAsync()
    {
        var index = (await registry.IndexAsync())!;
        List<string> state = [.. index.Manifests.Select(static manifest => manifest.ToString())];
        foreach (var tag in index.Tags)
            state.Add($"{tag} {Convert.ToBase64String(await registry.ReadAsync(tag.Value))}");
        foreach (var manifest in index.StoredManifests)
            state.Add(Convert.ToBase64String(await registry.ReadAsync(manifest.Digest)));
        return state;
    }

    private async Task AssertNoFindingsAsync()
    {
        var findings = new List<string>();
        await new Verification(registry.Open(), parallel: 1, found => findings.Add(found.ToString()))
            .RunAsync(default);
        Assert.That(findings, Is.Empty);
    }
}
