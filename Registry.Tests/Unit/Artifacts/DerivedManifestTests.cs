using System.Text;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Artifacts;

/// <summary>
/// The expected manifests of charts were pushed by Helm 3.17.3 and by 4.1.4, which write the same bytes.
/// </summary>
[Parallelizable(ParallelScope.All)]
internal sealed class DerivedManifestTests
{
    private const string PushedByHelm =
        """
        {"schemaVersion":2,"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:2b4fecc982ed845d347ea0d07277feb5b3dfe2574356fa8caeba54df09617d71","size":534},"layers":[{"mediaType":"application/vnd.cncf.helm.chart.content.v1.tar+gzip","digest":"sha256:7c111e76a3e36bc87dbfe8b1e21cfdbed398699eab8dcb28d56adf2af1d239a0","size":526},{"mediaType":"application/vnd.cncf.helm.chart.provenance.v1.prov","digest":"sha256:9b30dec82251c1fdef50ad2bb0bc6cb2a4f441132dcb9f8946a6413e1b9f15b5","size":18}],"annotations":{"Upper":"before lower","a.empty":"","org.opencontainers.image.authors":"Ann (ann@example.com), Bob","org.opencontainers.image.created":"2026-01-02T03:04:05Z","org.opencontainers.image.description":"overridden","org.opencontainers.image.source":"https://example.com/src","org.opencontainers.image.title":"odd","org.opencontainers.image.url":"https://example.com/?a=1\u0026b=2","org.opencontainers.image.version":"1.2.0-rc.1+build.7","zeta":"last"}}
        """;

    private static readonly Descriptor Chart = new(
        OciMediaTypes.HelmChart, Digest.Parse("7c111e76a3e36bc87dbfe8b1e21cfdbed398699eab8dcb28d56adf2af1d239a0"), 526);

    private static readonly Descriptor Provenance = new(
        OciMediaTypes.HelmProvenance,
        Digest.Parse("9b30dec82251c1fdef50ad2bb0bc6cb2a4f441132dcb9f8946a6413e1b9f15b5"),
        18);

    private static readonly Dictionary<string, string> Annotations = new()
    {
        ["org.opencontainers.image.title"] = "odd",
        ["org.opencontainers.image.version"] = "1.2.0-rc.1+build.7",
        ["org.opencontainers.image.description"] = "overridden",
        ["org.opencontainers.image.url"] = "https://example.com/?a=1&b=2",
        ["org.opencontainers.image.source"] = "https://example.com/src",
        ["org.opencontainers.image.authors"] = "Ann (ann@example.com), Bob",
        ["org.opencontainers.image.created"] = WholeSeconds.Format(Samples.Start),
        ["zeta"] = "last",
        ["a.empty"] = "",
        ["Upper"] = "before lower",
    };

    [Test]
    public void A_chart_has_the_manifest_that_Helm_pushes()
    {
        var config = Digest.Parse("2b4fecc982ed845d347ea0d07277feb5b3dfe2574356fa8caeba54df09617d71");
        foreach (var layers in new Descriptor[][] { [Chart, Provenance], [Provenance, Chart] })
            Assert.That(Text(DerivedManifest.Helm(config, 534, layers, Annotations)), Is.EqualTo(PushedByHelm));
    }

    /// <summary>The digest is that of a chart with these annotations, pushed by both versions of Helm.</summary>
    [Test]
    public void Texts_are_escaped_and_names_are_sorted_as_Helm_does()
    {
        var manifest = DerivedManifest.Helm(
            Digest.Parse("c86586332318aded4e79fa8444e3a6e73f47230cb51b8844db6d5e35bd6bd03c"),
            261,
            [Chart with
            {
                Digest = Digest.Parse("a3e86a51b338f90797e32a6b459afb57ac767281caeb2ed2cb78d425bc9b2ce1"),
                Size = 317,
            }],
            new Dictionary<string, string>
            {
                ["\U0001F600"] = "four bytes",
                ["\uFF5A"] = "three bytes",
                ["a<b"] = "in a key",
                ["escapes"] = "<a href=\"x\">T & J</a> \\ / \t \n \r \b \f \u0001 \u001f \u007f caf\u00e9 \U0001F600"
                    + " \u2028 \u2029 ' + \u00a0",
                ["org.opencontainers.image.created"] = "2026-01-02T03:04:05Z",
                ["org.opencontainers.image.title"] = "escapes",
                ["org.opencontainers.image.version"] = "1.0.0",
            });
        Assert.That(
            Samples.Sha256(Text(manifest)).Value,
            Is.EqualTo("d1384e20da73ae23ea81aa7c6ec077ffb6e3f0455df96a50632c46351e97abb6"));
    }

