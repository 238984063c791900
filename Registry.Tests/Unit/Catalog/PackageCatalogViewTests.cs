using NUnit.Framework;
using Registry.Core.Catalog;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Catalog;

/// <summary>Compares the view with a plain dictionary.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class PackageCatalogViewTests
{
    [TestCase(1, 40, 60)]
    [TestCase(2, 1500, 30)]
    [TestCase(3, 6000, 12)]
    public void After_any_changes_the_view_equals_a_dictionary(int seed, int most, int rounds)
    {
        var random = new Random(seed);
        var model = new SortedDictionary<string, CatalogEntry>(StringComparer.Ordinal);
        var view = PackageCatalogView.Empty;
        for (var round = 0; round < rounds; round++)
        {
            var changes = new Dictionary<PackageName, CatalogEntry?>();
            for (var i = random.Next(1, most); i > 0; i--)
            {
                var name = NameOf(random.Next(most * 2));
                changes[name] = random.Next(3) == 0 ? null : Entry(name, random);
            }

            view = view.With(changes.Select(change => new CatalogChange(change.Key, change.Value)));
            foreach (var (name, entry) in changes)
            {
                if (entry is null)
                    model.Remove(name.Value);
                else
                    model[name.Value] = entry;
            }

            Assert.That(view.Entries, Is.EqualTo(model.Values));
            Assert.That(view.Count, Is.EqualTo(model.Count));
            Assert.That(
                view.Fingerprint,
                Is.EqualTo(model.Values.Aggregate(UInt128.Zero, (sum, entry) => unchecked(sum + entry.Fingerprint))));
            foreach (var text in (string[])["7", "N1/P1", "/p99", "zzz", "a"])
                AssertMatches(view, model, new CatalogQuery(null, text, null));
            AssertMatches(view, model, new CatalogQuery("n3", null, null));
            AssertMatches(view, model, new CatalogQuery("n3", "9", null));
            AssertMatches(view, model, new CatalogQuery(null, null, null, NameOf(random.Next(most * 2)).Value));
            AssertMatches(view, model, new CatalogQuery(null, "1", null, "n2"));
            AssertMatches(view, model, new CatalogQuery("n3", null, null, "n3/p5"));
            AssertMatches(view, model, new CatalogQuery("n3", "1", null, "n9"));
            var searched = NameOf(random.Next(most * 2));
            Assert.That(view.Find(searched), Is.SameAs(model.GetValueOrDefault(searched.Value)));
        }
    }

    [Test]
    public void A_change_does_not_affect_the_previous_view()
    {
        var random = new Random(1);
        var before = PackageCatalogView.Empty.With(
            Enumerable.Range(0, 2_000).Select(i => new CatalogChange(NameOf(i), Entry(NameOf(i), random))));
        var entries = before.Entries.ToList();
        before.With(
            [new CatalogChange(NameOf(7), null), new CatalogChange(NameOf(5_000), Entry(NameOf(5_000), random))]);
        Assert.That(before.Entries, Is.EqualTo(entries));
    }

    /// <summary>
    /// The search over lower-case names relies on this. (The Kelvin sign has an ASCII lower case, but is itself an
    /// upper case.)
    /// </summary>
    [Test]
    public void No_character_outside_ASCII_is_a_case_variant_of_an_ASCII_one()
    {
        for (var outside = 128; outside <= char.MaxValue; outside++)
            for (var inside = 0; inside < 128; inside++)
                if (((char)outside).ToString().Equals(((char)inside).ToString(), StringComparison.OrdinalIgnoreCase))
                    Assert.Fail($"U+{outside:x4} is {(char)inside}");
    }

    [TestCase("ROCKET", ExpectedResult = 1)]
    [TestCase("t/R", ExpectedResult = 1)]
    [TestCase("\u212aube", ExpectedResult = 0)]
    [TestCase("\u017f", ExpectedResult = 0)]
    [TestCase("\n", ExpectedResult = 0)]
    [TestCase("t\nkube", ExpectedResult = 0)]
    [TestCase("😀", ExpectedResult = 0)]
    [TestCase("KUBE", ExpectedResult = 1)]
    public int A_search_ignores_case(string text)
    {
        var random = new Random(1);
        var view = PackageCatalogView.Empty.With(
            ((string[])["Chat/rocket", "chat/kube-Us"]).Select(
                name => new CatalogChange(Samples.Package(name), Entry(Samples.Package(name), random))));
        return new CatalogQuery(null, text, null).Filter(view).Count();
    }

    [Test]
    public void Concurrent_first_searches_of_a_view_all_succeed()
    {
        var names = Enumerable.Range(0, 4).Select(NameOf).ToList();
        var entries = names.Select(static name => new CatalogChange(name, Entry(name, new Random(1)))).ToList();
        var threads = Math.Max(4, Environment.ProcessorCount);
        for (var round = 0; round < 300; round++)
        {
            // Only the first search of a view can race, so many views are needed: the race occurs once in thousands of
            // searches.
            var views = Enumerable.Range(0, 200).Select(_ => PackageCatalogView.Empty.With(entries)).ToList();
            using var start = new Barrier(threads);
            var found = 0;
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
            {
                start.SignalAndWait();
                foreach (var view in views)
                    Interlocked.Add(ref found, view.Containing("p", "").Count());
            });
            Assert.That(found, Is.EqualTo(threads * views.Count * names.Count));
        }
    }

    private static void AssertMatches(
        PackageCatalogView view, SortedDictionary<string, CatalogEntry> model, CatalogQuery query)
    {
        var expected = model.Values.Where(entry =>
            (query.Namespace is null || entry.Name.Namespace == query.Namespace)
            && (query.Text is null || entry.Name.Value.Contains(query.Text, StringComparison.OrdinalIgnoreCase))
            && (query.After is null || string.CompareOrdinal(entry.Name.Value, query.After) > 0));
        Assert.That(query.Filter(view), Is.EqualTo(expected), $"{query}");
    }

    private static PackageName NameOf(int number) =>
        Samples.Package($"{(number % 2 == 0 ? "n" : "N")}{number % 11}/p{number}");

    private static CatalogEntry Entry(PackageName name, Random random) => new(
        name,
        DateTimeOffset.UnixEpoch,
        [new CatalogRelease(Release.Parse("1.0.0"), [Samples.Type("helm")])],
        new Revision($"{random.Next()}"),
        new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()))
    {
        PushedAt = DateTimeOffset.UnixEpoch,
    };
}
