using NUnit.Framework;
using Registry.Core.Versions;

namespace Registry.Tests.Unit.Versions;

/// <summary>
/// The rows were observed on the reference server with the releases below, except those for which it returns 500.
/// </summary>
[TestFixture]
public sealed class ReleaseQueryTests
{
    private const string ObservedReleases =
        "0.0.3 0.0.4 0.2.3 0.2.4 0.9.0 1.0.0 1.1.0 1.2.0 1.2.1 1.3.0+b1 1.10.0 2.0.0-alpha 2.0.0-beta.2 "
            + "2.0.0-beta.11 2.0.0 2.1.0-rc.1 3.0.0-rc.1";

    [TestCase("default", "3.0.0-rc.1")]
    [TestCase("*", "2.0.0")]
    [TestCase("1.2.0", "1.2.0")]
    [TestCase("1", "1.10.0")]
    [TestCase("==1", "1.10.0")]
    [TestCase("<=1", "1.10.0")]
    [TestCase("~=1", "1.10.0")]
    [TestCase("2", "2.0.0")]
    [TestCase("1.2", "1.2.1")]
    [TestCase("=1.2", "1.2.1")]
    [TestCase("==1.2", "1.2.1")]
    [TestCase("~1.2", "1.2.1")]
    [TestCase("<=1.2", "1.2.1")]
    [TestCase("1.0", "1.0.0")]
    [TestCase("~1.0", "1.0.0")]
    [TestCase(">1.2", "2.0.0")]
    [TestCase(">=1", "2.0.0")]
    [TestCase(">=1.2", "2.0.0")]
    [TestCase(">1", "2.0.0")]
    [TestCase(">=2.0.0", "2.0.0")]
    [TestCase(">2", null)]
    [TestCase(">2.0", null)]
    [TestCase(">2.0.0", null)]
    [TestCase("3.0.0", null)]
    [TestCase(">=3.0.0", null)]
    [TestCase(">=1.0,<2.0", "1.10.0")]
    [TestCase(">=1.0.0,<2.0.0", "1.10.0")]
    [TestCase(">=1.0.0, <2.0.0", "1.10.0")]
    [TestCase("<2", "1.10.0")]
    [TestCase("<2.0.0", "1.10.0")]
    [TestCase("!=2", "1.10.0")]
    [TestCase("!=2.0.0", "1.10.0")]
    [TestCase("!=2.0.0,<2.1.0", "1.10.0")]
    [TestCase(">= 1.2 , < 1.10", "1.3.0+b1")]
    [TestCase("^1", "1.10.0")]
    [TestCase("^1.0", "1.10.0")]
    [TestCase("^1.2.0", "1.10.0")]
    [TestCase("^0.2", "0.2.4")]
    [TestCase("^0.2.3", "0.2.4")]
    [TestCase("~0.2", "0.2.4")]
    [TestCase("~0.2.3", "0.2.4")]
    [TestCase("^0.0.3", "0.0.3")]
    [TestCase("^0.1", null)]
    [TestCase("~1.2.0", "1.2.1")]
    [TestCase("~=1.2.0", "1.2.1")]
    [TestCase("~=1.2", "1.10.0")]
    [TestCase("~=0.2", "0.9.0")]
    [TestCase("1.3.0", "1.3.0+b1")]
    [TestCase("==1.3.0", "1.3.0+b1")]
    [TestCase("1.3.0+b1", "1.3.0+b1")]
    [TestCase("==1.3.0+b1", "1.3.0+b1")]
    [TestCase("2.0.0-alpha", "2.0.0-alpha")]
    [TestCase("==2.0.0-alpha", "2.0.0-alpha")]
    [TestCase(">=2.0.0-alpha", "3.0.0-rc.1")]
    [TestCase(">=1.0-0", "3.0.0-rc.1")]
    [TestCase("<2.0.0-beta.11", "2.0.0-beta.2")]
    [TestCase("<=2.0.0-beta.11", "2.0.0-beta.11")]
    [TestCase("<2.0.0-", "2.0.0-beta.11")]
    [TestCase("~2.0.0-alpha", "2.0.0-beta.11")]
    [TestCase("^2.0.0-alpha", "2.0.0-beta.11")]
    [TestCase("2.0.0-", "2.0.0")]
    [TestCase("==2.0.0-", "2.0.0")]
    [TestCase(">2.0.0-alpha,<2.0.0", null)]
    [TestCase("1.0.0 - 2.0.0", null)]
    [TestCase("1.0.0-1.2.0", null)]
    [TestCase("1.2.0,1.2.1", null)]
    [TestCase(">=1.2.0,>=1.2.1", "2.0.0")]
    [TestCase(">3.0.0-", null)]
    // The reference server fails on these with 500 or 422, but their meaning is clear.
    [TestCase("~1", "1.10.0")]
    [TestCase("1.x", "1.10.0")]
    [TestCase("1.*", "1.10.0")]
    [TestCase("^0", "0.9.0")]
    [TestCase("~0", "0.9.0")]
    [TestCase("0.x", "0.9.0")]
    [TestCase("^0.0", "0.0.4")]
    [TestCase("~0.0", "0.0.4")]
    [TestCase("1.2.x", "1.2.1")]
    [TestCase("1.2.*", "1.2.1")]
    [TestCase("0.0.x", "0.0.4")]
    [TestCase("1.x,<1.10", "1.3.0+b1")]
    public void A_query_finds_what_the_reference_server_finds(string text, string? expected) =>
        Assert.That(Find(text, ObservedReleases), Is.EqualTo(expected));

