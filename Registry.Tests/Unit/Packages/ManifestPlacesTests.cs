using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Packages;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Packages;

/// <summary>A write copies the manifests that it does not change from the stored form that it replaces.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class ManifestPlacesTests
{
    private static readonly PackageName Name = Samples.Package();

    private static readonly PackageIndex Stored =
        StoredIndex.Read(Name, StoredIndex.Write(LargeIndexes.PushedCharts(Name, 400)));

    [TestCase("9.0.0", TestName = "A_new_highest_release_is_stored_as_if_all_were_written")]
    [TestCase("1.2.3-rc.1", TestName = "A_new_release_in_between_is_stored_as_if_all_were_written")]
    [TestCase("0.0.0-0", TestName = "A_new_lowest_release_is_stored_as_if_all_were_written")]
    public void A_new_release_is_stored_as_if_all_were_written(string release) =>
        AssertSame(PackageIndex.With(Stored, Name, Samples.Manifest(release), force: false), Stored);

    [Test]
    public void Every_kind_of_change_is_stored_as_if_all_were_written()
    {
        var (first, middle, last) = (Stored.Manifests[0], Stored.Manifests[200], Stored.Manifests[^1]);
        foreach (var change in new[]
            {
                Stored,
                Stored.Without(first.Release, first.MediaType)!,
                Stored.Without(middle.Release, middle.MediaType)!,
                Stored.Without(last.Release, last.MediaType)!,
                Stored.Replace(middle, middle with { PushId = "another" }),
                PackageIndex.With(Stored, Name, Samples.Manifest(middle.Release.Value, "kpm"), force: false),
                Stored.WithChannelRelease(Samples.Channel("stable"), middle.Release),
            })
            AssertSame(change, Stored);
    }

    [Test]
    public void Many_changes_one_after_another_are_stored_as_if_all_were_written()
    {
        var random = new Random(1);
        var index = Stored;
        for (var i = 0; i < 60; i++)
        {
            var next = random.Next(3) == 0
                ? index.Without(
                    index.Manifests[random.Next(index.Manifests.Length)].Release, Samples.Type("helm"))!
                : PackageIndex.With(
                    index,
                    Name,
                    Samples.Manifest($"{random.Next(20)}.{random.Next(20)}.{1000 + i}") with
                    {
                        Metadata = Metadata.Of($"\"{new string('m', random.Next(2000))}\""),
                    },
                    force: false);
            AssertSame(next, index);
            index = next;
        }
    }

    [Test]
    public void A_package_that_becomes_small_is_stored_uncompressed()
    {
        var few = PackageIndex.Restore(Name, Stored.CreatedAt, Stored.Manifests.Take(5), []);
        AssertSame(few, Stored);
        Assert.That(few.Places, Is.Null);
        AssertSame(few.Without(few.Manifests[0].Release, few.Manifests[0].MediaType)!, few);
    }

    [Test]
    public async Task Every_change_of_a_package_is_stored_as_if_all_were_written()
    {
        var storage = new InMemoryStorage();
        var indexes = new PackageIndexes(storage.Documents, TimeProvider.System, new UpdateOptions());
        await indexes.UpdateAsync(Name, new DocumentChange<PackageIndex>(_ => Stored), default);
        for (var i = 0; i < 5; i++)
        {
            await indexes.UpdateAsync(Name, Samples.Push(Name, Samples.Manifest($"9.0.{i}")), default);
            var document = (await storage.Documents.GetAsync(Name.Key, default))!.Content;
            var read = StoredIndex.Read(Name, document);
            Assert.That(read.Manifests, Has.Length.EqualTo(401 + i));
            Assert.That(StoredIndex.Write(read), Is.EqualTo(document.ToArray()));
        }
    }

    private static void AssertSame(PackageIndex index, PackageIndex replaced)
    {
        var written = StoredIndex.Write(index);
        Assert.That(StoredIndex.Write(index, long.MaxValue, replaced).Content, Is.EqualTo(written));
        var read = StoredIndex.Read(Name, written);
        Assert.That(read.Manifests, Has.Length.EqualTo(index.Manifests.Length));
        for (var i = 0; i < read.Manifests.Length; i++)
            Assert.That(read.Manifests[i].PushId, Is.EqualTo(index.Manifests[i].PushId));
    }
}
