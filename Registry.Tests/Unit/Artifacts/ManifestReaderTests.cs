using System.Globalization;
using System.Text;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Artifacts;

[Parallelizable(ParallelScope.All)]
internal sealed class ManifestReaderTests
{
    private const string Image = OciMediaTypes.Manifest;
    private const string Index = OciMediaTypes.Index;

    private const string ConfigHex = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    private const string LayerHex = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";

    private const string Config =
        $$"""{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:{{ConfigHex}}","size":2}""";

    private const string Layer =
        $$"""{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:{{LayerHex}}","size":32}""";

    private const string Child =
        $$"""{"mediaType":"{{Image}}","digest":"sha256:{{LayerHex}}","size":0}""";

    private const string SmallImage = $$"""{"schemaVersion":2,"config":{{Config}},"layers":[{{Layer}}]}""";

    private const string SmallIndex = $$"""{"schemaVersion":2,"manifests":[{{Child}}]}""";

    [TestCase(OciMediaTypes.Manifest)]
    [TestCase(OciMediaTypes.DockerManifest)]
    public void A_manifest_has_a_config_and_layers(string type)
    {
        var document = Read(SmallImage, type);
        Assert.That((document.MediaType, document.IsIndex), Is.EqualTo((type, false)));
        Assert.That(document.Config, Is.EqualTo(
            new Descriptor("application/vnd.oci.image.config.v1+json", Samples.Sha256("{}"), 2)));
        Assert.That(document.Layers.Single().Size, Is.EqualTo(32));
        Assert.That(OciDigest.Format(document.Layers.Single().Digest), Is.EqualTo($"sha256:{LayerHex}"));
        Assert.That(document.Manifests, Is.Empty);
        Assert.That((document.Subject, document.Annotations), Is.EqualTo(((Descriptor?)null, (object?)null)));
    }

    [TestCase(OciMediaTypes.Index)]
    [TestCase(OciMediaTypes.DockerManifestList)]
    public void An_index_has_manifests(string type)
    {
        var document = Read(SmallIndex, type);
        Assert.That((document.MediaType, document.IsIndex), Is.EqualTo((type, true)));
        Assert.That(document.Manifests.Single().MediaType, Is.EqualTo(Image));
        Assert.That((document.Config, document.Layers), Is.EqualTo(((Descriptor?)null, Array.Empty<Descriptor>())));
        Assert.That(document.ArtifactType, Is.Null);
    }

    [TestCase("""{"schemaVersion":2,"manifests":[]}""", Index)]
    [TestCase($$"""{"schemaVersion":2,"config":{{Config}},"layers":[]}""", Image)]
    public void The_list_may_be_empty(string json, string type) =>
        Assert.That(Read(json, type).GetReferences(), Has.Count.EqualTo(type == Index ? 0 : 1));

    [TestCase("")]
    [TestCase("application/json")]
    [TestCase("application/vnd.docker.distribution.manifest.v1+json")]
    [TestCase("application/vnd.docker.distribution.manifest.v1+prettyjws")]
    [TestCase("APPLICATION/VND.OCI.IMAGE.MANIFEST.V1+JSON")]
    public void Other_types_are_refused(string type) =>
        Assert.That(Refusal(SmallImage, type), Does.Contain("Content-Type").And.Contain(Image));

    [Test]
    public void A_media_type_in_the_manifest_equals_the_Content_Type()
    {
        var json = SmallImage.Replace("2,", $"2,\"mediaType\":\"{Image}\",", StringComparison.Ordinal);
        Assert.That(Read(json, Image).MediaType, Is.EqualTo(Image));
        Assert.That(Read(json, $"{Image} ; charset=utf-8").MediaType, Is.EqualTo(Image));
        Assert.That(
            Refusal(json, OciMediaTypes.DockerManifest),
            Is.EqualTo($"'mediaType' of the manifest must equal the Content-Type, {OciMediaTypes.DockerManifest}."));
    }

