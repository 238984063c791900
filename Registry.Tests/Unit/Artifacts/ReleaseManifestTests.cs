using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Artifacts;

[Parallelizable(ParallelScope.All)]
internal sealed class ReleaseManifestTests
{
    private static readonly Descriptor Chart = new(OciMediaTypes.HelmChart, Samples.Sha256("chart"), 1);

    private static readonly Descriptor LegacyChart = new(OciMediaTypes.LegacyHelmChart, Samples.Sha256("old"), 1);

    private static readonly Descriptor Provenance = new(OciMediaTypes.HelmProvenance, Samples.Sha256("prov"), 1);

    private static readonly Descriptor Other = new("text/plain", Samples.Sha256("other"), 1);

    private static readonly Descriptor Kpm = new(OciMediaTypes.Package(Samples.Type("kpm")), Samples.Sha256("kpm"), 1);

    private static readonly string KpmType = OciMediaTypes.PackageManifest(Samples.Type("kpm"));

    [Test]
    public void A_Helm_chart_is_found_by_media_type_and_not_by_place()
    {
        Assert.That(
            Helm(Provenance, Other, Chart),
            Is.EqualTo(new ReleaseManifest(Samples.Type("helm"), Chart, Provenance)));
        Assert.That(
            Helm(LegacyChart), Is.EqualTo(new ReleaseManifest(Samples.Type("helm"), LegacyChart, null)));
    }

    [Test]
    public void A_Helm_chart_has_one_chart_and_at_most_one_provenance_file()
    {
        const string OneChart = "'layers' of a Helm chart must contain exactly one layer of type";
        Assert.That(() => Helm(), Throws.TypeOf<ManifestFormatException>().With.Message.StartsWith(OneChart));
        Assert.That(() => Helm(Other), Throws.TypeOf<ManifestFormatException>().With.Message.StartsWith(OneChart));
        Assert.That(
            () => Helm(Chart, LegacyChart), Throws.TypeOf<ManifestFormatException>().With.Message.StartsWith(OneChart));
        Assert.That(
            () => Helm(Provenance, Chart, Provenance),
            Throws.TypeOf<ManifestFormatException>().With.Message.Contains("at most one"));
    }

    [Test]
    public void A_package_is_found_by_its_artifact_type_and_its_only_layer()
    {
        Assert.That(
            ReleaseManifest.Find(SampleManifests.Image(Kpm) with { ArtifactType = KpmType }),
            Is.EqualTo(new ReleaseManifest(Samples.Type("kpm"), Kpm, null)));
        foreach (var layers in new Descriptor[][] { [], [Other], [Kpm, Kpm], [Kpm, Other], [Chart] })
            Assert.That(
                ReleaseManifest.Find(SampleManifests.Image(layers) with { ArtifactType = KpmType }), Is.Null);
        var helm = OciMediaTypes.PackageManifest(Samples.Type("helm"));
        Assert.That(ReleaseManifest.Find(SampleManifests.Image(Kpm) with { ArtifactType = helm }), Is.Null);
    }

    [Test]
    public void Other_manifests_and_indexes_are_not_releases()
    {
        Assert.That(ReleaseManifest.Find(SampleManifests.Image(Chart)), Is.Null);
        Assert.That(ReleaseManifest.Find(SampleManifests.Image(Kpm)), Is.Null);
        Assert.That(ReleaseManifest.Find(SampleManifests.Index(Kpm) with { ArtifactType = KpmType }), Is.Null);
        Assert.That(
            ReleaseManifest.Find(SampleManifests.Index(Chart) with { ArtifactType = OciMediaTypes.HelmConfig }),
            Is.Null);
    }

    private static ReleaseManifest? Helm(params Descriptor[] layers) =>
        ReleaseManifest.Find(SampleManifests.WithConfig(OciMediaTypes.HelmConfig, layers));
}
