using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Core.Storage;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Artifacts;

[Parallelizable(ParallelScope.All)]
internal sealed class ManifestDocumentTests
{
    private const string LayerType = "application/vnd.oci.image.layer.v1.tar+gzip";

    private static readonly Digest A = Samples.Sha256("a");

    private static readonly Digest B = Samples.Sha256("b");

    private static readonly Digest C = Samples.Sha256("c");

    [Test]
    public void A_manifest_refers_to_its_config_and_layers_but_not_to_its_subject()
    {
        var document = SampleManifests.Image(new Descriptor(LayerType, A, 1)) with
        {
            Subject = new(OciMediaTypes.Manifest, B, 1),
        };
        Assert.That(document.GetReferences(), Is.EquivalentTo(new ManifestReference[]
        {
            new(SampleManifests.ConfigDigest, IsManifest: false, IsRequired: true),
            new(A, IsManifest: false, IsRequired: true),
        }));
    }

    [TestCase("application/vnd.oci.image.layer.nondistributable.v1.tar")]
    [TestCase("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd")]
    [TestCase("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")]
    public void A_layer_that_must_not_be_distributed_is_not_required(string type) =>
        Assert.That(
            SampleManifests.Image(new Descriptor(type, A, 1)).GetReferences(),
            Does.Contain(new ManifestReference(A, false, false)));

    [Test]
    public void A_layer_that_is_elsewhere_is_not_required_unless_it_is_named_again()
    {
        var elsewhere = new Descriptor(LayerType, A, 1, HasUrls: true);
        Assert.That(
            SampleManifests.Image(elsewhere).GetReferences(), Does.Contain(new ManifestReference(A, false, false)));
        Assert.That(
            SampleManifests.Image(elsewhere, new(LayerType, A, 1), elsewhere).GetReferences(),
            Has.Count.EqualTo(2).And.All.Matches<ManifestReference>(static reference => reference.IsRequired));
    }

    [Test]
    public void An_index_refers_to_manifests_and_to_other_content_as_blobs()
    {
        var document = SampleManifests.Index(
            new(OciMediaTypes.DockerManifest, A, 1),
            new(OciMediaTypes.Index, B, 1),
            new(LayerType, C, 1),
            new(OciMediaTypes.DockerManifest, A, 1));
        Assert.That(document.GetReferences(), Is.EquivalentTo(new ManifestReference[]
        {
            new(A, IsManifest: true, IsRequired: true),
            new(B, IsManifest: true, IsRequired: true),
            new(C, IsManifest: false, IsRequired: true),
        }));
    }
}
