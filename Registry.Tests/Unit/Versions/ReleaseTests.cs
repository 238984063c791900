using NUnit.Framework;
using Registry.Core.Versions;

namespace Registry.Tests.Unit.Versions;

[TestFixture]
public sealed class ReleaseTests
{
    [TestCase("0.0.0")]
    [TestCase("1.0.0")]
    [TestCase("1.0.0-rc.1")]
    [TestCase("1.0.0+build.5")]
    [TestCase("1.0.0-rc.1+b")]
    [TestCase("3.0.0-0")]
    [TestCase("99999999999.0.0")]
    [TestCase("99999999999999999999999999999999999999.99999999999999999999999999999999.1")]
    [TestCase("1.0.0-0a.1-2.--")]
    [TestCase("1.0.0+001.-")]
    [TestCase("1.0.0+a-b")]
    [TestCase("1.0.0--+-")]
    public void A_semantic_version_is_a_release(string text)
    {
        var parsed = Release.TryParse(text, out var release, out var reason);

        Assert.That(parsed, Is.True, reason);
        Assert.That(reason, Is.Null);
        Assert.That(release.Value, Is.EqualTo(text));
        Assert.That(release.ToString(), Is.EqualTo(text));
    }

    [TestCase(null, "Invalid empty version string: ''")]
    [TestCase("", "Invalid empty version string: ''")]
    [TestCase("anc", "Invalid version string: 'anc'")]
    [TestCase("default", "Invalid version string: 'default'")]
    [TestCase("null", "Invalid version string: 'null'")]
    [TestCase("1", "Invalid version string: '1'")]
    [TestCase("1.0", "Invalid version string: '1.0'")]
    [TestCase("1.0.", "Invalid version string: '1.0.'")]
    [TestCase("1..0", "Invalid version string: '1..0'")]
    [TestCase("1.0.0.0", "Invalid version string: '1.0.0.0'")]
    [TestCase("1.0.0.", "Invalid version string: '1.0.0.'")]
    [TestCase("v1.0.0", "Invalid version string: 'v1.0.0'. Releases have no leading v: 1.0.0")]
    [TestCase("V1.0.0-rc.1", "Invalid version string: 'V1.0.0-rc.1'. Releases have no leading v: 1.0.0-rc.1")]
    [TestCase("v1", "Invalid version string: 'v1'")]
    [TestCase("vv1.0.0", "Invalid version string: 'vv1.0.0'")]
    [TestCase("01.0.0", "Invalid leading zero in major: '01.0.0'")]
    [TestCase("1.00.0", "Invalid leading zero in minor: '1.00.0'")]
    [TestCase("1.0.01", "Invalid leading zero in patch: '1.0.01'")]
    [TestCase("1.0.0-", "Invalid version string: '1.0.0-'")]
    [TestCase("1.0.0+", "Invalid version string: '1.0.0+'")]
    [TestCase("1.0.0-+b", "Invalid version string: '1.0.0-+b'")]
    [TestCase("1.0.0-a..b", "Invalid empty identifier '' in 'a..b'")]
    [TestCase("1.0.0-a.", "Invalid empty identifier '' in 'a.'")]
    [TestCase("1.0.0-01", "Invalid leading zero in identifier '01'")]
    [TestCase("1.0.0-rc.00", "Invalid leading zero in identifier '00'")]
    [TestCase("1.0.0+a+b", "Invalid version string: '1.0.0+a+b'")]
    [TestCase("1.0.0-a_b", "Invalid version string: '1.0.0-a_b'")]
    [TestCase(" 1.0.0", "Invalid version string: ' 1.0.0'")]
    [TestCase("1.0.0 ", "Invalid version string: '1.0.0 '")]
    [TestCase("9.0.0\n", "Invalid version string: '9.0.0\n'")]
    [TestCase("9.0.0-a\n", "Invalid version string: '9.0.0-a\n'")]
    [TestCase("1.0.0-é", "Invalid version string: '1.0.0-é'")]
    [TestCase("１.0.0", "Invalid version string: '１.0.0'")]
    [TestCase("+1.0.0", "Invalid version string: '+1.0.0'")]
    [TestCase("-1.0.0", "Invalid version string: '-1.0.0'")]
    public void Anything_else_is_refused_with_a_reason(string? text, string expected)
    {
        var parsed = Release.TryParse(text, out var release, out var reason);

        Assert.That(parsed, Is.False);
        Assert.That(reason, Is.EqualTo(expected));
        Assert.That(release, Is.EqualTo(default(Release)));
    }

