using NUnit.Framework;
using Registry.Core.Access;

namespace Registry.Tests.Unit.Access;

[Parallelizable(ParallelScope.All)]
internal sealed class ScopeTests
{
    [TestCase("team/**=pull")]
    [TestCase("team/*=pull,push")]
    [TestCase("**=pull,push,delete,admin")]
    [TestCase("*=pull")]
    [TestCase("org/charts/app=delete")]
    [TestCase("kar:**=pull")]
    [TestCase("kar:github.com/me/**=pull,push")]
    [TestCase("kar:github.com/me/a:b=pull")]
    public void A_scope_is_written_as_it_was_read(string text) =>
        Assert.That(Parse(text).ToString(), Is.EqualTo(text));

    [Test]
    public void Actions_are_written_in_one_order() =>
        Assert.That(Parse("a/b=admin,push,pull,push").ToString(), Is.EqualTo("a/b=pull,push,admin"));

    [TestCase("team/**", "scope 'team/**': expected a pattern, '=' and actions, such as team/**=pull,push")]
    [TestCase("", "scope '': expected a pattern, '=' and actions, such as team/**=pull,push")]
    [TestCase("a=b=pull", "scope 'a=b=pull': expected a pattern, '=' and actions, such as team/**=pull,push")]
    [TestCase("=pull", "scope '=pull': the pattern has 0 characters; expected 1 to 900")]
    [TestCase("kar:=pull", "scope 'kar:=pull': the pattern has 0 characters; expected 1 to 900")]
    [TestCase(
        "team/**=",
        "scope 'team/**=': the actions are ''; expected pull, push, delete or admin, separated by commas")]
    [TestCase(
        "team/**=Pull",
        "scope 'team/**=Pull': the actions are 'Pull'; expected pull, push, delete or admin, separated by commas")]
    [TestCase(
        "team/**=pull, push",
        "scope 'team/**=pull, push': the actions are 'pull, push'; expected pull, push, delete or admin, separated by "
            + "commas")]
    [TestCase(
        "team//app=pull",
        "scope 'team//app=pull': the pattern has an empty segment; expected segments separated by single slashes")]
    [TestCase(
        "/team=pull",
        "scope '/team=pull': the pattern has an empty segment; expected segments separated by single slashes")]
    [TestCase(
        "**/app=pull",
        "scope '**/app=pull': the pattern has the segment '**'; expected '*' or '**' only as a whole last segment")]
    [TestCase(
        "team/a*=pull",
        "scope 'team/a*=pull': the pattern has the segment 'a*'; expected '*' or '**' only as a whole last segment")]
    [TestCase(
        "team/***=pull",
        "scope 'team/***=pull': the pattern has the segment '***'; expected '*' or '**' only as a whole last segment")]
    [TestCase(
        "../app=pull",
        "scope '../app=pull': the pattern has the segment '..'; expected 1 to 80 of the characters A-Z, a-z, 0-9, "
            + "'.', '_' and '-', not beginning with '.' or '-'")]
    [TestCase(
        "team/{user}=pull",
        "scope 'team/{user}=pull': the pattern has the segment '{user}'; expected 1 to 80 of the characters A-Z, a-z, "
            + "0-9, '.', '_' and '-', not beginning with '.' or '-'")]
    [TestCase(
        "kar:github.com/{user}=pull",
        "scope 'kar:github.com/{user}=pull': the pattern has the segment '{user}'; expected printable ASCII without "
            + "space, comma, '=', '{' and '}'")]
    public void An_invalid_scope_is_refused_with_what_is_expected(string text, string problem)
    {
        Assert.That(Scope.TryParse(text, out _, out var found), Is.False);
        Assert.That(found, Is.EqualTo(problem));
    }

    [Test]
    public void A_pattern_is_at_most_as_long_as_a_key()
    {
        Assert.That(ScopePattern.TryParse(PathOf(900), out _, out _), Is.True);
        Assert.That(ScopePattern.TryParse(PathOf(901), out _, out var problem), Is.False);
        Assert.That(problem, Is.EqualTo("has 901 characters; expected 1 to 900"));

        static string PathOf(int length) =>
            string.Join('/', new string('a', length).Chunk(50).Select(static part => $"{new string(part)[1..]}"))
                .PadRight(length, 'b');
    }

    [TestCase("group/project", true)]
    [TestCase("group", true)]
    [TestCase("group/*", false)]
    [TestCase("**", false)]
    [TestCase("", false)]
    [TestCase("a=pull b", false)]
    [TestCase("..", false)]
    public void Only_plain_segments_are_literal(string path, bool isLiteral) =>
        Assert.That(ScopePattern.IsLiteral(AccessKind.Package, path), Is.EqualTo(isLiteral));

    private static Scope Parse(string text) =>
        Scope.TryParse(text, out var scope, out var problem) ? scope : throw new ArgumentException(problem);
}
