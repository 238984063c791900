using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Artifacts;

[Parallelizable(ParallelScope.All)]
internal sealed class OciDigestTests
{
    private const string Hex = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    [Test]
    public void A_digest_has_its_algorithm()
    {
        var digest = Samples.Sha256("{}");
        Assert.That(OciDigest.Format(digest), Is.EqualTo($"sha256:{Hex}"));
        Assert.That(OciDigest.TryParse($"sha256:{Hex}", out var parsed), Is.True);
        Assert.That(parsed, Is.EqualTo(digest));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("sha256:")]
    [TestCase(Hex)]
    [TestCase("SHA256:" + Hex)]
    [TestCase("sha512:" + Hex)]
    [TestCase("sha256:" + Hex + "0")]
    [TestCase("sha512:" + Hex + Hex)]
    [TestCase("sha256:4" + "4136FA355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")]
    [TestCase("sha256:baddigeststring")]
    [TestCase("sha256-" + Hex)]
    public void Invalid_text_is_not_a_digest(string? text) => Assert.That(OciDigest.TryParse(text, out _), Is.False);
}
