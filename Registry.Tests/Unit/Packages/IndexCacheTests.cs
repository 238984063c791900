using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Packages;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class IndexCacheTests
{
    private readonly long one;
    private readonly SecondChanceCache<PackageName, DocumentSnapshot<PackageIndex>> cache;

    public IndexCacheTests()
    {
        var measure = new SecondChanceCache<PackageName, DocumentSnapshot<PackageIndex>>(long.MaxValue);
        Keep(measure, Snapshot("a/1"));
        one = measure.HeldBytes;
        cache = new SecondChanceCache<PackageName, DocumentSnapshot<PackageIndex>>(3 * one);
    }

    [Test]
    public void Only_cached_entries_are_found()
    {
        var cached = Snapshot("a/1");
        Keep(cache, cached);
        Assert.That(cache.Find(Samples.Package("a/1")), Is.SameAs(cached));
        Assert.That(cache.Find(Samples.Package("a/2")), Is.Null);
    }

    [Test]
    public void A_new_entry_replaces_the_old_one()
    {
        Keep(cache, Snapshot("a/1", releases: 2));
        var last = Snapshot("a/1");
        Keep(cache, last);
        Assert.That(cache.Find(Samples.Package("a/1")), Is.SameAs(last));
        Assert.That(cache.HeldBytes, Is.EqualTo(one));
    }

    [Test]
    public void The_oldest_entry_is_evicted_first_and_the_bound_never_exceeded()
    {
        for (var i = 1; i <= 50; i++)
        {
            Keep(cache, Snapshot($"a/{i}"));
            Assert.That(cache.HeldBytes, Is.EqualTo(Math.Min(i, 3) * one));
        }

        Assert.That(Enumerable.Range(1, 50).Where(IsCached), Is.EqualTo(new[] { 48, 49, 50 }));
    }

    [Test]
    public void Used_entries_outlive_unused_ones()
    {
        for (var i = 1; i <= 50; i++)
        {
            Keep(cache, Snapshot($"a/{i}"));
            Assert.That(IsCached(1), Is.True);
        }
    }

    [Test]
    public void If_all_entries_are_used_the_oldest_is_evicted()
    {
        for (var i = 1; i <= 3; i++)
            Keep(cache, Snapshot($"a/{i}"));
        Assert.That(Enumerable.Range(1, 3).Count(IsCached), Is.EqualTo(3));
        Keep(cache, Snapshot("a/4"));
        Assert.That(cache.HeldBytes, Is.EqualTo(3 * one));
        Assert.That(
            Enumerable.Range(1, 4).Where(IsCached), Is.EqualTo(new[] { 1, 2, 3 }).Or.EqualTo(new[] { 2, 3, 4 }));
    }

    [Test]
    public void An_entry_larger_than_the_bound_is_not_cached_and_removes_the_old_one()
    {
        Keep(cache, Snapshot("a/1"));
        Keep(cache, Snapshot("a/2"));
        Keep(cache, Snapshot("a/1", releases: 100));
        Assert.That(Enumerable.Range(1, 2).Where(IsCached), Is.EqualTo(new[] { 2 }));
        Assert.That(cache.HeldBytes, Is.EqualTo(one));
    }

    [Test]
    public void Metadata_counts_towards_the_size()
    {
        var manifest = Samples.Manifest("1.0.0") with { Metadata = Metadata.Of($"\"{new string('x', 10_000)}\"") };
        var index = PackageIndex.With(null, Samples.Package("a/1"), manifest, force: false);
        var large = new SecondChanceCache<PackageName, DocumentSnapshot<PackageIndex>>(long.MaxValue);
        Keep(large, new DocumentSnapshot<PackageIndex>(index, new Revision("1"), 0));
        Assert.That(large.HeldBytes, Is.EqualTo(one + 96 + 10_002));
    }

    [Test]
    public void A_removed_entry_is_gone_and_frees_its_space()
    {
        Keep(cache, Snapshot("a/1"));
        cache.Remove(Samples.Package("a/1"));
        cache.Remove(Samples.Package("a/2"));
        Assert.That(IsCached(1), Is.False);
        Assert.That(cache.HeldBytes, Is.Zero);
    }

    [Test]
    public void The_bound_holds_with_many_threads()
    {
        Parallel.For(0, 20_000, i =>
        {
            var name = Samples.Package($"a/{i % 7}");
            if (i % 11 == 0)
                cache.Remove(name);
            else if (cache.Find(name) is null)
                Keep(cache, Snapshot(name.Value));
            Assert.That(cache.HeldBytes, Is.InRange(0, 4 * one), "the bound, and the entry being added");
        });
        for (var i = 0; i < 7; i++)
            cache.Remove(Samples.Package($"a/{i}"));
        Assert.That(cache.HeldBytes, Is.Zero);
    }

    private static void Keep(
        SecondChanceCache<PackageName, DocumentSnapshot<PackageIndex>> cache,
        DocumentSnapshot<PackageIndex> snapshot) =>
        cache.Set(snapshot.State.Name, snapshot, new PackageIndexCodec(new IndexLimits()).SizeOf(snapshot.State));

    private static DocumentSnapshot<PackageIndex> Snapshot(string name, int releases = 1)
    {
        var package = Samples.Package(name);
        PackageIndex? index = null;
        for (var i = 0; i < releases; i++)
            index = PackageIndex.With(index, package, Samples.Manifest($"{i}.0.0"), force: false);
        return new DocumentSnapshot<PackageIndex>(index!, new Revision("1"), 0);
    }

    private bool IsCached(int package) => cache.Find(Samples.Package($"a/{package}")) is not null;
}
