using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Core.Artifacts;

namespace Registry.Tests.Api.Oci;

/// <summary>Manifests that are pushed and pulled.</summary>
public sealed class ManifestTests : OciTest
{
    private const int MaxBytes = 4 << 20;

    [TestCase(OciMediaTypes.Manifest)]
    [TestCase(OciMediaTypes.DockerManifest)]
    public async Task A_manifest_keeps_its_bytes_and_its_media_type(string type)
    {
        var repository = New();
        var manifest = await ManifestAsync(repository);
        var digest = OciRepository.DigestOf(manifest);
        using (var pushed = await repository.PutManifestAsync("latest", manifest, type))
        {
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
            Assert.That(OciRepository.HeaderOf(pushed, "Docker-Content-Digest"), Is.EqualTo(digest));
            Assert.That(pushed.Headers.Location!.OriginalString, Is.EqualTo($"{repository.Root}/manifests/{digest}"));
            Assert.That(OciRepository.HeaderOf(pushed, "OCI-Subject"), Is.Null);
            Assert.That(OciRepository.HeaderOf(pushed, "OCI-Tag"), Is.Null);
        }

        foreach (var method in (string[])["GET", "HEAD"])
            foreach (var reference in (string[])["latest", digest])
            {
                using var response = await repository.SendAsync(method, $"manifests/{reference}");
                Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
                Assert.That(OciRepository.HeaderOf(response, "Content-Type"), Is.EqualTo(type));
                Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(manifest.Length));
                Assert.That(OciRepository.HeaderOf(response, "Docker-Content-Digest"), Is.EqualTo(digest));
                Assert.That(response.Headers.ETag!.Tag, Is.EqualTo($"\"{digest}\""));
                Assert.That(
                    await response.Content.ReadAsByteArrayAsync(), Is.EqualTo(method == "GET" ? manifest : []));
            }
    }

    [TestCase(OciMediaTypes.Index)]
    [TestCase(OciMediaTypes.DockerManifestList)]
    public async Task An_index_keeps_its_bytes_and_its_media_type(string type)
    {
        var repository = New();
        var (_, child) = await repository.PushArtifactAsync(tag: null);
        var index = OciRepository.Index([child], type);
        using (var pushed = await repository.PutManifestAsync("multi", index, type))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        using var response = await repository.SendAsync("GET", "manifests/multi");
        Assert.That(OciRepository.HeaderOf(response, "Content-Type"), Is.EqualTo(type));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.EqualTo(index));
    }

    [Test]
    public async Task Parameters_of_the_media_type_are_dropped()
    {
        var repository = New();
        using (var pushed = await repository.PutManifestAsync(
            "latest", await ManifestAsync(repository), $"{OciMediaTypes.Manifest}; charset=utf-8"))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        using var response = await repository.SendAsync("GET", "manifests/latest");
        Assert.That(OciRepository.HeaderOf(response, "Content-Type"), Is.EqualTo(OciMediaTypes.Manifest));
    }

    [TestCase("*/*")]
    [TestCase("application/json")]
    [TestCase(OciMediaTypes.Index)]
    [TestCase("nonsense")]
    public async Task What_the_client_accepts_does_not_matter(string accept)
    {
        var repository = New();
        var (manifest, _) = await repository.PushArtifactAsync("latest");
        using var response = await repository.SendAsync("GET", "manifests/latest", null, ("Accept", accept));
        Assert.That(OciRepository.HeaderOf(response, "Content-Type"), Is.EqualTo(OciMediaTypes.Manifest));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.EqualTo(manifest));
    }

    [Test]
    public async Task A_client_that_has_a_manifest_gets_304()
    {
        var repository = New();
        var (_, digest) = await repository.PushArtifactAsync("latest");
        foreach (var (tag, status) in ((string, HttpStatusCode)[])
            [($"\"{digest}\"", HttpStatusCode.NotModified), ($"\"{OciRepository.UnknownDigest}\"", HttpStatusCode.OK)])
        {
            using var response = await repository.SendAsync("GET", "manifests/latest", null, ("If-None-Match", tag));
            Assert.That(response.StatusCode, Is.EqualTo(status));
            Assert.That(OciRepository.HeaderOf(response, "Docker-Content-Digest"), Is.EqualTo(digest));
        }
    }

    [Test]
    public async Task A_manifest_without_a_tag_is_pulled_at_once()
    {
        var repository = New();
        var (manifest, digest) = await repository.PushArtifactAsync(tag: null);
        Assert.That(
            await Host.Client.GetByteArrayAsync($"{repository.Root}/manifests/{digest}"), Is.EqualTo(manifest));
        Assert.That(await repository.TagsAsync(), Is.Empty);
    }

    [Test]
    public async Task A_push_by_digest_sets_the_tags_of_its_query()
    {
        var repository = New();
        var manifest = await ManifestAsync(repository);
        var digest = OciRepository.DigestOf(manifest);
        using (var pushed = await repository.PutManifestAsync($"{digest}?tag=two&tag=one&tag=two", manifest))
        {
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
            Assert.That(OciRepository.HeaderOf(pushed, "OCI-Tag"), Is.EqualTo("two, one"));
        }

        Assert.That(await repository.TagsAsync(), Is.EqualTo(new[] { "one", "two" }));
        foreach (var tag in (string[])["one", "two"])
            Assert.That(
                await Host.Client.GetByteArrayAsync($"{repository.Root}/manifests/{tag}"), Is.EqualTo(manifest));
    }

    [TestCase(100, true, 201)]
    [TestCase(101, true, 414)]
    [TestCase(101, false, 414)]
    public async Task A_push_by_digest_has_at_most_100_tags(int count, bool distinct, int status)
    {
        var repository = New();
        var manifest = await ManifestAsync(repository);
        var digest = OciRepository.DigestOf(manifest);
        var query = string.Join('&', Enumerable.Range(0, count).Select(i => $"tag=t{(distinct ? i : 0)}"));
        using var pushed = await repository.PutManifestAsync($"{digest}?{query}", manifest);
        Assert.That((int)pushed.StatusCode, Is.EqualTo(status));
        using var pulled = await repository.SendAsync("GET", $"manifests/{digest}");
        Assert.That(pulled.IsSuccessStatusCode, Is.EqualTo(pushed.IsSuccessStatusCode));
        if (pushed.IsSuccessStatusCode)
            return;
        var error = JsonNode.Parse(await pushed.Content.ReadAsStringAsync())!["errors"]![0]!;
        Assert.That((string?)error["code"], Is.EqualTo("UNSUPPORTED"));
        Assert.That(
            error["detail"]!.ToJsonString(), Is.EqualTo($$"""{"field":"tag","tags":{{count}},"limit":100}"""));
    }

    [Test]
    public async Task An_empty_tag_of_the_query_is_400()
    {
        var repository = New();
        var manifest = await ManifestAsync(repository);
        using var pushed = await repository.PutManifestAsync($"{OciRepository.DigestOf(manifest)}?tag=", manifest);
        Assert.That(await OciRepository.ErrorOfAsync(pushed), Is.EqualTo((400, "MANIFEST_INVALID")));
    }

    [TestCase(1)]
    [TestCase(1025)]
    public async Task A_parameter_with_an_index_is_not_a_tag(int count)
    {
        var repository = New();
        var manifest = await ManifestAsync(repository);
        var query = string.Join('&', Enumerable.Range(0, count).Select(static i => $"tag[{i}]=a"));
        using var pushed = await repository.PutManifestAsync($"{OciRepository.DigestOf(manifest)}?{query}", manifest);
        Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(OciRepository.HeaderOf(pushed, "OCI-Tag"), Is.Null);
        Assert.That(await repository.TagsAsync(), Is.Empty);
    }

    [Test]
    public async Task A_moved_tag_leaves_the_manifest_before()
    {
        var repository = New();
        var (first, digest) = await repository.PushArtifactAsync("latest");
        var (second, _) = await repository.PushArtifactAsync("latest");
        Assert.That(await Host.Client.GetByteArrayAsync($"{repository.Root}/manifests/latest"), Is.EqualTo(second));
        Assert.That(await Host.Client.GetByteArrayAsync($"{repository.Root}/manifests/{digest}"), Is.EqualTo(first));
    }

    [Test]
    public async Task An_unknown_manifest_is_404()
    {
        var repository = New();
        await repository.PushArtifactAsync("latest");
        foreach (var method in (string[])["GET", "DELETE"])
            foreach (var reference in (string[])
                ["none", OciRepository.UnknownDigest, "-not-a-tag", "a+b", new string('a', 129)])
            {
                using var response = await repository.SendAsync(method, $"manifests/{reference}");
                Assert.That(
                    await OciRepository.ErrorOfAsync(response), Is.EqualTo((404, "MANIFEST_UNKNOWN")), reference);
            }
    }

    [Test]
    public async Task A_manifest_of_a_repository_with_blobs_only_is_404()
    {
        var repository = New();
        await repository.PushBlobAsync("blob"u8.ToArray());
        foreach (var method in (string[])["GET", "DELETE"])
            foreach (var reference in (string[])["none", OciRepository.UnknownDigest])
            {
                using var response = await repository.SendAsync(method, $"manifests/{reference}");
                Assert.That(
                    await OciRepository.ErrorOfAsync(response), Is.EqualTo((404, "MANIFEST_UNKNOWN")), reference);
            }
    }

    [Test]
    public async Task A_manifest_of_an_unknown_repository_is_404()
    {
        foreach (var method in (string[])["GET", "DELETE"])
            foreach (var reference in (string[])["none", OciRepository.UnknownDigest])
            {
                using var response = await New().SendAsync(method, $"manifests/{reference}");
                Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((404, "NAME_UNKNOWN")));
            }
    }

    [TestCaseSource(typeof(Digests), nameof(Digests.Invalid))]
    public async Task An_invalid_digest_is_400(string digest)
    {
        var repository = New();
        var manifest = await ManifestAsync(repository);
        foreach (var method in (string[])["GET", "PUT", "DELETE"])
        {
            using var response = await repository.SendAsync(
                method,
                $"manifests/{digest}",
                method == "PUT" ? OciRepository.Bytes(manifest, OciMediaTypes.Manifest) : null);
            Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((400, "DIGEST_INVALID")), method);
        }
    }

    [Test]
    public async Task Bytes_with_another_digest_are_400()
    {
        var repository = New();
        using var response = await repository.PutManifestAsync(
            OciRepository.UnknownDigest, await ManifestAsync(repository));
        Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((400, "DIGEST_INVALID")));
    }

    [TestCase("-tag")]
    [TestCase(".tag")]
    [TestCase("a+b")]
    [TestCase("a b")]
    public async Task An_invalid_tag_is_400(string tag)
    {
        var repository = New();
        var manifest = await ManifestAsync(repository);
        var query = Uri.EscapeDataString(tag);
        foreach (var reference in (string[])[query, $"{OciRepository.DigestOf(manifest)}?tag=fine&tag={query}"])
        {
            using var response = await repository.PutManifestAsync(reference, manifest);
            Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((400, "MANIFEST_INVALID")), reference);
        }
    }

    private static readonly TestCaseData[] InvalidManifests =
    [
        new("") { TestName = "Nothing" },
        new("[]"),
        new("{"),
        new("{}"),
        new("""{"schemaVersion":1,"layers":[]}"""),
        new("""{"schemaVersion":2,"layers":[]}"""),
        new("""{"schemaVersion":2,"schemaVersion":2,"config":CONFIG,"layers":[]}"""),
        new("""{"schemaVersion":2,"config":CONFIG,"config":CONFIG,"layers":[]}"""),
        new("""{"schemaVersion":2,"config":CONFIG,"layers":{}}"""),
        new("""{"schemaVersion":2,"mediaType":"application/json","config":CONFIG,"layers":[]}"""),
        new("""{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:no","size":2},"layers":[]}"""),
        new($$"""{"schemaVersion":2,"config":CONFIG,"layers":[],"x":{{Brackets(100)}}}""") { TestName = "Deep" },
    ];

    [TestCaseSource(nameof(InvalidManifests))]
    public async Task An_invalid_manifest_is_400(string manifest)
    {
        var repository = New();
        var config = OciRepository.Descriptor("a/b", await repository.PushBlobAsync("{}"u8.ToArray()), 2);
        using var response = await repository.PutManifestAsync(
            "latest",
            Encoding.UTF8.GetBytes(manifest.Replace("CONFIG", config.ToJsonString(), StringComparison.Ordinal)));
        Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((400, "MANIFEST_INVALID")));
    }

    [TestCase("application/json")]
    [TestCase("application/vnd.docker.distribution.manifest.v1+prettyjws")]
    [TestCase("application/octet-stream")]
    public async Task Another_media_type_is_400(string type)
    {
        var repository = New();
        using var response = await repository.PutManifestAsync("latest", await ManifestAsync(repository), type);
        Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((400, "MANIFEST_INVALID")));
    }

    [Test]
    public async Task A_chart_that_is_not_an_archive_is_400_and_names_the_layer()
    {
        var repository = New();
        var config = await repository.PushBlobAsync("{}"u8.ToArray());
        var layer = await repository.PushBlobAsync("no gzip"u8.ToArray());
        var manifest = OciRepository.Manifest(config, [layer], static json =>
        {
            json["config"]!["mediaType"] = OciMediaTypes.HelmConfig;
            json["layers"]![0]!["mediaType"] = OciMediaTypes.HelmChart;
        });
        using var response = await repository.PutManifestAsync("1.0.0", manifest);
        Assert.That((int)response.StatusCode, Is.EqualTo(400));
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["errors"]![0]!;
        Assert.That((string?)error["code"], Is.EqualTo("MANIFEST_INVALID"));
        Assert.That(
            (string?)error["message"], Is.EqualTo($"The layer {layer} is invalid: The archive is not a gzip file."));
        Assert.That((string?)error["detail"]!["digest"], Is.EqualTo(layer));
    }

    [Test]
    public async Task A_manifest_without_a_media_type_is_400()
    {
        var repository = New();
        using var response = await repository.SendAsync(
            "PUT", "manifests/latest", new ByteArrayContent(await ManifestAsync(repository)));
        Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((400, "MANIFEST_INVALID")));
    }

    [Test]
    public async Task What_a_manifest_refers_to_must_be_in_its_repository()
    {
        var (repository, other) = (New(), New());
        var config = await repository.PushBlobAsync("{}"u8.ToArray());
        var elsewhere = await other.PushBlobAsync("elsewhere"u8.ToArray());
        var (_, child) = await other.PushArtifactAsync("child");
        foreach (var (manifest, type) in ((byte[], string)[])
            [(OciRepository.Manifest(config, [OciRepository.UnknownDigest]), OciMediaTypes.Manifest),
                (OciRepository.Manifest(config, [elsewhere]), OciMediaTypes.Manifest),
                (OciRepository.Manifest(elsewhere, []), OciMediaTypes.Manifest),
                (OciRepository.Index([child]), OciMediaTypes.Index)])
        {
            using var response = await repository.PutManifestAsync("latest", manifest, type);
            Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((400, "MANIFEST_BLOB_UNKNOWN")));
        }
    }

    [TestCase("config.size", 1L)]
    [TestCase("layers[1].size", 1_000_000_000_000L)]
    [TestCase("manifests[0].size", 0L)]
    public async Task A_size_that_is_not_that_of_the_content_is_400(string field, long size)
    {
        var repository = New();
        var config = await repository.PushBlobAsync("{}"u8.ToArray());
        var layer = await repository.PushBlobAsync("layer"u8.ToArray());
        var (_, child) = await repository.PushArtifactAsync("child");
        var isIndex = field.StartsWith("manifests", StringComparison.Ordinal);
        var bytes = isIndex ? OciRepository.Index([child]) : OciRepository.Manifest(config, [layer, layer]);
        var json = JsonNode.Parse(bytes)!;
        var descriptor = isIndex ? json["manifests"]![0]
            : field.StartsWith("config", StringComparison.Ordinal) ? json["config"]
            : json["layers"]![1];
        descriptor!["size"] = size;
        var manifest = Encoding.UTF8.GetBytes(json.ToJsonString());
        using var response = await repository.PutManifestAsync(
            "latest", manifest, isIndex ? OciMediaTypes.Index : OciMediaTypes.Manifest);
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain($"{field} is {size}, and sha256:"));
        Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((400, "MANIFEST_INVALID")));
        Assert.That(await repository.TagsAsync(), Is.EqualTo(["child"]));
    }

    [Test]
    public async Task Layers_from_elsewhere_and_the_subject_need_not_be_there()
    {
        var repository = New();
        var config = await repository.PushBlobAsync("{}"u8.ToArray());
        var manifest = OciRepository.Manifest(config, [], static manifest =>
        {
            var foreign = OciRepository.Descriptor("a/b", OciRepository.UnknownDigest, 3);
            foreign["urls"] = new JsonArray("https://example.org/layer");
            manifest["layers"] = new JsonArray(
                foreign,
                OciRepository.Descriptor(
                    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", OciRepository.UnknownDigest, 3));
            manifest["subject"] = OciRepository.Descriptor(OciMediaTypes.Manifest, OciRepository.UnknownDigest, 3);
        });
        using var response = await repository.PutManifestAsync("latest", manifest);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(OciRepository.HeaderOf(response, "OCI-Subject"), Is.EqualTo(OciRepository.UnknownDigest));
    }

    [Test]
    public async Task Unknown_members_and_types_are_kept()
    {
        var repository = New();
        var (manifest, digest) = await repository.PushArtifactAsync("latest", static manifest =>
        {
            manifest["artifactType"] = "application/vnd.example.unknown";
            manifest["annotations"] = new JsonObject { ["a"] = "ä" };
            manifest["x-unknown"] = new JsonArray(1, 2.50, JsonValue.Create("x"));
            manifest["config"]!["data"] = "e30=";
        });
        Assert.That(
            await Host.Client.GetByteArrayAsync($"{repository.Root}/manifests/{digest}"), Is.EqualTo(manifest));
    }

    [TestCase(MaxBytes, false, 201)]
    [TestCase(MaxBytes, true, 201)]
    [TestCase(MaxBytes + 1, false, 413)]
    [TestCase(MaxBytes + 1, true, 413)]
    [TestCase(3 * MaxBytes, true, 413)]
    public async Task A_manifest_has_at_most_4_MiB(int length, bool chunked, int status)
    {
        var repository = New();
        var manifest = await ManifestAsync(repository);
        using var response = await repository.SendAsync(
            "PUT",
            "manifests/latest",
            OciRepository.Bytes(
                [.. manifest, .. Enumerable.Repeat((byte)' ', length - manifest.Length)], OciMediaTypes.Manifest),
            chunked ? [("Transfer-Encoding", "chunked")] : []);
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        if (status == 413)
            Assert.That(await OciRepository.ErrorOfAsync(response), Is.EqualTo((413, "SIZE_INVALID")));
        else
            Assert.That(
                (await Host.Client.GetByteArrayAsync($"{repository.Root}/manifests/latest")).Length,
                Is.EqualTo(length));
    }

    private static string Brackets(int depth) => new string('[', depth) + new string(']', depth);

    private static async Task<byte[]> ManifestAsync(OciRepository repository) => OciRepository.Manifest(
        await repository.PushBlobAsync("{}"u8.ToArray()), [await repository.PushBlobAsync("abc"u8.ToArray())]);
}
