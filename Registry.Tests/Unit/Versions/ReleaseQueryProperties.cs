using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using Registry.Core.Versions;

namespace Registry.Tests.Unit.Versions;

[TestFixture]
public sealed class ReleaseQueryProperties
{
    private static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(2_000);

    private static Gen<string> Numbers => Gen.Elements("0", "1", "2", "3", "9", "10", "99999999999999999999");

    private static Gen<string> Prereleases =>
        Gen.Elements("", "", "", "-0", "-1", "-alpha", "-beta.2", "-beta.11", "-a-b");

    private static Gen<string> Builds => Gen.Elements("", "", "", "+a", "+b", "+9", "+10", "+a-b");

    private static Gen<string> ReleaseTexts =>
        from numbers in Gen.Three(Numbers)
        from prerelease in Prereleases
        from build in Builds
        select $"{numbers.Item1}.{numbers.Item2}.{numbers.Item3}{prerelease}{build}";

    private static Gen<Release[]> Registries =>
        from texts in Gen.ListOf(ReleaseTexts)
        select texts.Distinct().Select(Release.Parse).OrderDescending().ToArray();

    private static Gen<string> Parts =>
        from sign in Gen.Elements("", "=", "==", "!=", "<", "<=", ">", ">=", "^", "~", "~=", "*", "=>", " > ")
        from text in ReleaseTexts
        from length in Gen.Choose(0, text.Length)
        from end in Gen.Elements("", "", "", ".x", ".*", "-", "+", ".", " ", "x")
        select sign + text[..length] + end;

    private static Gen<string> Queries => Gen.OneOf(
        Gen.Constant("default"),
        ReleaseTexts,
        Parts,
        from left in Parts from right in Parts select $"{left},{right}",
        from text in Gen.ListOf(Gen.Elements(" ,.-+*x=!<>~^019aé\n\0".ToCharArray())) select new string([.. text]));

    [Test]
    public void Any_text_is_a_query_or_is_refused_with_a_reason() =>
        Check(
            Queries,
            text =>
                ReleaseQuery.TryParse(text, out var query, out var reason)
                    ? query.Text == text && reason is null
                    : reason is { Length: > 0 });

    [Test]
    public void Arbitrary_text_never_throws() =>
        Check(ArbMap.Default.GeneratorFor<string?>(), text =>
            ReleaseQuery.TryParse(text, out _, out var reason) == reason is null
                && Release.TryParse(text, out _, out reason) == reason is null);

    [Test]
    public void Every_release_is_a_query_that_finds_itself() =>
        Check(
            from registry in Registries
            where registry.Length > 0
            from release in Gen.Elements(registry)
            select (registry, release), given =>
        Parse(given.release.Value).Match(given.registry) == given.release);

    [Test]
    public void The_result_matches_and_nothing_of_higher_precedence_does() =>
        Check(Cases, given =>
        {
            var result = given.query.Match(given.registry);
            var first = given.registry.Where(given.query.Matches).Cast<Release?>().FirstOrDefault();
            return result is null
                ? first is null
                : given.query.Matches(result.Value) && first!.Value.Parts.ComparePrecedence(result.Value.Parts) == 0;
        });

    [Test]
    public void A_release_that_does_not_match_does_not_change_the_result() =>
        Check(
            from given in Cases
            from text in ReleaseTexts
            select (given.query, given.registry, added: Release.Parse(text)), given =>
        given.query.Matches(given.added)
        || given.query.Match(given.registry)
            == given.query.Match(given.registry.Append(given.added).Distinct().OrderDescending().ToArray()));

    [Test]
    public void Prereleases_match_only_default_and_queries_with_a_dash() =>
        Check(
            Cases,
            given =>
                given.query.Match(given.registry) is not { IsPrerelease: true }
                    || given.query.Text == "default"
                    || given.query.Text.Contains('-'));

    [Test]
    public void Spaces_are_ignored() =>
        Check(
            from given in Cases
            where given.query.Text != "default" && given.query.Text.Length <= ReleaseQuery.MaxLength / 2
            select given,
            given => Parse(string.Join(' ', given.query.Text.ToCharArray())).Match(given.registry)
                == given.query.Match(given.registry));

    [Test]
    public void Less_than_and_its_negation_partition_the_releases() =>
        Check(
            from registry in Registries
            from text in ReleaseTexts
            select (registry, bound: Release.Parse(text)), given =>
    {
        var numbers = given.bound.Value.Split('+')[0];
        // A dash includes prereleases.
        var (less, notLess) = (Parse($"<{numbers},!=9.9.9-no"), Parse($">={numbers},!=9.9.9-no"));
        return given.registry.All(release => less.Matches(release) != notLess.Matches(release));
    });

    [Test]
    public void The_order_of_releases_is_total() =>
        Check(Gen.Three(ReleaseTexts.Select(Release.Parse)), given =>
        {
            var (a, b, c) = given;
            return Math.Sign(a.CompareTo(b)) == -Math.Sign(b.CompareTo(a))
                && (a.CompareTo(b) == 0) == (a == b)
                && (a.CompareTo(b) > 0 || b.CompareTo(c) > 0 || a.CompareTo(c) <= 0);
        });

    private static Gen<(ReleaseQuery query, Release[] registry)> Cases =>
        from text in Queries
        where ReleaseQuery.TryParse(text, out _, out _)
        from registry in Registries
        select (Parse(text), registry);

    private static ReleaseQuery Parse(string text) =>
        ReleaseQuery.TryParse(text, out var query, out var reason) ? query : throw new FormatException(reason);

    private static void Check<T>(Gen<T> given, Func<T, bool> property) =>
        Prop.ForAll(given.ToArbitrary(), property).Check(Thorough);
}
