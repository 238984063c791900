using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Oci;

/// <summary>Releases and channels, as OCI clients see and change them.</summary>
public sealed class PackageTests : OciTest
{
    protected override string[] Settings => ["--Releases:Mutable=mutable/*, other"];

    [Test]
    public async Task A_release_that_CNR_pushed_is_a_tag()
    {
        var repository = New();
        var content = Samples.TarGz("name: app");
        await PushAsync(repository, "1.0.0+b1", "kpm", content);
        Assert.That(await repository.TagsAsync(), Is.EqualTo(new[] { "1.0.0_b1" }));
        var manifest = await Host.Client.GetFromJsonAsync<JsonObject>($"{repository.Root}/manifests/1.0.0_b1");
        Assert.That((string?)manifest!["artifactType"], Is.EqualTo("application/vnd.cnr.package-manifest.kpm.v1.json"));
        foreach (var descriptor in (JsonNode[])[manifest["config"]!, manifest["layers"]!.AsArray().Single()!])
        {
            using var blob = await repository.SendAsync("HEAD", $"blobs/{descriptor["digest"]}");
            Assert.That(blob.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(blob.Content.Headers.ContentLength, Is.EqualTo((long)descriptor["size"]!));
        }

        Assert.That(
            await Host.Client.GetByteArrayAsync($"{repository.Root}/blobs/{OciRepository.DigestOf(content)}"),
            Is.EqualTo(content));
        Assert.That(
            await Host.Client.GetStringAsync($"{repository.Root}/blobs/{manifest["config"]!["digest"]}"),
            Is.EqualTo("{}"));
    }

    [Test]
    public async Task A_release_in_several_media_types_is_an_index()
    {
        var repository = New();
        await PushAsync(repository, "1.0.0", "kpm", Samples.TarGz("name: kpm"));
        await PushAsync(repository, "1.0.0", "docker-compose", Samples.TarGz("name: compose"));
        Assert.That(
            await repository.TagsAsync(),
            Is.EqualTo(new[] { "1.0.0", "1.0.0__docker-compose", "1.0.0__index", "1.0.0__kpm" }));
        using var response = await repository.SendAsync("GET", "manifests/1.0.0");
        Assert.That(OciRepository.HeaderOf(response, "Content-Type"), Is.EqualTo(OciMediaTypes.Index));
        var index = await response.Content.ReadFromJsonAsync<JsonObject>();
        foreach (var entry in index!["manifests"]!.AsArray())
        {
            using var manifest = await repository.SendAsync("GET", $"manifests/{entry!["digest"]}");
            Assert.That(
                OciRepository.DigestOf(await manifest.Content.ReadAsByteArrayAsync()),
                Is.EqualTo((string?)entry["digest"]));
        }
    }

    [TestCase("manifests/2.0.0")]
    [TestCase("manifests/{digest}?tag=2.0.0")]
    public async Task An_image_index_under_another_version_is_at_its_tag(string path)
    {
        var repository = New();
        await PushAsync(repository, "1.0.0", "kpm", Samples.TarGz("name: kpm"));
        await PushAsync(repository, "1.0.0", "docker-compose", Samples.TarGz("name: compose"));
        var index = await Host.Client.GetByteArrayAsync($"{repository.Root}/manifests/1.0.0");
        path = path.Replace("{digest}", OciRepository.DigestOf(index), StringComparison.Ordinal);
        using (var pushed = await repository.SendAsync("PUT", path, OciRepository.Bytes(index, OciMediaTypes.Index)))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(
            await Host.Client.GetByteArrayAsync($"{repository.Root}/manifests/2.0.0"), Is.EqualTo(index));
        Assert.That(await repository.TagsAsync(), Does.Contain("2.0.0"));
        var channels = await Host.Client.GetFromJsonAsync<JsonArray>($"/api/v1/packages/{repository.Name}/channels");
        Assert.That(channels, Is.Empty);
        using var deleted = await repository.SendAsync("DELETE", "manifests/2.0.0");
        Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(await repository.TagsAsync(), Does.Contain("1.0.0").And.Not.Contain("2.0.0"));
    }

    [Test]
    public async Task A_reserved_tag_is_409()
    {
        var repository = New();
        var (manifest, _) = await repository.PushArtifactAsync("latest");
        using (var refused = await repository.PutManifestAsync("1.0.0__index", manifest))
            Assert.That(await OciRepository.ErrorOfAsync(refused), Is.EqualTo((409, "DENIED")));
        using (var refused = await repository.SendAsync("DELETE", "manifests/1.0.0__kpm"))
            Assert.That(await OciRepository.ErrorOfAsync(refused), Is.EqualTo((409, "DENIED")));
    }

    [Test]
    public async Task A_channel_is_a_tag()
    {
        var repository = New();
        await PushAsync(repository, "1.0.0", "kpm", Samples.TarGz("name: app"));
        using (var added = await Host.Client.PostAsync(
            $"/api/v1/packages/{repository.Name}/channels/stable/1.0.0", content: null))
            Assert.That(added.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await repository.TagsAsync(), Is.EqualTo(new[] { "1.0.0", "stable" }));
        var manifest = await Host.Client.GetByteArrayAsync($"{repository.Root}/manifests/stable");
        using (var pushed = await repository.PutManifestAsync("beta", manifest))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        var channels = await Host.Client.GetFromJsonAsync<JsonArray>($"/api/v1/packages/{repository.Name}/channels");
        Assert.That(
            channels!.Select(static channel => (string?)channel!["name"]), Is.EqualTo(new[] { "beta", "stable" }));
    }

    [Test]
    public async Task A_signed_chart_stays_readable_by_digest_after_every_kind_of_push()
    {
        var repository = New();
        var chart = OneRegistry.Chart("1.0.0");
        await PushAsync(repository, "1.0.0", "helm", chart);
        var derived = await ReadAsync("1.0.0");
        var (_, signature) = await repository.PushArtifactAsync(null, json =>
            json["subject"] = OciRepository.Descriptor(
                OciMediaTypes.Manifest, OciRepository.DigestOf(derived), derived.Length));
        await AssertAsync(derived, chart, []);

        // As helm pushes it: with another manifest.
        var config = await repository.PushBlobAsync("{}"u8.ToArray());
        var layer = await repository.PushBlobAsync(chart);
        var helm = OciRepository.Manifest(config, [layer], static json =>
        {
            json["config"]!["mediaType"] = OciMediaTypes.HelmConfig;
            json["layers"]![0]!["mediaType"] = OciMediaTypes.HelmChart;
        });
        using (var pushed = await repository.PutManifestAsync("1.0.0", helm))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        await AssertAsync(helm, chart, [derived]);

        var other = OneRegistry.Chart("1.0.0", "forced");
        await PushAsync(repository, "1.0.0", "helm", other, force: true);
        await AssertAsync(await ReadAsync("1.0.0"), other, []);
        foreach (var gone in (byte[][])[derived, helm])
        {
            using var response = await repository.SendAsync("GET", $"manifests/{OciRepository.DigestOf(gone)}");
            Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((404, "MANIFEST_UNKNOWN")));
        }

        Task<byte[]> ReadAsync(string reference) =>
            Host.Client.GetByteArrayAsync($"{repository.Root}/manifests/{reference}");

        async Task AssertAsync(byte[] current, byte[] content, byte[][] formers)
        {
            Assert.That(await ReadAsync("1.0.0"), Is.EqualTo(current));
            foreach (var pinned in formers.Append(current))
                Assert.That(await ReadAsync(OciRepository.DigestOf(pinned)), Is.EqualTo(pinned));
            Assert.That(await repository.TagsAsync(), Is.EqualTo(new[] { "1.0.0" }));
            var referrers = await Host.Client.GetFromJsonAsync<JsonObject>(
                $"{repository.Root}/referrers/{OciRepository.DigestOf(derived)}");
            Assert.That(
                referrers!["manifests"]!.AsArray().Select(static manifest => (string?)manifest!["digest"]),
                Is.EqualTo(new[] { signature }));
            var (@namespace, name) = (repository.Name.Split('/')[0], repository.Name.Split('/')[1]);
            var index = await Host.Client.GetFromJsonAsync<JsonObject>($"/helm/{@namespace}/index.yaml");
            Assert.That(
                index!["entries"]![name]!.AsArray().Select(static entry => $"sha256:{entry!["digest"]}"),
                Is.EqualTo(new[] { OciRepository.DigestOf(content) }));
            foreach (var address in (string[])[
                $"/helm/{@namespace}/charts/{name}-1.0.0.tgz", $"/api/v1/packages/{repository.Name}/1.0.0/helm/pull"])
                Assert.That(await Host.Client.GetByteArrayAsync(address), Is.EqualTo(content));
        }
    }

