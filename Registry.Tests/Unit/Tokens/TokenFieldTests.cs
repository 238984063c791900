using NUnit.Framework;
using Registry.Core.Tokens;

namespace Registry.Tests.Unit.Tokens;

[Parallelizable(ParallelScope.All)]
internal sealed class TokenFieldTests
{
    [TestCase("30m", 0.5)]
    [TestCase("12h", 12)]
    [TestCase("90d", 90 * 24)]
    [TestCase("3650d", 3650 * 24)]
    public void A_lifetime_has_a_unit(string text, double hours)
    {
        Assert.That(TokenLifetime.TryParse(text, out var lifetime, out _), Is.True);
        Assert.That(lifetime.Span, Is.EqualTo(TimeSpan.FromHours(hours)));
    }

    [Test]
    public void A_token_may_never_expire()
    {
        Assert.That(TokenLifetime.TryParse("never", out var lifetime, out _), Is.True);
        Assert.That(lifetime.Span, Is.Null);
    }

    [TestCase("", "''")]
    [TestCase("90", "'90'")]
    [TestCase("d", "'d'")]
    [TestCase("0d", "'0d'")]
    [TestCase("-1d", "'-1d'")]
    [TestCase("1.5d", "'1.5d'")]
    [TestCase("90D", "'90D'")]
    [TestCase("3651d", "'3651d'")]
    [TestCase("9223372036854775807m", "'9223372036854775807m'")]
    [TestCase("99999999999999999999d", "'99999999999999999999d'")]
    public void An_invalid_lifetime_is_refused_with_what_is_expected(string text, string shown)
    {
        Assert.That(TokenLifetime.TryParse(text, out _, out var problem), Is.False);
        Assert.That(
            problem,
            Is.EqualTo(
                $"is {shown}; expected minutes, hours or days up to 3650 days, such as 30m, 12h or 90d, or never"));
    }

    [TestCase("ci")]
    [TestCase("CI of team 7 (Zürich)")]
    [TestCase("持续集成")]
    [TestCase("🚀")]
    public void A_name_is_any_text_on_one_line(string text)
    {
        Assert.That(TokenName.TryParse(text, out var name, out _), Is.True);
        Assert.That(name.Value, Is.EqualTo(text));
    }

    [TestCase(null, "is missing; expected text such as 'ci'")]
    [TestCase("", "has 0 characters; expected 1 to 100")]
    [TestCase(" ci", "begins or ends with white space; expected text such as 'ci'")]
    [TestCase("ci\n", "begins or ends with white space; expected text such as 'ci'")]
    [TestCase("a\nb", "has characters that cannot be printed; expected text on one line")]
    [TestCase("a\u001b[2Jb", "has characters that cannot be printed; expected text on one line")]
    [TestCase("a\u202eb", "has characters that cannot be printed; expected text on one line")]
    [TestCase("a\u2028b", "has characters that cannot be printed; expected text on one line")]
    public void An_invalid_name_is_refused_with_what_is_expected(string? text, string problem)
    {
        Assert.That(TokenName.TryParse(text, out _, out var found), Is.False);
        Assert.That(found, Is.EqualTo(problem));
    }

    [Test]
    public void A_name_is_at_most_100_characters_of_valid_text()
    {
        Assert.That(TokenName.TryParse(new string('a', 100), out _, out _), Is.True);
        Assert.That(TokenName.TryParse(new string('a', 101), out _, out var problem), Is.False);
        Assert.That(problem, Is.EqualTo("has 101 characters; expected 1 to 100"));
        Assert.That(TokenName.TryParse($"a{'\ud83d'}", out _, out _), Is.False);
    }
}
