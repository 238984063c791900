using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;
using static Registry.Tests.Support.OneRegistry;

namespace Registry.Tests.Unit.Repositories;

/// <summary>Releases, channels and artifacts of one package, changed by CNR and by OCI clients in turns.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class OnePackageTests
{
    private readonly OneRegistry registry = new();

    [Test]
    public async Task A_chart_pushed_by_CNR_has_the_manifest_that_helm_would_push()
    {
        var chart = Chart("1.0.0");
        var pushed = await registry.PushAsync("1.0.0", chart);
        var bytes = await registry.ReadAsync("1.0.0");
        var manifest = JsonNode.Parse(bytes)!;
        Assert.That((string?)manifest["config"]!["mediaType"], Is.EqualTo(OciMediaTypes.HelmConfig));
        Assert.That((string?)manifest["layers"]![0]!["digest"], Is.EqualTo($"sha256:{Sha256(chart)}"));
        Assert.That((string?)manifest["annotations"]!["org.opencontainers.image.title"], Is.EqualTo("app"));
        Assert.That(await registry.ReadAsync(Sha256(bytes)), Is.EqualTo(bytes));
        var config = OciDigest.TryParse((string?)manifest["config"]!["digest"], out var digest) ? digest : default;
        var blob = await registry.Blobs.FindAsync(Name, config, forPush: true, default);
        Assert.That(blob!.Size, Is.EqualTo((long)manifest["config"]!["size"]!));
        Assert.That(blob.HeldBytes, Is.EqualTo(blob.Size), "it is in memory while it is sent");
        await using var reader = await registry.Blobs.OpenAsync(Name, blob, ByteRange.All, default);
        Assert.That(
            (string?)(await JsonNode.ParseAsync(reader.Content))!["description"], Is.EqualTo("<a>"));
        Assert.That(pushed.Artifact!.Unlisted, Is.Null);
    }

    [Test]
    public async Task A_derived_manifest_is_made_once()
    {
        var faults = new StorageFaults();
        var watched = new OneRegistry(faults: faults);
        await watched.PushAsync("1.0.0", Chart("1.0.0", new string('x', 100_000)));
        var metadata = (await watched.IndexAsync())!.Manifests[0].Artifact!.Chart!.MetadataBlob!.Digest;
        var opened = 0;
        faults.Before = call =>
        {
            if (call.Operation == StorageOperation.OpenBlob
                && call.Key.EndsWith(metadata.Value, StringComparison.Ordinal))
                opened++;
            return default;
        };
        var manifest = await watched.ReadAsync("1.0.0");
        Assert.That(await watched.ReadAsync("1.0.0"), Is.EqualTo(manifest));
        Assert.That(opened, Is.EqualTo(1), "its metadata was read once");
    }

    [Test]
    public async Task A_chart_pushed_by_helm_is_a_release()
    {
        var chart = Chart("1.0.0");
        var manifest = await registry.HelmManifestAsync(chart);
        var digest = await registry.PutAsync(manifest);
        Assert.That((await registry.IndexAsync())!.Manifests, Is.Empty);
        Assert.That(await registry.PutAsync(manifest, "1.0.0_b1"), Is.EqualTo(digest));
        var index = (await registry.IndexAsync())!;
        Assert.That(
            index.Manifests.Select(static each => $"{each.Release} {each.MediaType}"), Is.EqualTo(["1.0.0+b1 helm"]));
        Assert.That(index.Manifests[0].Content.StoredDigest, Is.EqualTo(Sha256(chart)));
        Assert.That(index.Artifacts.IsEmpty, Is.True);
        Assert.That(await registry.ReadAsync("1.0.0_b1"), Is.EqualTo(manifest));
    }

    [Test]
    public async Task A_chart_pushed_with_several_versions_is_read_once()
    {
        var faults = new StorageFaults();
        var watched = new OneRegistry(faults: faults);
        var chart = Chart("1.0.0");
        var manifest = await watched.HelmManifestAsync(chart);
        var opened = 0;
        faults.Before = call =>
        {
            if (call.Operation == StorageOperation.OpenBlob
                && call.Key.EndsWith(Sha256(chart).Value, StringComparison.Ordinal))
                opened++;
            return default;
        };
        TagName[] tags = [Tag("1.0.0"), Tag("1.0.1"), Tag("1.0.2"), Tag("latest"), Tag("1.1.0"), Tag("2.0.0")];
        await watched.Repositories.PutAsync(
            Name, manifest, OciMediaTypes.Manifest, Sha256(manifest), tags, Samples.Caller, default);
        Assert.That(opened, Is.EqualTo(1));
        var releases = (await watched.IndexAsync())!.Manifests;
        Assert.That(
            releases.Select(static each => each.Release.Value),
            Is.EquivalentTo(["1.0.0", "1.0.1", "1.0.2", "1.1.0", "2.0.0"]));
        Assert.That(
            releases.Select(static each => each.Content.StoredDigest), Is.All.EqualTo(Sha256(chart)));
        Assert.That(releases.Select(static each => each.Artifact!.Chart), Is.All.Not.Null);
        Assert.That(releases.Select(static each => each.PushId), Is.Unique);
        Assert.That(await watched.DigestAsync("latest"), Is.EqualTo(Sha256(manifest)));
    }

    [Test]
    public async Task What_is_pinned_stays_readable_until_the_content_changes()
    {
        var chart = Chart("1.0.0");
        await registry.PushAsync("1.0.0", chart);
        var derived = await registry.ReadAsync("1.0.0");
        var signature = await registry.PutAsync(await registry.ImageAsync("signature", Sha256(derived)));

        var helm = await registry.HelmManifestAsync(chart);
        await registry.PutAsync(helm, "1.0.0");
        Assert.That(await registry.ReadAsync("1.0.0"), Is.EqualTo(helm));
        Assert.That(await registry.ReadAsync(Sha256(derived)), Is.EqualTo(derived));

        await registry.PushAsync("1.0.0", Chart("1.0.0", "other"), force: true);
        Assert.That(await registry.DigestAsync("1.0.0"), Is.Not.EqualTo(Sha256(helm)).And.Not.EqualTo(Sha256(derived)));
        await AssertGoneAsync(Sha256(derived));
        await AssertGoneAsync(Sha256(helm));
        var referrers = await registry.Repositories.ReferrersAsync(Name, Sha256(derived), default);
        Assert.That(referrers.Select(static manifest => manifest.Digest), Is.EqualTo([signature]));
    }

    [Test]
    public async Task A_provenance_file_changes_the_manifest_and_the_one_before_stays_readable()
    {
        var chart = Chart("1.0.0");
        await registry.PushAsync("1.0.0", chart);
        var before = await registry.ReadAsync("1.0.0");
        await registry.StoreProvenanceAsync(chart, "1.0.0");
        var layers = JsonNode.Parse(await registry.ReadAsync("1.0.0"))!["layers"]!.AsArray();
        Assert.That(
            layers.Select(static layer => (string?)layer!["mediaType"]),
            Is.EquivalentTo((string[])[OciMediaTypes.HelmChart, OciMediaTypes.HelmProvenance]));
        Assert.That(await registry.ReadAsync(Sha256(before)), Is.EqualTo(before));
    }

    [Test]
    public async Task A_forced_push_of_the_same_content_changes_no_manifest()
    {
        await registry.PushAsync("1.0.0", Chart("1.0.0"));
        var before = await registry.ReadAsync("1.0.0");
        registry.Time.Shift += TimeSpan.FromMinutes(1);
        await registry.PushAsync("1.0.0", Chart("1.0.0"), force: true);
        Assert.That(await registry.ReadAsync("1.0.0"), Is.EqualTo(before));
    }

    [Test]
    public async Task A_manifest_refused_at_its_tag_stays_readable_by_digest()
    {
        await registry.PushAsync("1.0.0", Chart("1.0.0"));
        var other = await registry.HelmManifestAsync(Chart("1.0.0", "other"));
        var digest = await registry.PutAsync(other);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var refusal = (await Assert.ThrowsAsync<RegistryException>(() => registry.PutAsync(other, "1.0.0")))!;
            Assert.That(refusal.Code, Is.EqualTo(ErrorCode.Conflict));
            Assert.That(refusal.Message, Does.Contain("1.0.0").And.Contain("RELEASES__MUTABLE"));
        }

        Assert.That(await registry.ReadAsync(digest), Is.EqualTo(other));
        await registry.PutAsync(other, "1.0.1");
        Assert.That(await registry.DigestAsync("1.0.1"), Is.EqualTo(digest));
    }

    [Test]
    public async Task A_release_in_a_mutable_package_is_replaced()
    {
        var mutable = new OneRegistry(new ReleaseOptions { Mutable = ["team/*"] });
        await mutable.PushAsync("1.0.0", Chart("1.0.0"));
        var other = await mutable.HelmManifestAsync(Chart("1.0.0", "other"));
        await mutable.PutAsync(other, "1.0.0");
        Assert.That(await mutable.ReadAsync("1.0.0"), Is.EqualTo(other));
    }

    [Test]
    public async Task An_image_never_takes_the_tag_of_a_release()
    {
        var mutable = new OneRegistry(new ReleaseOptions { Mutable = ["team/*"] });
        await mutable.PushAsync("1.0.0", Chart("1.0.0"));
        var manifest = await mutable.DigestAsync("1.0.0");
        var image = await mutable.ImageAsync("image");
        var refusal = (await Assert.ThrowsAsync<RegistryException>(() => mutable.PutAsync(image, "1.0.0")))!;
        Assert.That(refusal.Code, Is.EqualTo(ErrorCode.Conflict));
        Assert.That(refusal.Message, Does.Contain("is a release").And.Not.Contain("RELEASES__MUTABLE"));
        Assert.That(refusal.Details, Does.Contain(("stored", (object?)$"sha256:{manifest}")));
        Assert.That(refusal.Details, Does.Contain(("pushed", (object?)$"sha256:{Sha256(image)}")));
    }

    [Test]
    public async Task A_release_in_several_media_types_is_an_index_with_a_tag_for_each()
    {
        await registry.PushAsync("1.0.0", Archive(("a", "kpm")), "kpm");
        var kpm = await registry.ReadAsync("1.0.0");
        await registry.PushAsync("1.0.0", Archive(("a", "compose")), "docker-compose");
        Assert.That(await registry.TagsAsync(), Is.EqualTo("1.0.0 1.0.0__docker-compose 1.0.0__index 1.0.0__kpm"));
        var pinned = await registry.ReadAsync("1.0.0");
        Assert.That(pinned, Is.EqualTo(await registry.ReadAsync("1.0.0__index")));
        Assert.That(await registry.ReadAsync("1.0.0__kpm"), Is.EqualTo(kpm));

        await registry.PushAsync("1.0.0", Chart("1.0.0"));
        Assert.That(
            (string?)JsonNode.Parse(await registry.ReadAsync("1.0.0"))!["config"]!["mediaType"],
            Is.EqualTo(OciMediaTypes.HelmConfig));
        Assert.That(await registry.ReadAsync(Sha256(pinned)), Is.EqualTo(pinned));
        Assert.That(await registry.ReadAsync("1.0.0__index"), Is.Not.EqualTo(pinned));
        await Assert.ThrowsAsync<RegistryException>(() => registry.PutAsync(kpm, "1.0.0__kpm"));
        await registry.Repositories.DeleteAsync(Name, Tag("1.0.0__index"), Samples.Caller, default);
        Assert.That(await registry.IndexAsync(), Is.Null);
    }

    [Test]
    public async Task A_tag_on_a_release_is_a_channel_which_an_image_replaces()
    {
        await registry.PushAsync("1.0.0", Chart("1.0.0"));
        await registry.PutAsync(await registry.ReadAsync("1.0.0"), "stable");
        var channel = (await registry.IndexAsync())!.GetChannel(Samples.Channel("stable"));
        Assert.That(channel.Current.Value, Is.EqualTo("1.0.0"));

        var image = await registry.ImageAsync("image");
        await registry.PutAsync(image, "stable");
        var index = (await registry.IndexAsync())!;
        Assert.That(index.Channels, Is.Empty);
        Assert.That(await registry.ReadAsync("stable"), Is.EqualTo(image));

        await registry.Channels.AddAsync(Name, Samples.Channel("stable"), "1.0.0", Samples.Caller, default);
        Assert.That(await registry.DigestAsync("stable"), Is.EqualTo(await registry.DigestAsync("1.0.0")));
        Assert.That(await registry.TagsAsync(), Is.EqualTo("1.0.0 stable"));
    }

    [Test]
    public async Task A_plain_tag_becomes_a_channel_when_a_release_gives_its_manifest()
    {
        var manifest = await registry.HelmManifestAsync(Chart("1.0.0"));
        await registry.PutAsync(manifest, "stable");
        Assert.That((await registry.IndexAsync())!.Channels, Is.Empty);
        await registry.PutAsync(manifest, "1.0.0");
        var index = (await registry.IndexAsync())!;
        Assert.That(index.GetChannel(Samples.Channel("stable")).Current.Value, Is.EqualTo("1.0.0"));
        Assert.That(index.Artifacts.IsEmpty, Is.True);
    }

    [Test]
    public async Task A_plain_tag_becomes_a_channel_when_a_release_gives_its_image_index()
    {
        var (manifests, index) = await PushInTwoMediaTypesAsync();
        await registry.Repositories.DeleteAsync(Name, Tag("1.0.0"), Samples.Caller, default);
        await registry.BlobAsync("{}"u8.ToArray(), "");
        foreach (var manifest in manifests)
            await registry.PutAsync(manifest);
        await registry.PutAsync(index, "stable", OciMediaTypes.Index);
        foreach (var manifest in manifests)
            await registry.PutAsync(manifest, "1.0.0");
        Assert.That(await registry.DigestAsync("1.0.0"), Is.EqualTo(Sha256(index)));
        var channel = (await registry.IndexAsync())!.GetChannel(Samples.Channel("stable"));
        Assert.That(channel.Current.Value, Is.EqualTo("1.0.0"));
        await registry.PutAsync(index, "beta", OciMediaTypes.Index);
        Assert.That((await registry.IndexAsync())!.Channels, Has.Length.EqualTo(2));
    }

    [Test]
    public async Task A_version_on_the_image_index_of_a_release_is_a_plain_tag([Values] bool isTaken)
    {
        var (_, index) = await PushInTwoMediaTypesAsync();
        if (isTaken)
            await registry.PutAsync(await registry.ImageAsync("image"), "2.0.0");
        await registry.PutAsync(index, "2.0.0", OciMediaTypes.Index);
        Assert.That(await registry.ReadAsync("2.0.0"), Is.EqualTo(index));
        Assert.That(await registry.TagsAsync(), Does.EndWith(" 2.0.0"));
        Assert.That((await registry.IndexAsync())!.Channels, Is.Empty);
    }

    [Test]
    public async Task A_channel_that_looks_like_a_version_leaves_the_tag_of_that_name()
    {
        await registry.PushAsync("1.0.0", Chart("1.0.0"));
        var image = await registry.ImageAsync("image");
        await registry.PutAsync(image, "2.0.0");
        var channel = Samples.Channel("2.0.0");
        await registry.Channels.AddAsync(Name, channel, "1.0.0", Samples.Caller, default);
        Assert.That(await registry.ReadAsync("2.0.0"), Is.EqualTo(image));

        var index = (await registry.IndexAsync())!;
        var restored = index.WithoutChannel(channel).WithChannel(index.GetChannel(channel));
        Assert.That(restored.FindManifest(Tag("2.0.0"))?.Manifest.Digest, Is.EqualTo(Sha256(image)));
    }

    [Test]
    public async Task A_forced_push_does_not_replace_an_image_tagged_with_the_version()
    {
        await registry.PutAsync(await registry.ImageAsync("image"), "1.2.0");
        foreach (var force in (bool[])[false, true])
        {
            var refusal = (await Assert.ThrowsAsync<RegistryException>(
                () => registry.PushAsync("1.2.0", Chart("1.2.0"), force: force)))!;
            Assert.That(refusal.Code, Is.EqualTo(ErrorCode.PackageExists));
        }

        await registry.Repositories.DeleteAsync(Name, Tag("1.2.0"), Samples.Caller, default);
        await registry.PushAsync("1.2.0", Chart("1.2.0"));
        var image = await registry.ImageAsync("image");
        await Assert.ThrowsAsync<RegistryException>(() => registry.PutAsync(image, "1.2.0"));
    }

    [Test]
    public async Task A_package_with_artifacts_only_does_not_exist_for_CNR_and_ends_with_the_last_one()
    {
        var digest = await registry.PutAsync(await registry.ImageAsync("image"), "latest");
        await Assert.ThrowsAsync<RegistryException>(
            async () => await registry.Packages.GetAsync(Name, default));
        Assert.That(await registry.TagsAsync(), Is.EqualTo("latest"));
        await registry.Repositories.DeleteAsync(Name, digest, Samples.Caller, default);
        Assert.That(await registry.IndexAsync(), Is.Null);
    }

    [Test]
    public async Task A_derived_manifest_pushed_to_another_registry_is_the_same_release_there()
    {
        var content = Archive(("a", "kpm"));
        await registry.PushAsync("1.0.0", content, "kpm");
        var manifest = await registry.ReadAsync("1.0.0");

        var second = new OneRegistry();
        await second.BlobAsync("{}"u8.ToArray(), "");
        await second.BlobAsync(content, "");
        await second.PutAsync(manifest, "1.0.0");
        var release = (await second.IndexAsync())!.Manifests.Single();
        Assert.That(release.MediaType.Value, Is.EqualTo("kpm"));
        Assert.That(release.Content, Is.EqualTo((await registry.IndexAsync())!.Manifests.Single().Content));
        Assert.That(await second.ReadAsync("1.0.0"), Is.EqualTo(manifest));
    }

    [Test]
    public async Task A_chart_without_a_folder_gets_an_archive_that_helm_can_load()
    {
        var chart = Chart("1.0.0", folder: "");
        var release = await registry.PushAsync("1.0.0", chart);
        var wrapped = release.Artifact!.Chart!.Wrapped!;
        var manifest = JsonNode.Parse(await registry.ReadAsync("1.0.0"))!;
        Assert.That((string?)manifest["layers"]![0]!["digest"], Is.EqualTo($"sha256:{wrapped.Digest}"));
        Assert.That(release.Content.StoredDigest, Is.EqualTo(Sha256(chart)));

        // The wrapped archive pushed back is the same content.
        var blob = await registry.Blobs.FindAsync(Name, wrapped.Digest, forPush: true, default);
        await using var reader = await registry.Blobs.OpenAsync(Name, blob!, ByteRange.All, default);
        using var bytes = new MemoryStream();
        await reader.Content.CopyToAsync(bytes);
        await registry.PutAsync(await registry.HelmManifestAsync(bytes.ToArray()), "1.0.0");
        Assert.That((await registry.IndexAsync())!.Manifests.Single().Content.StoredDigest, Is.EqualTo(Sha256(chart)));
    }

    [Test]
    public async Task A_manifest_that_names_what_is_not_there_is_refused_and_stores_nothing()
    {
        var missing = Descriptor("missing"u8, "text/plain");
        var config = await registry.BlobAsync("{}"u8.ToArray(), "application/vnd.oci.empty.v1+json");
        var manifest = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"config":{{config}},"layers":[{{missing}}]}""");
        var refusal = (await Assert.ThrowsAsync<RegistryException>(() => registry.PutAsync(manifest, "latest")))!;
        Assert.That(refusal.Code, Is.EqualTo(ErrorCode.UnknownReference));
        Assert.That(await registry.IndexAsync(), Is.Null);
    }

    [TestCase(OciMediaTypes.HelmChart)]
    [TestCase(OciMediaTypes.HelmProvenance)]
    public async Task A_release_needs_its_layers_even_if_they_have_urls(string mediaType)
    {
        var manifest = JsonNode.Parse(await registry.HelmManifestAsync(Chart("1.0.0")))!;
        var layers = manifest["layers"]!.AsArray();
        var missing = JsonNode.Parse(Descriptor("not here"u8, mediaType))!;
        missing["urls"] = new JsonArray("https://example.org/layer");
        if (mediaType == OciMediaTypes.HelmChart)
            layers.Clear();
        layers.Add(missing);
        var bytes = Encoding.UTF8.GetBytes(manifest.ToJsonString());
        var refusal = (await Assert.ThrowsAsync<RegistryException>(() => registry.PutAsync(bytes, "1.0.0")))!;
        Assert.That(refusal.Code, Is.EqualTo(ErrorCode.UnknownReference));
        Assert.That(await registry.IndexAsync(), Is.Null);
    }

    [Test]
    public async Task A_derived_manifest_that_an_index_names_survives_its_release()
    {
        await registry.PushAsync("1.0.0", Chart("1.0.0"));
        var derived = await registry.ReadAsync("1.0.0");
        var index = Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"manifests":[{{Descriptor(derived, OciMediaTypes.Manifest)}}]}""");
        await registry.PutAsync(index, "all", OciMediaTypes.Index);
        await registry.Repositories.DeleteAsync(Name, Tag("1.0.0"), Samples.Caller, default);
        var references = await registry.Manifests.ReferencesAsync((await registry.IndexAsync())!, null, null, default);
        Assert.That(references, Does.ContainKey(Sha256(derived)));
        Assert.That(
            await registry.Storage.Blobs.StatAsync(new BlobKey(Name.Key, Sha256(derived)), default), Is.Not.Null);
    }

    [Test]
    public async Task References_are_returned_only_for_the_requested_blobs()
    {
        var manifest = await registry.HelmManifestAsync(Chart("1.0.0"));
        await registry.PutAsync(manifest, "1.0.0");
        var config = JsonNode.Parse(manifest)!["config"]!;
        Assert.That(OciDigest.TryParse((string?)config["digest"], out var digest));
        var index = (await registry.IndexAsync())!;
        Assert.That(await registry.Manifests.ReferencesAsync(index, null, null, default), Has.Count.GreaterThan(2));
        Assert.That(
            (await registry.Manifests.ReferencesAsync(index, new HashSet<Digest> { digest }, null, default)).Keys,
            Is.EqualTo(new[] { digest }));
    }

    [Test]
    public async Task Large_manifests_are_read_one_at_a_time()
    {
        for (var i = 0; i < 4; i++)
        {
            var text = new string('x', (1 << 20) + i);
            var manifest = $$"""{"schemaVersion":2,"manifests":[],"annotations":{"a":"{{text}}"} }""";
            await registry.PutAsync(Encoding.UTF8.GetBytes(manifest), $"large{i}", OciMediaTypes.Index);
        }

        var faults = new StorageFaults();
        var other = new OneRegistry(faults: faults, replicaOf: registry);
        var (running, most) = (0, 0);
        faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.ReadBlob)
                return;
            most = Math.Max(most, Interlocked.Increment(ref running));
            await Task.Delay(20);
            Interlocked.Decrement(ref running);
        };
        await other.Manifests.ReferencesAsync((await other.IndexAsync())!, null, null, default);
        Assert.That(most, Is.EqualTo(1));
    }

    /// <summary>Pushes release 1.0.0 in two media types; returns its manifests and its image index.</summary>
    private async Task<(byte[][] Manifests, byte[] Index)> PushInTwoMediaTypesAsync()
    {
        await registry.PushAsync("1.0.0", Archive(("a", "kpm")), "kpm");
        await registry.PushAsync("1.0.0", Archive(("a", "compose")), "docker-compose");
        return (
            [await registry.ReadAsync("1.0.0__kpm"), await registry.ReadAsync("1.0.0__docker-compose")],
            await registry.ReadAsync("1.0.0"));
    }

    private async Task AssertGoneAsync(Digest digest)
    {
        var refusal = (await Assert.ThrowsAsync<RegistryException>(() => registry.ReadAsync(digest)))!;
        Assert.That(refusal.Code, Is.EqualTo(ErrorCode.ManifestNotFound));
    }
}
