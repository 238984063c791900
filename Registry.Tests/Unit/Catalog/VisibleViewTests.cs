using NUnit.Framework;
using Registry.Core.Access;
using Registry.Core.Catalog;
using Registry.Core.Storage;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Catalog;

public sealed class VisibleViewTests
{
    private static readonly string[] Segments = ["a", "a-", "a.b", "ab", "b", "B", "0"];
    private static readonly string[] Ends = ["*", "**", "a", "b"];

    [Test]
    public void A_view_for_a_caller_is_the_whole_view_without_what_the_caller_may_not_pull([Range(1, 300)] int seed)
    {
        var random = new Random(seed);
        var whole = PackageCatalogView.Empty.With(
            Enumerable.Range(0, random.Next(60)).Select(_ => Name(random, Segments)).Distinct()
                .Select(name => new CatalogChange(Samples.Package(name), EntryOf(name, random))));
        var text = string.Join(' ', Enumerable.Range(0, random.Next(5)).Select(_ => $"{Name(random, Ends)}=pull"));
        Assert.That(ScopeSet.TryParse(text, out var scopes, out var problem), problem);
        var visible = whole.VisibleTo(scopes!);
        var expected = whole.Entries.Where(entry => MayPull(scopes!, entry)).ToList();

        Assert.That(visible.Entries, Is.EqualTo(expected), text);
        Assert.That(visible.Count, Is.EqualTo(expected.Count));
        Assert.That(
            visible.Fingerprint,
            Is.EqualTo(
                expected.Aggregate(default(UInt128), static (sum, entry) => unchecked(sum + entry.Fingerprint))));
        Assert.That(visible.Whole, Is.SameAs(whole));
        Assert.That(whole.VisibleTo(scopes!), Is.SameAs(visible));
        var from = Name(random, Segments);
        Assert.That(
            visible.From(from),
            Is.EqualTo(expected.Where(entry => string.CompareOrdinal(entry.Name.Value, from) >= 0)));
        Assert.That(
            visible.Containing("a", from),
            Is.EqualTo(whole.Containing("a", from).Where(entry => MayPull(scopes!, entry))));
        foreach (var entry in whole.Entries)
            Assert.That(visible.Find(entry.Name), MayPull(scopes!, entry) ? Is.SameAs(entry) : Is.Null);
    }

    [Test]
    public void A_caller_who_may_pull_everything_sees_the_whole_view() =>
        Assert.That(
            PackageCatalogView.Empty.VisibleTo(ScopeSet.Everything), Is.SameAs(PackageCatalogView.Empty));

    private static bool MayPull(ScopeSet scopes, CatalogEntry entry) =>
        scopes.Allows(AccessActions.Pull, AccessResource.Package(entry.Name.Value));

    private static string Name(Random random, string[] last) => string.Join(
        '/',
        Enumerable.Range(0, random.Next(3)).Select(_ => Segments[random.Next(Segments.Length)])
            .Append(last[random.Next(last.Length)]));

    private static CatalogEntry EntryOf(string name, Random random) =>
        new(Samples.Package(name), Samples.Start, [], new Revision("1"), (UInt128)random.NextInt64())
        {
            PushedAt = Samples.Start,
        };
}
