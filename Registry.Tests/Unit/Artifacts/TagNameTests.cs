using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Core.Versions;

namespace Registry.Tests.Unit.Artifacts;

[Parallelizable(ParallelScope.All)]
internal sealed class TagNameTests
{
    [TestCase("latest")]
    [TestCase("1.2.0_b1")]
    [TestCase("_")]
    [TestCase("0--..")]
    [TestCase("Sha256-ABC")]
    public void A_tag_has_letters_digits_dots_dashes_and_underscores(string text)
    {
        Assert.That(TagName.TryParse(text, out var tag), Is.True);
        Assert.That((tag.Value, tag.ToString()), Is.EqualTo((text, text)));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase(".a")]
    [TestCase("-a")]
    [TestCase("1.2.0+b1")]
    [TestCase("a/b")]
    [TestCase("a b")]
    [TestCase("a:b")]
    [TestCase("é")]
    [TestCase("a\n")]
    public void Invalid_text_is_not_a_tag(string? text) => Assert.That(TagName.TryParse(text, out _), Is.False);

    [Test]
    public void A_tag_has_at_most_128_characters()
    {
        Assert.That(TagName.TryParse(new string('a', 128), out _), Is.True);
        Assert.That(TagName.TryParse(new string('a', 129), out _), Is.False);
    }

    [Test]
    public void The_default_value_names_nothing()
    {
        Assert.That(() => default(TagName).Value, Throws.InvalidOperationException);
        Assert.That(default(TagName).ToString(), Is.Empty);
    }

    [TestCase("1.2.0", "1.2.0")]
    [TestCase("1.2.0-rc.1+build.7", "1.2.0-rc.1_build.7")]
    public void A_release_has_a_tag_that_leads_back_to_it(string text, string expected)
    {
        var release = Release.Parse(text);
        var tag = TagName.Of(release);
        Assert.That(tag.Value, Is.EqualTo(expected));
        Assert.That(TagName.TryParse(tag.Value, out var parsed), Is.True);
        Assert.That(parsed, Is.EqualTo(tag));
        Assert.That(parsed.TryGetRelease(out var found), Is.True);
        Assert.That(found, Is.EqualTo(release));
    }

    [Test]
    public void The_longest_release_has_a_tag()
    {
        var release = Release.Parse($"1.0.0+{new string('b', Release.MaxLength - 6)}");
        Assert.That(TagName.TryParse(TagName.Of(release).Value, out _), Is.True);
    }

    [TestCase("latest")]
    [TestCase("1.2")]
    [TestCase("v1.2.0")]
    [TestCase("1.2.0_a_b")]
    [TestCase("1.2.0__helm")]
    public void Other_tags_have_no_release(string text)
    {
        Assert.That(TagName.TryParse(text, out var tag), Is.True);
        Assert.That(tag.TryGetRelease(out _), Is.False);
    }

    [Test]
    public void Tags_are_in_ordinal_order()
    {
        string[] texts = ["_", "a", "B", "0", "a-b", "a.b"];
        var tags = texts.Select(static text => TagName.TryParse(text, out var tag) ? tag : default).Order();
        Assert.That(tags.Select(static tag => tag.Value), Is.EqualTo(texts.Order(StringComparer.Ordinal)));
    }
}
