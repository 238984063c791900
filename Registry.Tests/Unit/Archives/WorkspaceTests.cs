using NUnit.Framework;
using Registry.Core.Archives;
using Registry.Core.Storage;

namespace Registry.Tests.Unit.Archives;

public sealed class WorkspaceTests
{
    private static IEnumerable<TestCaseData> Table() =>
        from line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "workspaces.txt"))
        where !line.StartsWith('#')
        let row = line.Split(" => ")
        select new TestCaseData(Unescape(row[0]), row[1] == "!" ? null : Unescape(row[1])).SetArgDisplayNames(
            row[0], row[1]);

    [TestCaseSource(nameof(Table))]
    public void Derives_the_same_workspace_as_the_reference_server(string argument, string? expected)
    {
        Assert.That(Workspace.TryDerive(argument, out var workspace), Is.EqualTo(expected is not null));
        if (expected is null)
            return;
        Assert.That(workspace.Name, Is.EqualTo(expected));
        Assert.That(Workspace.FromScope(workspace.Scope), Is.EqualTo(workspace), "it round-trips through its scope");
    }

    [Test]
    public void The_table_is_complete() => Assert.That(Table().Count(), Is.EqualTo(106));

    [TestCase(null, ExpectedResult = "global/")]
    [TestCase("git://h/x;p", ExpectedResult = "h/x;p/")]
    [TestCase("imap://h/x;p", ExpectedResult = "h/x/")]
    [TestCase("//h/x;p", ExpectedResult = "h/x/")]
    [TestCase("http://İ/x", ExpectedResult = "i/x/")]
    [TestCase("http://[]/x", ExpectedResult = "global/")]
    [TestCase("http://a[b]c/x", ExpectedResult = "[b/x/")]
    [TestCase("http://[::1]@h/x", ExpectedResult = "h/x/")]
    [TestCase("http://h/#a/x", ExpectedResult = "h/")]
    [TestCase("http://h?a#b/x", ExpectedResult = "global/")]
    public string Derives_workspaces_beyond_the_table(string? argument) =>
        Workspace.TryDerive(argument, out var workspace) ? workspace.Name : "!";

    [Test]
    public void Distinct_workspaces_have_distinct_scopes()
    {
        string[] arguments =
        [
            "http://h/a", "http://h/A", "http://h/a/", "http://h/a//", "http://h//a", "http://h/", "http://h//",
            "http://h/.", "http://h/..",
            "http://h/%2e", "http://h/%2E", "http://h/%252e", "http://h/a b", "http://h/a+b", "http://h/a%20b",
            "http://../x", "http://./x", "global",
            "http://h/é", "http://h/e\u0301", "http://h/\\", "http://h/%", "http://h/%%", "http://h/@", "http://h/\t",
            "http://h/\u007f",
        ];
        var workspaces = arguments.Select(
            static a => Workspace.TryDerive(a, out var w) ? w : throw new AssertionException(a)).Distinct().ToList();
        Assert.That(workspaces, Has.Count.EqualTo(arguments.Length - 1), "only a and a/ are the same");
        Assert.That(workspaces.Select(static w => w.Scope), Is.Unique);
        Assert.That(workspaces.Select(static w => w.Scope.Value), Has.None.Contains("/.").And.None.Contains("//"));
        Assert.That(
            workspaces.Select(static w => Workspace.FromScope(w.Scope).Name),
            Is.EqualTo(workspaces.Select(static w => w.Name)));
    }

    [Test]
    public void A_scope_is_below_another_if_its_name_starts_with_the_other()
    {
        string[] arguments = [
            "http://h/", "http://h//", "http://h/a", "http://h/a/b", "http://h/ab", "http://h//a", "http://h/a//b",
            "http://hh/a"
        ];
        var workspaces = arguments.Select(
            static a => Workspace.TryDerive(a, out var w) ? w : throw new AssertionException(a)).ToList();
        foreach (var upper in workspaces)
            foreach (var lower in workspaces.Where(w => w != upper))
                Assert.That(
                    lower.Scope.IsBelow(upper.Scope),
                    Is.EqualTo(lower.Name.StartsWith(upper.Name, StringComparison.Ordinal)),
                    $"{lower} below {upper}");
    }

    [Test]
    public void A_workspace_too_long_for_a_key_is_refused()
    {
        Assert.That(Workspace.TryDerive("http://h/" + new string('a', 4096), out _), Is.False);
        Assert.That(Workspace.TryDerive("http://h/" + string.Concat(Enumerable.Repeat("a/", 2048)), out _), Is.False);
        Assert.That(Workspace.TryDerive("http://h/" + new string('a', 240), out _), Is.True);
    }

    [Test]
    public void Invalid_Unicode_derives_no_workspace() =>
        Assert.That(Workspace.TryDerive("http://h/\ud800", out _), Is.False);

    [Test]
    public void Any_derived_workspace_round_trips_through_its_scope()
    {
        const string Odd = "abAB:/?#[]@;.%+ \t\\é日\ud83d\ude00\ud800\u0000";
        var random = new Random(2016);
        for (var i = 0; i < 20_000; i++)
        {
            var text = (random.Next(2) == 0 ? "//" : "")
                + string.Concat(Enumerable.Range(0, random.Next(24)).Select(_ => Odd[random.Next(Odd.Length)]));
            if (!Workspace.TryDerive(text, out var workspace))
                continue;
            Assert.That(workspace.Name, Does.EndWith("/"), text);
            Assert.That(Workspace.FromScope(workspace.Scope), Is.EqualTo(workspace), text);
            Assert.That(StoreKey.TryParse(workspace.Scope.Value, out _), text);
        }
    }

    [Test]
    public void A_default_workspace_has_no_name() =>
        Assert.That(() => default(Workspace).Name, Throws.InvalidOperationException);

    [Test]
    public void A_package_scope_is_not_a_workspace() =>
        Assert.That(() => Workspace.FromScope(StoreKey.Of("packages", "a", "b")), Throws.ArgumentException);

    private static string Unescape(string text) => text.Replace("\\t", "\t").Replace("\\n", "\n").Replace("\\\\", "\\");
}