    [TestCase($"{{\"schemaVersion\":2,\"layers\":[{Layer}]}}", Image, "'config' of the manifest is missing.")]
    [TestCase($"{{\"schemaVersion\":2,\"config\":{Config}}}", Image, "'layers' of the manifest is missing.")]
    [TestCase("{\"schemaVersion\":2}", Index, "'manifests' of the manifest is missing.")]
    [TestCase("{\"schemaVersion\":2,\"manifests\":null}", Index, "'manifests' of the manifest is missing.")]
    [TestCase("{\"manifests\":[]}", Index, "'schemaVersion' of the manifest is missing.")]
    [TestCase("{\"schemaVersion\":1,\"manifests\":[]}", Index, "'schemaVersion' of the manifest must be 2.")]
    [TestCase("{\"schemaVersion\":\"2\",\"manifests\":[]}", Index, "'schemaVersion' of the manifest must be 2.")]
    [TestCase("{\"schemaVersion\":2,\"manifests\":{}}", Index, "'manifests' of the manifest must be an array.")]
    [TestCase("{\"schemaVersion\":2,\"manifests\":[1]}", Index, "'manifests[0]' of the manifest must be an object.")]
    [TestCase(
        $"{{\"schemaVersion\":2,\"manifests\":[{Child},null]}}",
        Index,
        "'manifests[1]' of the manifest must be an object.")]
    [TestCase(
        $"{{\"schemaVersion\":2,\"manifests\":[],\"layers\":[{Layer}]}}",
        Index,
        "'layers' of the manifest is not allowed in an index.")]
    [TestCase(
        $"{{\"schemaVersion\":2,\"manifests\":[],\"config\":{Config}}}",
        Index,
        "'config' of the manifest is not allowed in an index.")]
    [TestCase(
        $"{{\"schemaVersion\":2,\"config\":{Config},\"layers\":[],\"manifests\":[]}}",
        Image,
        "'manifests' of the manifest is only allowed in an index.")]
    public void A_refusal_names_the_member(string json, string type, string expected) =>
        Assert.That(Refusal(json, type), Is.EqualTo(expected));