    [Test]
    public async Task A_pushed_package_is_a_release_for_CNR()
    {
        var (source, target) = (New(), New());
        var content = Samples.TarGz("name: app");
        await PushAsync(source, "1.0.0", "kpm", content);
        using (var copied = await CopyAsync(source, target, "1.0.0", "2.0.0"))
            Assert.That(copied.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(
            await Host.Client.GetByteArrayAsync($"/api/v1/packages/{target.Name}/2.0.0/kpm/pull"),
            Is.EqualTo(content));
        using (var deleted = await target.SendAsync("DELETE", "manifests/2.0.0"))
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        using var gone = await Host.Client.GetAsync($"/api/v1/packages/{target.Name}/2.0.0/kpm");
        Assert.That(gone.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Another_content_of_a_release_is_409_with_the_setting()
    {
        var (source, target) = (New(), New());
        await PushAsync(source, "1.0.0", "kpm", Samples.TarGz("name: other"));
        var content = Samples.TarGz("name: app");
        await PushAsync(target, "1.0.0", "kpm", content);
        using (var refused = await CopyAsync(source, target, "1.0.0", "1.0.0"))
        {
            Assert.That(await refused.Content.ReadAsStringAsync(), Does.Contain("RELEASES__MUTABLE"));
            Assert.That(await OciRepository.ErrorOfAsync(refused), Is.EqualTo((409, "DENIED")));
        }

        Assert.That(
            await Host.Client.GetByteArrayAsync($"/api/v1/packages/{target.Name}/1.0.0/kpm/pull"),
            Is.EqualTo(content));
    }

    [Test]
    public async Task Another_content_replaces_a_release_where_the_setting_allows_it()
    {
        var (source, target) = (New(), Of("mutable/app"));
        var content = Samples.TarGz("name: other");
        await PushAsync(source, "1.0.0", "kpm", content);
        await PushAsync(target, "1.0.0", "kpm", Samples.TarGz("name: app"));
        using (var pushed = await CopyAsync(source, target, "1.0.0", "1.0.0"))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(
            await Host.Client.GetByteArrayAsync($"/api/v1/packages/{target.Name}/1.0.0/kpm/pull"),
            Is.EqualTo(content));
    }

    [Test]
    public async Task A_version_that_holds_an_artifact_is_not_a_release()
    {
        var repository = New();
        await repository.PushArtifactAsync("1.0.0");
        using var refused = await PushToCnrAsync(repository, "1.0.0", "kpm", Samples.TarGz("name: app"));
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        using var list = await Host.Client.GetAsync($"/api/v1/packages/{repository.Name}");
        Assert.That(list.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    private async Task PushAsync(
        OciRepository repository, string release, string mediaType, byte[] content, bool force = false)
    {
        using var pushed = await PushToCnrAsync(repository, release, mediaType, content, force);
        Assert.That(
            pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK), await pushed.Content.ReadAsStringAsync());
    }

    private Task<HttpResponseMessage> PushToCnrAsync(
        OciRepository repository, string release, string mediaType, byte[] content, bool force = false) =>
        Host.Client.PostAsJsonAsync(
            $"/api/v1/packages/{repository.Name}?force={(force ? "true" : "false")}",
            new { blob = Convert.ToBase64String(content), release, media_type = mediaType });

    /// <summary>Copies a manifest with everything it refers to, as <c>oras cp</c> does.</summary>
    private async Task<HttpResponseMessage> CopyAsync(
        OciRepository source, OciRepository target, string tag, string newTag)
    {
        var bytes = await Host.Client.GetByteArrayAsync($"{source.Root}/manifests/{tag}");
        var manifest = JsonNode.Parse(bytes)!;
        foreach (var descriptor in (JsonNode?[])[manifest["config"], .. manifest["layers"]!.AsArray()])
            await target.PushBlobAsync(
                await Host.Client.GetByteArrayAsync($"{source.Root}/blobs/{descriptor!["digest"]}"));
        return await target.PutManifestAsync(newTag, bytes);
    }
}
