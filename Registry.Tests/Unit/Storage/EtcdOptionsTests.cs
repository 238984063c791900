using NUnit.Framework;
using Registry.Storage.Etcd;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Storage;

public sealed class EtcdOptionsTests
{
    [Test]
    public void The_defaults_are_valid() => Assert.That(ErrorsOf(new EtcdOptions()), Is.Empty);

    [Test]
    public void Several_endpoints_and_credentials_are_valid() => Assert.That(
        ErrorsOf(
            new EtcdOptions
            {
                Endpoints = "http://a:2379, http://b:2379,http://[::1]:1",
                Username = "u",
                Password = "p",
                Prefix = "a/b/"
            }), Is.Empty);

    [TestCase("", "ETCD__ENDPOINTS is empty")]
    [TestCase(" , ", "ETCD__ENDPOINTS is empty")]
    [TestCase("localhost:2379", "'localhost:2379'")]
    [TestCase("http://a:2379,ftp://b", "'ftp://b'")]
    [TestCase("http://a:2379/path", "'http://a:2379/path'")]
    [TestCase("http://a:2379,https://b:2379", "mixes")]
    public void Wrong_endpoints_are_named(string endpoints, string expected) =>
        Assert.That(ErrorsOf(new EtcdOptions { Endpoints = endpoints }), Has.Some.Contains(expected));

    [Test]
    public void A_password_in_an_endpoint_is_not_repeated() =>
        Assert.That(
            ErrorsOf(new EtcdOptions { Endpoints = "http://user:secret@a:2379" }),
            Has.Some.Contains("@a:2379").And.None.Contains("secret"));

    [TestCase("")]
    [TestCase("registry")]
    [TestCase("with space/")]
    [TestCase("ü/")]
    public void A_prefix_is_visible_ASCII_and_ends_with_a_slash(string prefix) =>
        Assert.That(ErrorsOf(new EtcdOptions { Prefix = prefix }), Has.Some.Contains("ETCD__PREFIX"));

    [TestCase(0)]
    [TestCase(-1)]
    [TestCase(61)]
    [TestCase(double.NaN)]
    public void A_timeout_is_positive_and_at_most_a_minute(double seconds) =>
        Assert.That(ErrorsOf(new EtcdOptions { TimeoutSeconds = seconds }), Has.Some.Contains("ETCD__TIMEOUTSECONDS"));

    [Test]
    public void All_errors_are_reported_at_once()
    {
        var errors = ErrorsOf(new EtcdOptions
        {
            Endpoints = "nonsense, http://a:1",
            Username = "u",
            Prefix = "x",
            TimeoutSeconds = 0,
            CertificateFile = "c.pem",
            CaFile = "/nowhere/ca.pem",
            ServerName = "not a name",
        });
        foreach (var setting in (string[])[
            "ETCD__ENDPOINTS", "ETCD__PASSWORD", "ETCD__PREFIX", "ETCD__TIMEOUTSECONDS", "ETCD__KEYFILE",
            "ETCD__CAFILE", "ETCD__SERVERNAME"
        ])
            Assert.That(errors, Has.Some.Contains(setting));
    }

    [Test]
    public void Certificates_are_validated_and_require_https()
    {
        using var authority = new TestAuthority();
        var (certificate, key) = authority.Issue("registry", "registry.test");
        var options = new EtcdOptions
        {
            Endpoints = "https://a:2379",
            CaFile = authority.File,
            CertificateFile = certificate,
            KeyFile = key,
            ServerName = "etcd.test"
        };
        Assert.That(ErrorsOf(options), Is.Empty);
        options.Endpoints = "http://a:2379";
        Assert.That(ErrorsOf(options), Has.Exactly(4).Contains("http://"));

        Assert.That(
            ErrorsOf(new EtcdOptions { Endpoints = "https://a", CaFile = key }), Has.Some.Contains("ETCD__CAFILE"));
        Assert.That(
            ErrorsOf(new EtcdOptions { Endpoints = "https://a", CertificateFile = certificate, KeyFile = certificate }),
            Has.Some.Contains("ETCD__KEYFILE"));
    }

    private static IEnumerable<string> ErrorsOf(EtcdOptions options) =>
        new EtcdOptionsValidator().Validate(null, options).Failures ?? [];
}
