using System.Text;
using NUnit.Framework;
using Registry.Core.Charts;
using Registry.Core.Storage;

namespace Registry.Tests.Unit.Charts;

public sealed class ProvenanceTests
{
    private static readonly string Hex = new('b', 64);

    /// <summary>A file as <c>helm package --sign</c> writes it, with an escaped list.</summary>
    private static readonly string Valid =
        $"""
        -----BEGIN PGP SIGNED MESSAGE-----
        Hash: SHA512

        apiVersion: v2
        dependencies:
        - - name: redis
          repository: https://x
        description: A chart
        keywords:
        - - cache
        name: app
        version: 1.2.0+b1

        ...
        files:
          app-1.2.0+b1.tgz: sha256:{Hex}
        -----BEGIN PGP SIGNATURE-----

        wsBcBAEBCgAQBQJd
        -----END PGP SIGNATURE-----
        """;

    private static string? Refusal(string file) =>
        Provenance.TryRead(Encoding.UTF8.GetBytes(file), out _, out var reason) ? null : reason;

    [TestCase("\n")]
    [TestCase("\r\n")]
    [TestCase(" \t\n")]
    public void A_provenance_file_names_the_chart_and_the_digest_of_its_archive(string lineEnd)
    {
        var file = Encoding.UTF8.GetBytes(Valid.Replace("\n", lineEnd, StringComparison.Ordinal));
        Assert.That(Provenance.TryRead(file, out var provenance, out var reason), Is.True, reason);
        Assert.That(provenance!.Chart.Name, Is.EqualTo("app"));
        Assert.That(provenance.Chart.Version, Is.EqualTo("1.2.0+b1"));
        Assert.That(provenance.Chart.Keywords, Is.EqualTo((string[])["cache"]));
        Assert.That(
            provenance.Files,
            Is.EquivalentTo((KeyValuePair<string, Digest>[])[new("app-1.2.0+b1.tgz", Digest.Parse(Hex))]));
    }

    [TestCase("-----BEGIN PGP SIGNED MESSAGE-----", "----", "not a cleartext-signed message")]
    [TestCase("-----BEGIN PGP SIGNATURE-----", "----", "Expected a signed message with two YAML documents")]
    [TestCase("\n...\n", "\n", "Expected a signed message with two YAML documents")]
    [TestCase("files:", "images:", "lists no files")]
    [TestCase("sha256:", "sha512:", "The digest of 'app-1.2.0+b1.tgz' is not 'sha256:' and 64")]
    [TestCase("sha256:b", "sha256:B", "The digest of 'app-1.2.0+b1.tgz' is not")]
    [TestCase("sha256:b", "sha256:", "The digest of 'app-1.2.0+b1.tgz' is not")]
    [TestCase("version: 1.2.0+b1", "version: 1", "The version '1' is not a semantic version")]
    [TestCase("name: app", "nam: app", "The chart has no name.")]
    [TestCase("description: A chart", "description: *a", "uses a YAML alias")]
    [TestCase("files:\n", "files: &a [*a]\nmore:\n", "uses a YAML alias")]
    [TestCase("files:\n", "files:\nmore:\n", "lists no files")]
    public void An_invalid_file_is_refused_with_the_reason(string part, string replacement, string reason)
    {
        Assert.That(Valid, Does.Contain(part));
        Assert.That(Refusal(Valid.Replace(part, replacement, StringComparison.Ordinal)), Does.Contain(reason));
    }

    [Test]
    public void A_file_that_ends_early_is_refused()
    {
        for (var length = 0; length < Valid.IndexOf("-----BEGIN PGP SIGNATURE", StringComparison.Ordinal); length++)
            Assert.That(Refusal(Valid[..length]), Is.Not.Null);
    }

    [Test]
    public void A_file_above_1_MiB_is_refused()
    {
        var padding = new string('x', Provenance.MaxBytes - Valid.Length);
        Assert.That(Refusal(Valid + padding), Is.Null);
        Assert.That(Refusal(Valid + padding + "x"), Does.Contain("larger than 1048576 bytes"));
    }
}