    // Derived by hand from the rules of the library that the reference server uses: a missing part equals anything.
    [TestCase(">2.0.0-", "2.1.0-rc.1 2.0.0 2.0.0-rc", "2.1.0-rc.1")]
    [TestCase("<=2.0.0-", "2.1.0-rc.1 2.0.0 2.0.0-rc", "2.0.0")]
    [TestCase("!=2.0.0-", "2.0.0 2.0.0-rc", "2.0.0-rc")]
    [TestCase("!=2.0.0,!=9.0.0-", "2.0.0 2.0.0-rc 1.0.0", "1.0.0")]
    [TestCase("==2,!=9.0.0-", "2.1.0-rc 2.0.0", "2.1.0-rc")]
    [TestCase("1.2-rc", "1.2.9-rc 1.2.3-rc 1.2.3", "1.2.9-rc")]
    [TestCase("1-rc", "1.9.0 1.2.9-rc 1.2.3-rc", "1.2.9-rc")]
    [TestCase("^1-0", "2.0.0 2.0.0-beta 1.5.0", "2.0.0-beta")]
    [TestCase("^1.2.0-alpha", "2.0.0-a 1.9.0 1.2.0-beta", "2.0.0-a")]
    [TestCase("~1.2.0-alpha", "1.2.1 1.2.0 1.2.0-beta", "1.2.0-beta")]
    [TestCase("~1.2.3-alpha", "1.3.0-a 1.2.4 1.2.3-beta", "1.3.0-a")]
    [TestCase("^0.2.0-alpha", "0.2.1 0.2.0 0.2.0-beta", "0.2.0-beta")]
    [TestCase("^0.0.3-alpha", "0.0.4 0.0.3 0.0.3-beta", "0.0.3-beta")]
    [TestCase("~=1.0.0-alpha", "1.0.1 1.0.0 1.0.0-beta", "1.0.0-beta")]
    [TestCase("~=1.0-alpha", "2.0.0 1.9.0 1.0.0-beta", "1.9.0")]
    [TestCase("^0,!=9.0.0-", "1.0.0 1.0.0-alpha 0.9.0", "0.9.0")]
    [TestCase("^0.0,!=9.0.0-", "0.1.0 0.1.0-alpha 0.0.9-a", "0.0.9-a")]
    [TestCase("~1-alpha", "2.0.0 1.9.0 1.0.0-beta", "1.9.0")]
    [TestCase("1.3.0+", "1.3.0+b 1.3.0 1.2.0", "1.3.0")]
    [TestCase("1.3+b", "1.3.9+a 1.3.8+b 1.3.0", "1.3.8+b")]
    [TestCase("!=1.3.0+b", "1.3.0+b 1.3.0+a", "1.3.0+a")]
    [TestCase("!=1.3.0", "1.3.0+b 1.3.0+a 1.2.0", "1.2.0")]
    [TestCase("*,<2", "2.0.0 1.0.0", "1.0.0")]
    [TestCase("*-", "1.0.0", "refused")]
    [TestCase(
        "^99999999999999999999.9", "100000000000000000000.0.0 99999999999999999999.10.0", "99999999999999999999.10.0")]
    [TestCase("~1.999", "1.1000.0 1.999.9", "1.999.9")]
    [TestCase("default", "2.0.0-a 1.0.0", "2.0.0-a")]
    [TestCase("*", "2.0.0-a", null)]
    [TestCase("default", "", null)]
    [TestCase("1.0.0", "", null)]
    public void A_query_follows_the_rules_of_the_reference_library(string text, string releases, string? expected) =>
        Assert.That(Find(text, releases), Is.EqualTo(expected));

