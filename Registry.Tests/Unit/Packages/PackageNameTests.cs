using NUnit.Framework;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Packages;

[Parallelizable(ParallelScope.All)]
internal sealed class PackageNameTests
{
    private static readonly string Part = new('a', 80);

    private static readonly string UpperCasePart = new('A', 80);

    [TestCase("team/app", "team", "app", true)]
    [TestCase("app", "", "app", false)]
    [TestCase("org/charts/app", "org/charts", "app", false)]
    [TestCase("Org/_a/b-c/d.e", "Org/_a/b-c", "d.e", false)]
    public void A_name_is_a_namespace_of_any_number_of_parts_and_a_name(
        string text, string @namespace, string name, bool hasOnePartNamespace)
    {
        var parsed = Samples.Package(text);
        Assert.That((parsed.Value, parsed.Namespace, parsed.Name), Is.EqualTo((text, @namespace, name)));
        Assert.That(parsed.HasOnePartNamespace, Is.EqualTo(hasOnePartNamespace));
        Assert.That(PackageName.TryCreate(@namespace, name, out var created), Is.True);
        Assert.That(created, Is.EqualTo(parsed));
    }

    [TestCase("team/app", "packages/team/app")]
    [TestCase("Team/app", "packages/%54eam/app")]
    [TestCase("app", "packages/%/app")]
    [TestCase("org/charts/app", "packages/org%2fcharts/app")]
    public void A_key_has_three_segments_and_leads_back_to_the_name(string text, string key)
    {
        var name = Samples.Package(text);
        Assert.That(name.Key.Value, Is.EqualTo(key));
        Assert.That(PackageName.TryParse(name.Key, out var parsed), Is.True);
        Assert.That(parsed, Is.EqualTo(name));
    }

    [TestCase("packages/app")]
    [TestCase("packages/org/charts/app")]
    [TestCase("packages/%2f/app")]
    [TestCase("packages/a%2f/app")]
    [TestCase("packages/team/a%2fb")]
    [TestCase("packages/team/%")]
    [TestCase("archives/team/app")]
    public void Other_keys_are_not_those_of_packages(string text)
    {
        Assert.That(StoreKey.TryParse(text, out var key), Is.True);
        Assert.That(PackageName.TryParse(key, out _), Is.False);
    }

    [TestCase("")]
    [TestCase("/")]
    [TestCase("/app")]
    [TestCase("team/")]
    [TestCase("a//b")]
    [TestCase("a/.b/c")]
    [TestCase("a/-b/c")]
    [TestCase("a/b c/d")]
    [TestCase("a/é/d")]
    public void Invalid_text_is_not_a_name(string text) =>
        Assert.That(PackageName.TryParse(text, out _), Is.False);

    [Test]
    public void A_part_has_at_most_80_characters_and_a_name_255_in_all()
    {
        Assert.That(PackageName.TryParse($"{Part}/{Part}", out _), Is.True);
        Assert.That(PackageName.TryParse($"{Part}a/b", out _), Is.False);
        Assert.That(PackageName.TryParse($"a/{Part}b", out _), Is.False);
        Assert.That(PackageName.TryParse($"a/{Part}b/c", out _), Is.False);
        var longest = $"{Part}/{Part}/{new string('b', 12)}/{Part}";
        Assert.That(longest, Has.Length.EqualTo(255));
        Assert.That(PackageName.TryParse(longest, out _), Is.True);
        Assert.That(PackageName.TryParse($"b{longest}", out _), Is.False);
        Assert.That(PackageName.TryCreate($"b/{Part}/{Part}/{new string('b', 11)}", Part, out _), Is.False);
    }

    [Test]
    public void A_namespace_that_is_too_long_for_a_segment_is_no_name()
    {
        Assert.That(PackageName.TryParse($"{UpperCasePart}/{UpperCasePart}", out _), Is.True);
        Assert.That(PackageName.TryParse($"a/{UpperCasePart[3..]}/b", out _), Is.True);
        Assert.That(PackageName.TryParse($"a/{UpperCasePart}/b", out _), Is.False);
        Assert.That(PackageName.TryCreate($"a/{UpperCasePart}", "b", out _), Is.False);
    }
}