    [Test]
    public void The_longest_release_has_128_characters()
    {
        var longest = "1.0.0-" + new string('a', Release.MaxLength - 6);

        Assert.That(Release.TryParse(longest, out _, out _), Is.True);
        Assert.That(Release.TryParse(longest + "a", out _, out var reason), Is.False);
        Assert.That(reason, Is.EqualTo("Invalid version string: longer than 128 characters"));
    }

    [Test]
    public void Releases_are_ordered_by_the_specification_and_builds_ordinally()
    {
        string[] ascending =
        [
            "0.0.1", "0.0.2", "0.2.0", "0.10.0", "1.0.0-0", "1.0.0-2", "1.0.0-11", "1.0.0-99999999999999999999",
            "1.0.0--1", "1.0.0-A", "1.0.0-alpha",
            "1.0.0-alpha.1", "1.0.0-alpha.1.0", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
            "1.0.0-rc.1", "1.0.0-rc.1+b",
            "1.0.0", "1.0.0+10", "1.0.0+9", "1.0.0+B", "1.0.0+b", "1.0.0+b.1", "1.0.1-a", "1.0.1", "2.0.0", "10.0.0",
            "99999999999.0.0", "100000000000.0.0",
        ];
        var releases = ascending.Select(Release.Parse).ToArray();

        for (var i = 0; i < releases.Length; i++)
        {
            for (var j = 0; j < releases.Length; j++)
                Assert.That(
                    Math.Sign(releases[i].CompareTo(releases[j])),
                    Is.EqualTo(i.CompareTo(j)),
                    $"{releases[i]} and {releases[j]}");
        }
    }

    [Test]
    public void Order_and_equality_agree()
    {
        var (low, high, same) = (Release.Parse("1.0.0+a"), Release.Parse("1.0.0+b"), Release.Parse("1.0.0+a"));

        Assert.That(low == same && low.GetHashCode() == same.GetHashCode() && low.CompareTo(same) == 0, Is.True);
        Assert.That(low != high && low < high && low <= same && high > low && same >= low, Is.True);
        Assert.That(default(Release) < low, Is.True);
    }

    [TestCase("1.0.0", false, "")]
    [TestCase("1.0.0-rc.1", true, "")]
    [TestCase("1.0.0+a-b.c", false, "a-b.c")]
    [TestCase("1.0.0-rc-1+a-b", true, "a-b")]
    public void Prerelease_and_build_are_distinguished(string text, bool isPrerelease, string build)
    {
        var release = Release.Parse(text);

        Assert.That(release.IsPrerelease, Is.EqualTo(isPrerelease));
        Assert.That(release.Build.ToString(), Is.EqualTo(build));
    }

    [Test]
    public void The_default_value_is_not_a_release() =>
        Assert.That(() => default(Release).Value, Throws.InvalidOperationException);

    [Test]
    [NonParallelizable]
    public void Comparing_allocates_nothing()
    {
        var (left, right) = (Release.Parse("1.2.3-rc.10.x+b"), Release.Parse("1.2.3-rc.9.x+b"));

        // Code that the runtime has not optimized yet may box. Optimized code allocates nothing. The runtime optimizes
        // it only once no new code has been compiled for a while, such as that of other tests.
        Assert.That(Allocated, Is.Zero.After(10).Seconds.PollEvery(50).MilliSeconds);

        long Allocated()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var sum = 0;
            for (var i = 0; i < 100; i++)
                sum += left.CompareTo(right) + (left.IsPrerelease ? 1 : 0);
            var after = GC.GetAllocatedBytesForCurrentThread();
            Assert.That(sum, Is.Positive);
            return after - before;
        }
    }
}
