using System.Text;
using Microsoft.Extensions.Primitives;
using NUnit.Framework;
using Registry.Api.Access;

namespace Registry.Tests.Unit.Access;

public sealed class CredentialsTests
{
    [TestCase("Bearer secret", "secret")]
    [TestCase("bearer secret", "secret")]
    [TestCase("BEARER  secret ", "secret")]
    [TestCase("Basic dXNlcjpzZWNyZXQ=", "secret", Description = "user:secret")]
    [TestCase("basic OnNlY3JldA==", "secret", Description = ":secret")]
    [TestCase("Basic dXNlcjpzZTpjcmV0", "se:cret", Description = "user:se:cret")]
    public void The_secret_is_the_bearer_token_or_the_password_of_any_user(string header, string secret)
    {
        var credentials = Credentials.Parse(header);
        Assert.That((credentials.Secret, credentials.Problem), Is.EqualTo((secret, (string?)null)));
        Assert.That(credentials.IsExplicitlyEmpty, Is.False);
    }

    [Test]
    public void Without_a_header_there_are_no_credentials() =>
        Assert.That(Credentials.Parse(default), Is.EqualTo(default(Credentials)));

    [Test]
    public void Basic_without_user_and_password_says_that_there_are_no_credentials()
    {
        var credentials = Credentials.Parse("Basic Og==");
        Assert.That((credentials.Secret, credentials.Problem), Is.EqualTo(((string?)null, (string?)null)));
        Assert.That(credentials.IsExplicitlyEmpty, Is.True);
    }

    [TestCase("", "is not supported")]
    [TestCase("Bearer", "have no token")]
    [TestCase("Bearer ", "have no token")]
    [TestCase("Basic", "have no colon")]
    [TestCase("Basic dXNlcg==", "have no colon", Description = "user")]
    [TestCase("Basic dXNlcjo=", "have no token", Description = "user:")]
    [TestCase("Basic !", "not in base64")]
    [TestCase("Digest username=x", "is not supported")]
    [TestCase("reg_verbatim", "is not supported")]
    public void Malformed_credentials_are_refused_with_the_reason(string header, string reason)
    {
        var credentials = Credentials.Parse(header);
        Assert.That(credentials.Secret, Is.Null);
        Assert.That(credentials.Problem, Does.Contain(reason));
        Assert.That(credentials.Problem, Does.Not.Contain("verbatim"), "It may be a secret.");
    }

    [Test]
    public void Several_headers_are_refused() => Assert.That(
        Credentials.Parse(new StringValues(["Bearer a", "Bearer a"])).Problem, Does.Contain("several"));

    [TestCase(Credentials.MaxSecretLength, null)]
    [TestCase(Credentials.MaxSecretLength + 1, "longer than 16384")]
    public void A_secret_has_a_maximum_length(int length, string? reason)
    {
        var secret = new string('x', length);
        foreach (var header in (string[])[$"Bearer {secret}", Credentials.ToBasic(secret)])
            Assert.That(Credentials.Parse(header).Problem, reason is null ? Is.Null : Does.Contain(reason));
    }

    [Test]
    public void The_header_for_a_secret_is_read_back() =>
        Assert.That(Credentials.Parse(Credentials.ToBasic("secret: ü")).Secret, Is.EqualTo("secret: ü"));

    [Test]
    public void Random_headers_are_parsed_without_an_exception()
    {
        var random = new Random(1);
        for (var i = 0; i < 10_000; i++)
        {
            var bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            var credentials = Credentials.Parse($"Basic {Convert.ToBase64String(bytes)}");
            Assert.That(credentials.Secret is null, Is.EqualTo(
                credentials.Problem is not null || credentials.IsExplicitlyEmpty));
            Credentials.Parse(Encoding.Latin1.GetString(bytes));
        }
    }
}
