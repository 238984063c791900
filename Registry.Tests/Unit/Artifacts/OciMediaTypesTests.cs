using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Artifacts;

[Parallelizable(ParallelScope.All)]
internal sealed class OciMediaTypesTests
{
    [TestCase("application/vnd.oci.image.manifest.v1+json")]
    [TestCase("a/b")]
    [TestCase("0/0")]
    [TestCase("text/x!#$&^_.+-")]
    public void Media_types_follow_RFC_6838(string text) => Assert.That(OciMediaTypes.IsValid(text), Is.True);

    [TestCase("")]
    [TestCase("application")]
    [TestCase("application/")]
    [TestCase("/json")]
    [TestCase("a/b/c")]
    [TestCase("a/+b")]
    [TestCase("text/plain; charset=utf-8")]
    [TestCase("text/plain\n")]
    [TestCase("text/é")]
    public void Invalid_text_is_not_a_media_type(string text) => Assert.That(OciMediaTypes.IsValid(text), Is.False);

    [Test]
    public void Each_half_of_a_media_type_has_at_most_127_characters()
    {
        var longest = new string('a', 127);
        Assert.That(OciMediaTypes.IsValid($"{longest}/{longest}"), Is.True);
        Assert.That(OciMediaTypes.IsValid($"{longest}a/b"), Is.False);
        Assert.That(OciMediaTypes.IsValid($"a/{longest}b"), Is.False);
    }

    [TestCase("kpm")]
    [TestCase("docker-compose")]
    [TestCase("a.v1.json")]
    [TestCase("0.+_-")]
    public void A_CNR_media_type_has_an_artifact_type_that_leads_back_to_it(string text)
    {
        var mediaType = Samples.Type(text);
        Assert.That(OciMediaTypes.IsValid(OciMediaTypes.PackageManifest(mediaType)), Is.True);
        Assert.That(OciMediaTypes.IsValid(OciMediaTypes.Package(mediaType)), Is.True);
        Assert.That(
            OciMediaTypes.TryParsePackageManifest(OciMediaTypes.PackageManifest(mediaType), out var parsed), Is.True);
        Assert.That(parsed, Is.EqualTo(mediaType));
    }

    [TestCase(null)]
    [TestCase("kpm")]
    [TestCase("application/vnd.cnr.package-manifest.v1.json")]
    [TestCase("application/vnd.cnr.package-manifest..v1.json")]
    [TestCase("application/vnd.cnr.package-manifest.kpm.v0.json")]
    [TestCase("application/vnd.appr.package-manifest.kpm.v1.json")]
    [TestCase("application/vnd.cnr.package-manifest.KPM.v1.json")]
    [TestCase("application/vnd.cnr.package.kpm.v1.tar+gzip")]
    [TestCase("application/vnd.cnr.package-manifest.application/vnd.cnr.package-manifest.kpm.v1.json.v1.json")]
    public void Other_artifact_types_have_no_CNR_media_type(string? text) =>
        Assert.That(OciMediaTypes.TryParsePackageManifest(text, out _), Is.False);
}