    [TestCase("1.3.0", "1.3.0+b 1.3.0+a 1.3.0", "1.3.0")]
    [TestCase("=1.3.0", "1.3.0+b 1.3.0+a 1.3.0", "1.3.0")]
    [TestCase("1.3.0+a", "1.3.0+b 1.3.0+a 1.3.0", "1.3.0+a")]
    [TestCase("1.3.0+c", "1.3.0+b 1.3.0+a 1.3.0", null)]
    [TestCase("1.3.0", "1.3.0+b 1.3.0+a", "1.3.0+b")]
    [TestCase("1.3.0", "1.3.0+9 1.3.0+10", "1.3.0+9")]
    [TestCase("1.3", "1.3.0+b 1.3.0+a 1.3.0", "1.3.0+b")]
    [TestCase("1.3.0-rc", "1.3.0 1.3.0-rc+b 1.3.0-rc+a", "1.3.0-rc+b")]
    [TestCase("1.3.0-rc+a", "1.3.0 1.3.0-rc+b 1.3.0-rc+a", "1.3.0-rc+a")]
    public void Of_several_builds_the_exact_match_wins_or_else_the_ordinally_highest(
        string text, string releases, string? expected) =>
        Assert.That(Find(text, releases), Is.EqualTo(expected));

    [TestCase("latest", "Invalid requirement specification: 'latest'")]
    [TestCase("stable", "Invalid requirement specification: 'stable'")]
    [TestCase("abc", "Invalid requirement specification: 'abc'")]
    [TestCase("v1.0.0", "Invalid requirement specification: 'v1.0.0'. Releases have no leading v: 1.0.0")]
    [TestCase("x", "Invalid requirement specification: 'x'")]
    [TestCase(" ", "Invalid empty requirement specification: ''")]
    [TestCase("", "Invalid empty requirement specification: ''")]
    [TestCase(",", "Invalid empty requirement specification: ''")]
    [TestCase("1,", "Invalid empty requirement specification: ''")]
    [TestCase("None", "Invalid requirement specification: 'None'")]
    [TestCase(">=1.0.0 <2.0.0", "Invalid version string: '1.0.0<2.0.0'")]
    [TestCase("1||2", "Invalid version string: '1||2'")]
    [TestCase("1.0.0||2.0.0", "Invalid version string: '1.0.0||2.0.0'")]
    [TestCase("=>1", "Invalid requirement specification: '=>1'")]
    [TestCase("=<1", "Invalid requirement specification: '=<1'")]
    [TestCase("<>1", "Invalid requirement specification: '<>1'")]
    [TestCase(">1.02", "Invalid leading zero in minor: '1.02'")]
    [TestCase(">=1.3.0+b1", "Invalid requirement specification '>=1.3.0+b1': build numbers have no ordering.")]
    [TestCase("^1.3.0+", "Invalid requirement specification '^1.3.0+': build numbers have no ordering.")]
    [TestCase("1.2.0.4", "Invalid version string: '1.2.0.4'")]
    [TestCase("^*", "Invalid requirement specification: '^*'")]
    [TestCase("==*", "Invalid requirement specification: '==*'")]
    [TestCase("é", "Invalid requirement specification: 'é'")]
    [TestCase("1.é", "Invalid version string: '1.é'")]
    [TestCase("1.0.0-01", "Invalid leading zero in identifier '01'")]
    [TestCase("1.0.0-a..b", "Invalid empty identifier '' in 'a..b'")]
    [TestCase("1.x.2", "Invalid version string: '1.x.2'")]
    [TestCase("1.2.3.x", "Invalid version string: '1.2.3.x'")]
    [TestCase("^1.x", "Invalid version string: '1.x'")]
    [TestCase("1.x-rc", "Invalid version string: '1.x-rc'")]
    [TestCase("01.x", "Invalid leading zero in major: '01'")]
    [TestCase("1.0.0\n", "Invalid version string: '1.0.0\n'")]
    [TestCase("1.0.0\t", "Invalid version string: '1.0.0\t'")]
    [TestCase("Default", "Invalid requirement specification: 'Default'")]
    [TestCase(" default", "Invalid requirement specification: 'default'")]
    [TestCase("1.", "Invalid version string: '1.'")]
    [TestCase(".1", "Invalid requirement specification: '.1'")]
    [TestCase("**", "Invalid requirement specification: '**'")]
    [TestCase("-1", "Invalid requirement specification: '-1'")]
    [TestCase(null, "Invalid requirement specification: missing")]
    public void An_invalid_query_is_refused_with_a_reason(string? text, string expected)
    {
        var parsed = ReleaseQuery.TryParse(text, out var query, out var reason);

        Assert.That(parsed, Is.False);
        Assert.That(query, Is.Null);
        Assert.That(reason, Is.EqualTo(expected));
    }