    [Test]
    public void A_manifest_without_annotations_has_no_member_for_them()
    {
        var manifest = DerivedManifest.Helm(Chart.Digest, 1, [Chart], new Dictionary<string, string>());
        Assert.That(Text(manifest), Does.EndWith("\"size\":526}]}"));
    }

    [Test]
    public void Half_of_a_surrogate_pair_becomes_the_replacement_character()
    {
        var manifest = DerivedManifest.Helm(
            Chart.Digest, 1, [Chart], new Dictionary<string, string> { ["a"] = "\ud83d-\ude00\ud83d" });
        Assert.That(Text(manifest), Does.EndWith("{\"a\":\"\\ufffd-\\ufffd\\ufffd\"}}"));
    }

    [Test]
    public void Any_other_package_has_the_manifest_that_ORAS_pushes_for_a_file()
    {
        var manifest = DerivedManifest.Package(
            Samples.Type("docker-compose"),
            Samples.Sha256("a"),
            1234,
            "team_app_1.2.0.docker-compose.tar.gz",
            new DateTimeOffset(2026, 1, 2, 5, 4, 5, 999, TimeSpan.FromHours(2)));
        Assert.That(Text(manifest), Is.EqualTo(
            """
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.cnr.package-manifest.docker-compose.v1.json","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2,"data":"e30="},"layers":[{"mediaType":"application/vnd.cnr.package.docker-compose.v1.tar+gzip","digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb","size":1234,"annotations":{"org.opencontainers.image.title":"team_app_1.2.0.docker-compose.tar.gz"}}],"annotations":{"org.opencontainers.image.created":"2026-01-02T03:04:05Z"}}
            """));
    }

    [Test]
    public void Several_media_types_have_an_index_in_their_order()
    {
        var kpm = new Descriptor(
            OciMediaTypes.Manifest, Samples.Sha256("a"), 10, OciMediaTypes.PackageManifest(Samples.Type("kpm")));
        var helm = new Descriptor(OciMediaTypes.Manifest, Samples.Sha256("b"), 20, OciMediaTypes.HelmConfig);
        var index = DerivedManifest.Index([(Samples.Type("kpm"), kpm), (Samples.Type("helm"), helm)]);
        Assert.That(Text(index), Is.EqualTo(
            """
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d","size":20,"annotations":{"vnd.cnr.package.media-type":"helm"},"artifactType":"application/vnd.cncf.helm.config.v1+json"},{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb","size":10,"annotations":{"vnd.cnr.package.media-type":"kpm"},"artifactType":"application/vnd.cnr.package-manifest.kpm.v1.json"}]}
            """));
        Assert.That(
            DerivedManifest.Index([(Samples.Type("helm"), helm), (Samples.Type("kpm"), kpm)]), Is.EqualTo(index));
    }

    [Test]
    public void What_is_generated_can_be_read()
    {
        var package = Samples.Type("kpm");
        var chart = ManifestReader.Read(
            DerivedManifest.Helm(Chart.Digest, 1, [Chart, Provenance], Annotations), OciMediaTypes.Manifest);
        var other = ManifestReader.Read(
            DerivedManifest.Package(package, Chart.Digest, 1, "a", Samples.Start), OciMediaTypes.Manifest);
        var index = ManifestReader.Read(
            DerivedManifest.Index([(package, new(OciMediaTypes.Manifest, Chart.Digest, 1, other.ArtifactType))]),
            OciMediaTypes.Index);
        Assert.That(chart.Layers, Is.EqualTo(new[] { Chart, Provenance }));
        Assert.That(other.Config!.Digest, Is.EqualTo(DerivedManifest.EmptyConfigDigest));
        Assert.That(index.Manifests.Single().ArtifactType, Is.EqualTo(OciMediaTypes.PackageManifest(package)));
    }

    private static string Text(byte[] utf8) => Encoding.UTF8.GetString(utf8);
}
