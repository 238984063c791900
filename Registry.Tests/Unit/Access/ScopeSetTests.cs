using NUnit.Framework;
using Registry.Core.Access;

namespace Registry.Tests.Unit.Access;

/// <summary>
/// Compares scopes with a plain reading of their definition, for every pattern and path of a small world.
/// </summary>
[Parallelizable(ParallelScope.All)]
internal sealed class ScopeSetTests
{
    /// <summary>Segments that are prefixes of each other, and sort before and after a slash.</summary>
    private static readonly string[] Segments = ["a", "a-", "a0", "b"];

    private static readonly string[] Paths =
    [
        .. Segments,
        .. from one in Segments from two in Segments select $"{one}/{two}",
        .. from one in Segments from two in Segments from three in Segments select $"{one}/{two}/{three}",
    ];

    private static readonly string[] Patterns =
    [
        "*", "**",
        .. from one in Segments from end in (string[])["", "/*", "/**"] select one + end,
        .. from one in Segments from two in Segments from end in (string[])["", "/*", "/**"] select $"{one}/{two}{end}",
    ];

    [Test]
    public void A_pattern_matches_what_its_segments_say()
    {
        foreach (var pattern in Patterns)
            foreach (var path in Paths)
                Assert.That(
                    Of($"{pattern}=pull").Allows(AccessActions.Pull, AccessResource.Package(path)),
                    Is.EqualTo(Matches(pattern, path)),
                    $"{pattern} {path}");
    }

    [Test]
    public void A_pattern_includes_another_if_it_matches_all_of_its_paths()
    {
        foreach (var pattern in Patterns)
            foreach (var other in Patterns)
                Assert.That(
                    Of($"{pattern}=pull").Includes(Of($"{other}=pull")),
                    Is.EqualTo(Witnesses(other).All(path => Matches(pattern, path))),
                    $"{pattern} {other}");
    }

    [Test]
    public void A_pattern_can_match_below_a_namespace_if_it_matches_a_path_there()
    {
        foreach (var pattern in Patterns)
            foreach (var @namespace in (string[])["", .. Paths])
                Assert.That(
                    Of($"{pattern}=pull").AllowsBelow(AccessActions.Pull, AccessResource.Package(@namespace)),
                    Is.EqualTo(
                        Witnesses(pattern).Append($"{@namespace}/x".TrimStart('/'))
                            .Any(path => IsBelow(path, @namespace) && Matches(pattern, path))),
                    $"{pattern} {@namespace}");
    }

    [Test]
    public void The_ranges_hold_exactly_what_may_be_pulled()
    {
        var random = new Random(20260102);
        var sorted = Paths.Order(StringComparer.Ordinal).ToArray();
        for (var i = 0; i < 2_000; i++)
        {
            var scopes = Of([.. Enumerable.Range(0, random.Next(6)).Select(_ => $"{Any(random)}=pull")]);
            var ranges = scopes.PackageRanges;
            var read =
                from range in ranges
                from path in sorted
                where string.CompareOrdinal(path, range.From) >= 0 && !range.EndsBefore(path)
                where range.IsWhole || Allows(scopes, path)
                select path;
            Assert.That(read, Is.EqualTo(sorted.Where(path => Allows(scopes, path))), scopes.ToString());
        }
    }