    [TestCase("\"size\":32", "\"size\":-1", "'layers[0].size'")]
    [TestCase("\"size\":32", "\"size\":1.5", "'layers[0].size'")]
    [TestCase("\"size\":32", "\"size\":\"32\"", "'layers[0].size'")]
    [TestCase("\"size\":32", "\"size\":9223372036854775808", "'layers[0].size'")]
    [TestCase(",\"size\":32", "", "'layers[0].size' of the manifest is missing")]
    [TestCase("sha256:" + LayerHex, "sha512:" + LayerHex + LayerHex, "'layers[0].digest'")]
    [TestCase("sha256:" + LayerHex, "sha256:abc", "'layers[0].digest'")]
    [TestCase("sha256:" + ConfigHex, "sha256:44136FA3", "'config.digest'")]
    [TestCase("\"sha256:" + ConfigHex + "\"", "{}", "'config.digest' of the manifest must be a string")]
    [TestCase("\"digest\"", "\"Digest\"", "'config.digest' of the manifest is missing")]
    [TestCase("application/vnd.oci.image.config.v1+json", "config", "'config.mediaType'")]
    [TestCase("application/vnd.oci.image.config.v1+json", "", "'config.mediaType'")]
    [TestCase("application/vnd.oci.image.layer.v1.tar+gzip", "a/b;c=d", "'layers[0].mediaType'")]
    [TestCase("\"size\":2}", "\"size\":2,\"size\":3}", "'config.size' of the manifest must not occur twice")]
    [TestCase("\"size\":2}", "\"size\":2,\"s\\u0069ze\":3}", "'config.size' of the manifest must not occur twice")]
    [TestCase("\"size\":2}", "\"size\":null,\"size\":3}", "'config.size' of the manifest must not occur twice")]
    [TestCase("\"size\":2}", "\"size\":2,\"urls\":\"a\"}", "'config.urls'")]
    [TestCase("\"size\":2}", "\"size\":2,\"urls\":[1]}", "'config.urls'")]
    [TestCase("\"size\":2}", "\"size\":2,\"annotations\":[]}", "'config.annotations'")]
    [TestCase("\"size\":2}", "\"size\":2,\"annotations\":{\"a\":1}}", "'config.annotations'")]
    [TestCase("\"size\":2}", "\"size\":2,\"annotations\":{\"a\":null}}", "'config.annotations'")]
    [TestCase("\"size\":2}", "\"size\":2,\"annotations\":{\"a\":\"\",\"\\u0061\":\"\"}}", "a name twice")]
    [TestCase("\"size\":2}", "\"size\":2,\"artifactType\":\"x\"}", "'config.artifactType'")]
    [TestCase("{\"schemaVersion\":2", "{\"schemaVersion\":2,\"schemaVersion\":2", "'schemaVersion'")]
    [TestCase("{\"schemaVersion\":2", "{\"schemaVersion\":2,\"artifactType\":\"x\"", "'artifactType'")]
    [TestCase("{\"schemaVersion\":2", "{\"schemaVersion\":2,\"subject\":{}", "'subject.mediaType'")]
    [TestCase("{\"schemaVersion\":2", "{\"schemaVersion\":2,\"annotations\":{\"a\":[]}", "'annotations'")]
    [TestCase("{\"schemaVersion\":2", "{\"schemaVersion\":2,\"annotations\":{\"\\ud800\":\"\"}", "surrogates")]
    [TestCase("{\"schemaVersion\":2", "{\"schemaVersion\":2,\"annotations\":{\"a\":\"\\udc00\"}", "surrogates")]
    [TestCase("{\"schemaVersion\":2", "{\"schemaVersion\":2,\"mediaType\":\"\\ud800\"", "surrogates")]
    public void Invalid_values_are_refused(string valid, string invalid, string expected)
    {
        var at = SmallImage.IndexOf(valid, StringComparison.Ordinal);
        Assert.That(at, Is.Not.Negative);
        Assert.That(Refusal(SmallImage.Remove(at, valid.Length).Insert(at, invalid)), Does.Contain(expected));
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase(SmallImage + "{}")]
    [TestCase("\uFEFF" + SmallImage)]
    [TestCase("{\"schemaVersion\":2,}")]
    [TestCase("{'schemaVersion':2}")]
    public void Anything_but_one_JSON_value_is_refused(string json) =>
        Assert.That(Refusal(json), Does.StartWith("A manifest must be valid JSON of at most 64 levels: see line "));

    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("2")]
    public void Other_JSON_is_refused(string json) =>
        Assert.That(Refusal(json), Is.EqualTo("A manifest must be a JSON object."));

    [Test]
    public void Invalid_UTF8_is_refused_also_where_it_is_not_read()
    {
        var bytes = Encoding.Latin1.GetBytes("{\"unknown\":\"\u00e9\",\"schemaVersion\":2,\"manifests\":[]}");
        Assert.That(
            () => ManifestReader.Read(bytes, Index),
            Throws.TypeOf<ManifestFormatException>().With.Message.EqualTo("A manifest must be valid UTF-8."));
    }

    [Test]
    public void Unknown_members_are_ignored_up_to_64_levels()
    {
        Assert.That(Read(Nested(62), Index).Manifests, Is.Empty);
        Assert.That(Refusal(Nested(64), Index), Does.Contain("64 levels"));
        Assert.That(Refusal(Nested(1_000_000), Index), Does.Contain("64 levels"));

        static string Nested(int depth) =>
            $"{{\"a\":{new string('[', depth)}{new string(']', depth)},\"schemaVersion\":2,\"manifests\":[],\"a\":0}}";
    }

    [Test]
    public void Data_platform_and_null_are_accepted_in_descriptors()
    {
        var child = Child.Replace(
            "\"size\":0",
            "\"size\":0,\"data\":\"e30=\",\"platform\":{\"os\":\"linux\"},\"urls\":null,\"annotations\":null",
            StringComparison.Ordinal);
        var document = Read(SmallIndex.Replace(Child, child, StringComparison.Ordinal), Index);
        Assert.That(document.Manifests.Single().HasUrls, Is.False);
        Assert.That(document.Manifests.Single().Annotations, Is.Null);
    }

    [Test]
    public void A_manifest_may_have_exactly_4_MiB()
    {
        var padding = ManifestReader.MaxBytes - Padded(0).Length;
        Assert.That(Padded(padding), Has.Length.EqualTo(4 * 1024 * 1024));
        Assert.That(Read(Padded(padding), Index).Annotations!.Utf8.Length, Is.GreaterThan(4_000_000));
        Assert.That(Refusal(Padded(padding + 1), Index), Is.EqualTo("A manifest must have at most 4194304 bytes."));

        static string Padded(int length) =>
            $$"""{"annotations":{"a":"{{new string('x', length)}}"},"schemaVersion":2,"manifests":[]}""";
    }

    [Test]
    public void A_manifest_may_be_full_of_layers()
    {
        const int Count = 25_000;
        var json = SmallImage.Replace(
            Layer, string.Join(',', Enumerable.Repeat(Layer, Count)), StringComparison.Ordinal);
        var document = Read(json);
        Assert.That(document.Layers, Has.Length.EqualTo(Count));
        Assert.That(document.GetReferences(), Has.Count.EqualTo(2));
    }

    [Test]
    public void An_object_has_at_most_16384_annotations()
    {
        Assert.That(Read(Annotated(16_384), Index).Annotations, Is.Not.Null);
        Assert.That(Refusal(Annotated(16_385), Index), Does.Contain("'annotations' of the manifest must have at most"));

        static string Annotated(int count)
        {
            var annotations = Enumerable.Range(0, count)
                .Select(static number => string.Create(CultureInfo.InvariantCulture, $"\"{number}\":\"\""));
            return $$"""{"annotations":{ {{string.Join(',', annotations)}} },"schemaVersion":2,"manifests":[]}""";
        }
    }

    [Test]
    public void Annotations_keep_their_bytes()
    {
        const string Annotations = """{ "b":"\u00e9", "a":"é" }""";
        var document = Read($$"""{"annotations" : {{Annotations}} ,{{SmallImage[1..]}}""");
        Assert.That(Encoding.UTF8.GetString(document.Annotations!.Utf8.Span), Is.EqualTo(Annotations));
    }

    [Test]
    public void The_artifact_type_is_that_of_the_manifest_or_the_media_type_of_its_config()
    {
        Assert.That(Read(SmallImage).ArtifactType, Is.EqualTo("application/vnd.oci.image.config.v1+json"));
        var own = "{\"artifactType\":\"a/b\"," + SmallImage[1..];
        Assert.That(Read(own).ArtifactType, Is.EqualTo("a/b"));
        Assert.That(Read("{\"artifactType\":\"a/b\"," + SmallIndex[1..], Index).ArtifactType, Is.EqualTo("a/b"));
    }

    /// <summary>Changes and cuts a valid manifest at every byte.</summary>
    [Test]
    public void Damaged_bytes_are_read_or_refused_but_nothing_else()
    {
        var valid = Encoding.UTF8.GetBytes(
            $$"""{"annotations":{"a":"\u00e9"},"x":[{"y":-1.5e3}],"subject":{{Layer}},{{SmallImage[1..]}}""");
        Assert.That(Read(Encoding.UTF8.GetString(valid)).Subject, Is.Not.Null);
        var refused = 0;
        for (var at = 0; at < valid.Length; at++)
        {
            refused += TryRead(valid.AsMemory(0, at)) ? 0 : 1;
            foreach (var other in "\0 \"\\{}[],:0a\u00ff"u8)
            {
                var damaged = valid.ToArray();
                damaged[at] = other;
                refused += TryRead(damaged) ? 0 : 1;
            }
        }

        Assert.That(refused, Is.GreaterThan(valid.Length * 6));

        static bool TryRead(ReadOnlyMemory<byte> bytes)
        {
            try
            {
                ManifestReader.Read(bytes, Image);
                return true;
            }
            catch (ManifestFormatException)
            {
                return false;
            }
        }
    }

    private static ManifestDocument Read(string json, string type = Image) =>
        ManifestReader.Read(Encoding.UTF8.GetBytes(json), type);

    private static string Refusal(string json, string type = Image) =>
        Assert.Throws<ManifestFormatException>(() => Read(json, type))!.Message;
}