    [Test]
    public void A_query_of_more_than_256_characters_is_refused_unparsed()
    {
        var longest = ">=1.0.0" + string.Concat(Enumerable.Repeat(",*", 200));

        Assert.That(ReleaseQuery.TryParse(longest[..255], out _, out _), Is.True);
        Assert.That(ReleaseQuery.TryParse(longest[..257], out _, out var reason), Is.False);
        Assert.That(reason, Is.EqualTo("Invalid requirement specification: longer than 256 characters"));
    }

    [Test]
    public void A_query_keeps_its_original_text() =>
        Assert.That(
            ReleaseQuery.TryParse(">= 1.2 , < 1.10", out var query, out _) ? query.Text : null,
            Is.EqualTo(">= 1.2 , < 1.10"));

    [TestCase("50000.0.0")]
    [TestCase(">=50000.0.0,<50001")]
    public void Matching_allocates_nothing(string text)
    {
        var releases = Enumerable.Range(0, 60_000).Select(i => Release.Parse($"{60_000 - i}.0.0")).ToArray();
        Assert.That(ReleaseQuery.TryParse(text, out var query, out _), Is.True);
        query!.Match(releases);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var found = query.Match(releases);
        var after = GC.GetAllocatedBytesForCurrentThread();

        Assert.That(found?.Value, Is.EqualTo("50000.0.0"));
        Assert.That(after - before, Is.Zero);
    }

    private static string? Find(string text, string releases)
    {
        var highestFirst = releases.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(Release.Parse)
            .OrderDescending()
            .ToArray();
        return ReleaseQuery.TryParse(text, out var query, out _) ? query.Match(highestFirst)?.Value : "refused";
    }
}