    [Test]
    public void Sets_that_allow_the_same_are_equal()
    {
        var random = new Random(20260103);
        for (var i = 0; i < 2_000; i++)
        {
            string[] scopes = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => Any(random))];
            string[] more = [.. scopes, .. scopes.Where(static text => text.EndsWith("**", StringComparison.Ordinal))
                .Select(static text => $"{text[..^2]}b")];
            var set = Of([.. scopes.Select(static text => $"{text}=pull")]);
            Assert.That(Of([.. more.Reverse().Select(static text => $"{text}=pull")]), Is.EqualTo(set));
            Assert.That(Of(set.ToString().Split(' ')), Is.EqualTo(set));
        }
    }

    [Test]
    public void The_text_of_a_set_is_its_shortest_form() =>
        Assert.That(
            Of("b/app=push", "kar:**=pull", "team/app=pull,delete", "team/*=pull", "team/*=push", "b/app=pull")
                .ToString(),
            Is.EqualTo("b/app=pull,push team/*=pull,push team/app=delete kar:**=pull"));

    [Test]
    public void No_action_implies_another()
    {
        AccessActions[] actions = [AccessActions.Pull, AccessActions.Push, AccessActions.Delete, AccessActions.Admin];
        foreach (var given in actions)
            foreach (var asked in actions)
                Assert.That(
                    ScopeSet.Of([new Scope(ScopePattern.All(AccessKind.Package), given)])
                        .Allows(asked, AccessResource.Package("a/b")),
                    Is.EqualTo(given == asked));
    }

    [Test]
    public void Several_scopes_allow_their_actions_together()
    {
        var set = Of("team/*=pull", "team/app=push");
        Assert.That(set.Allows(AccessActions.Pull | AccessActions.Push, AccessResource.Package("team/app")), Is.True);
        Assert.That(
            set.Missing(AccessActions.All, AccessResource.Package("team/app")),
            Is.EqualTo(AccessActions.Delete | AccessActions.Admin));
        Assert.That(set.Includes(Of("team/app=pull,push")), Is.True);
        Assert.That(set.Includes(Of("team/app=pull,push,delete")), Is.False);
    }

    [Test]
    public void Packages_and_workspaces_are_apart()
    {
        var (packages, workspaces) = (Of("**=pull"), Of("kar:**=pull"));
        var workspace = AccessResource.Workspace("github.com/me/repository/");
        Assert.That(packages.Allows(AccessActions.Pull, workspace), Is.False);
        Assert.That(workspaces.Allows(AccessActions.Pull, workspace), Is.True);
        Assert.That(workspaces.Allows(AccessActions.Pull, AccessResource.Package("github.com/me")), Is.False);
        Assert.That(packages.Includes(workspaces) || workspaces.Includes(packages), Is.False);
        Assert.That(packages.AllowsAny(AccessActions.Pull, AccessKind.Workspace), Is.False);
        Assert.That((packages.PullsAllPackages, workspaces.PullsAllPackages), Is.EqualTo((true, false)));
        Assert.That((packages.PackagePulls, workspaces.PackagePulls), Is.EqualTo(("**", "")));
    }

    [Test]
    public void A_workspace_may_have_any_segments_below_a_wildcard()
    {
        var set = Of("kar:github.com/me/**=pull");
        Assert.That(set.Allows(AccessActions.Pull, AccessResource.Workspace("github.com/me/a b=c,*//x/")), Is.True);
        Assert.That(set.Allows(AccessActions.Pull, AccessResource.Workspace("github.com/me/")), Is.False);
        Assert.That(set.Allows(AccessActions.Pull, AccessResource.Workspace("github.com/meow/x/")), Is.False);
    }

    [Test]
    public void Everything_includes_everything()
    {
        Assert.That(ScopeSet.Everything.Includes(Of("**=pull,push,delete,admin", "kar:a=admin")), Is.True);
        Assert.That(Of("**=pull,push,delete,admin").Includes(ScopeSet.Everything), Is.False);
        Assert.That(ScopeSet.Everything.Includes(ScopeSet.None), Is.True);
        Assert.That(ScopeSet.None.AllowsAny(AccessActions.All), Is.False);
    }

    [TestCase("**=pull kar:**=pull", "**=pull kar:**=pull")]
    [TestCase("  a/b=pull\tc/d=push\n", "a/b=pull c/d=push")]
    [TestCase("", "")]
    public void A_text_has_scopes_between_white_space(string text, string expected)
    {
        Assert.That(ScopeSet.TryParse(text, out var set, out _), Is.True);
        Assert.That(set!.ToString(), Is.EqualTo(expected));
    }

    private static ScopeSet Of(params string[] scopes) =>
        ScopeSet.TryParse(scopes, out var set, out var problem) ? set : throw new ArgumentException(problem);

    private static bool Allows(ScopeSet scopes, string path) =>
        scopes.Allows(AccessActions.Pull, AccessResource.Package(path));

    private static string Any(Random random) => Patterns[random.Next(Patterns.Length)];

    private static bool Matches(string pattern, string path)
    {
        var (wanted, found) = (pattern.Split('/'), path.Split('/'));
        var literal = wanted[^1] is "*" or "**" ? wanted[..^1] : wanted;
        return found.Take(literal.Length).SequenceEqual(literal)
            && wanted[^1] switch
            {
                "*" => found.Length == literal.Length + 1,
                "**" => found.Length > literal.Length,
                _ => found.Length == literal.Length,
            };
    }

    /// <summary>Paths that a pattern matches, some of which no other pattern names.</summary>
    private static string[] Witnesses(string pattern) => pattern switch
    {
        "**" => [.. Paths, "x", "x/x", "a/x", "a/a/a/a/x"],
        "*" => [.. Segments, "x"],
        [.. var before, '/', '*', '*'] =>
            [$"{before}/x", $"{before}/a", $"{before}/a/x", $"{before}/a/a", $"{before}/a/a/a/x"],
        [.. var before, '/', '*'] => [$"{before}/x", $"{before}/a"],
        _ => [pattern],
    };

    private static bool IsBelow(string path, string @namespace) =>
        @namespace.Length == 0 || path.StartsWith($"{@namespace}/", StringComparison.Ordinal);
}
