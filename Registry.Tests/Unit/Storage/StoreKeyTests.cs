using NUnit.Framework;
using Registry.Core.Storage;

namespace Registry.Tests.Unit.Storage;

public sealed class StoreKeyTests
{
    [TestCase("app", "app")]
    [TestCase("my-app_1.0", "my-app_1.0")]
    [TestCase("App", "%41pp")]
    [TestCase("", "%")]
    [TestCase("%", "%25")]
    [TestCase(".", "%2e")]
    [TestCase("..", "%2e.")]
    [TestCase(".a.b", "%2ea.b")]
    [TestCase("a/b", "a%2fb")]
    [TestCase("@", "%40")]
    [TestCase("a b", "a%20b")]
    [TestCase("é", "%c3%a9")]
    [TestCase("😀", "%f0%9f%98%80")]
    [TestCase("\0", "%00")]
    public void A_segment_is_escaped_to_characters_that_every_backend_supports(string segment, string escaped)
    {
        var key = StoreKey.Of(segment);
        Assert.That(key.Value, Is.EqualTo(escaped));
        Assert.That(key.Segments(), Is.EqualTo(new[] { segment }));
        Assert.That(StoreKey.TryParse(escaped, out var parsed) && parsed == key, Is.True);
    }

    [TestCase("")]
    [TestCase("/")]
    [TestCase("a/")]
    [TestCase("/a")]
    [TestCase("a//b")]
    [TestCase(".")]
    [TestCase("..")]
    [TestCase("a/../b")]
    [TestCase(".hidden")]
    [TestCase("A")]
    [TestCase("a@b")]
    [TestCase("@")]
    [TestCase("a b")]
    [TestCase("é")]
    [TestCase("%4")]
    [TestCase("%zz")]
    [TestCase("%2E")]
    [TestCase("%61")]
    [TestCase("a%")]
    [TestCase("%%")]
    [TestCase("%ff")]
    [TestCase("%c3")]
    [TestCase("%ed%a0%80")]
    [TestCase("%+1")]
    [TestCase(null)]
    public void Non_canonical_keys_are_not_parsed(string? text) =>
        Assert.That(StoreKey.TryParse(text, out _), Is.False);

    [Test]
    public void Overlong_keys_are_refused_and_never_truncated()
    {
        var longest = new string('a', StoreKey.MaxSegmentBytes);
        Assert.That(StoreKey.TryOf([longest], out _), Is.True);
        Assert.That(StoreKey.TryOf([longest + "a"], out _), Is.False);
        Assert.That(StoreKey.TryOf([new string('A', StoreKey.MaxSegmentBytes / 3)], out _), Is.True);
        Assert.That(
            StoreKey.TryOf([new string('A', (StoreKey.MaxSegmentBytes / 3) + 1)], out _),
            Is.False,
            "the escaped length counts");

        string[] full = [longest, longest, longest, new string('a', StoreKey.MaxKeyBytes - (3 * longest.Length) - 3)];
        Assert.That(StoreKey.Of(full).Value, Has.Length.EqualTo(StoreKey.MaxKeyBytes));
        Assert.That(() => StoreKey.Of([.. full, ""]), Throws.ArgumentException);
        Assert.That(StoreKey.TryParse(StoreKey.Of(full).Value + "a", out _), Is.False);
    }

    [Test]
    public void No_segments_and_invalid_Unicode_are_refused()
    {
        Assert.That(() => StoreKey.Of(), Throws.ArgumentException);
        Assert.That(() => StoreKey.Of("a", "\ud800"), Throws.ArgumentException);
        Assert.That(() => StoreKey.Of("\udc00b"), Throws.ArgumentException);
    }

    [Test]
    public void The_default_key_has_no_value()
    {
        Assert.That(() => default(StoreKey).Value, Throws.InvalidOperationException);
        Assert.That(default(StoreKey).ToString(), Is.Empty);
    }

    [Test]
    public void IsBelow_compares_whole_segments()
    {
        var scope = StoreKey.Of("a", "b");
        Assert.That(StoreKey.Of("a", "b", "c").IsBelow(scope), Is.True);
        Assert.That(StoreKey.Of("a", "b", "").IsBelow(scope), Is.True);
        Assert.That(StoreKey.Of("a", "bc").IsBelow(scope), Is.False);
        Assert.That(StoreKey.Of("a", "b-c").IsBelow(scope), Is.False);
        Assert.That(StoreKey.Of("a", "b").IsBelow(scope), Is.False);
        Assert.That(StoreKey.Of("a").IsBelow(scope), Is.False);
    }
}
