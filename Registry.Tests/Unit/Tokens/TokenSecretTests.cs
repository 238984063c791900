using NUnit.Framework;
using Registry.Core.Tokens;

namespace Registry.Tests.Unit.Tokens;

[Parallelizable(ParallelScope.All)]
internal sealed class TokenSecretTests
{
    [Test]
    public void A_token_has_the_documented_form()
    {
        var secret = TokenSecret.Create();
        Assert.That(secret.Text, Does.Match("^reg_[0-9a-z]{12}_[0-9A-Za-z]{49}$"));
        Assert.That(TokenSecret.TryParse(secret.Text, out var parsed), Is.True);
        Assert.That((parsed!.Id, parsed.Text), Is.EqualTo((secret.Id, secret.Text)));
        Assert.That(parsed.Matches(secret.Hash()), Is.True);
        Assert.That(secret.Text, Does.Contain(secret.Id.Value));
    }

    [Test]
    public void Two_tokens_differ() =>
        Assert.That(TokenSecret.Create().Text, Is.Not.EqualTo(TokenSecret.Create().Text));

    [Test]
    public void A_change_of_any_character_is_detected()
    {
        var text = TokenSecret.Create().Text;
        for (var i = 0; i < text.Length; i++)
        {
            var changed = $"{text[..i]}{(text[i] == 'x' ? 'y' : 'x')}{text[(i + 1)..]}";
            Assert.That(TokenSecret.TryParse(changed, out _), Is.False, changed);
        }
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("reg_")]
    [TestCase("reg_0123456789ab_")]
    [TestCase("ghp_0123456789ab_0000000000000000000000000000000000000000000000000")]
    [TestCase("reg_0123456789AB_0000000000000000000000000000000000000000000000000")]
    [TestCase("reg_0123456789ab_000000000000000000000000000000000000000000000000é")]
    [TestCase("reg_0123456789ab-0000000000000000000000000000000000000000000000000")]
    public void Other_texts_are_no_tokens(string? text) =>
        Assert.That(TokenSecret.TryParse(text, out _), Is.False);

    /// <summary>The checksum is the CRC-32 of what precedes it, in base 62: a scanner can compute it too.</summary>
    [Test]
    public void The_checksum_is_that_of_the_documentation() =>
        Assert.That(
            TokenSecret.TryParse("reg_0123456789ab_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg0MkgVh", out _), Is.True);

    [Test]
    public void A_log_does_not_show_the_secret()
    {
        var secret = TokenSecret.Create();
        Assert.That($"{secret}", Is.EqualTo($"reg_{secret.Id}_…"));
    }
}
