using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Catalog;
using Registry.Core.Documents;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Catalog;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PackageCatalogTests
{
    private readonly InMemoryStorage storage = new();
    private readonly StorageFaults faults = new();
    private readonly ConcurrentQueue<StorageCall> calls = new();
    private readonly PackageIndexes writer;
    private readonly PackageCatalog catalog;

    public PackageCatalogTests()
    {
        faults.Before = call =>
        {
            calls.Enqueue(call);
            return default;
        };
        var documents = new FaultyDocumentStore(storage.Documents, faults);
        writer = new PackageIndexes(storage.Documents, TimeProvider.System, new UpdateOptions());
        catalog = new PackageCatalog(
            documents,
            new PackageIndexes(documents, TimeProvider.System, new UpdateOptions()),
            NullLogger<PackageCatalog>.Instance);
    }

    [Test]
    public async Task Packages_are_listed_by_name_regardless_of_storage_order()
    {
        foreach (var name in new[] { "b/a", "a/b", "a-b/c", "A/z", "a/B" })
            await PushAsync(name, "1.0.0");
        Assert.That(await NamesAsync(), Is.EqualTo(new[] { "A/z", "a-b/c", "a/B", "a/b", "b/a" }));
    }

    [Test]
    public async Task Its_size_and_age_are_those_of_the_last_refresh()
    {
        var time = new ShiftedTime();
        var aging = new PackageCatalog(
            new FaultyDocumentStore(storage.Documents, faults), writer, NullLogger<PackageCatalog>.Instance, time);
        Assert.That((aging.Count, aging.Age), Is.EqualTo(((int?)null, (TimeSpan?)null)));
        await PushAsync("a/one", "1.0.0");
        await aging.GetAsync(default);
        time.Passed += TimeSpan.FromHours(1);
        Assert.That(aging.Count, Is.EqualTo(1));
        Assert.That(aging.Age, Is.GreaterThanOrEqualTo(TimeSpan.FromHours(1)));
        faults.Before = static _ => throw new StorageException(StorageFault.Unavailable, "away");
        Assert.That(async () => await aging.GetAsync(default), Throws.TypeOf<StorageException>());
        Assert.That(aging.Age, Is.GreaterThanOrEqualTo(TimeSpan.FromHours(1)), "the refresh failed");
        faults.Before = static _ => default;
        await aging.GetAsync(default);
        Assert.That(aging.Age, Is.LessThan(TimeSpan.FromHours(1)), "nothing has changed");
    }

    [Test]
    public async Task Only_changed_packages_are_read_again()
    {
        await PushAsync("a/one", "1.0.0");
        await PushAsync("a/two", "1.0.0");
        await catalog.GetAsync(default);
        await PushAsync("a/two", "2.0.0");
        calls.Clear();
        var view = await catalog.GetAsync(default);
        Assert.That(
            calls.Where(call => call.Operation == StorageOperation.GetDocument).Select(call => call.Key),
            Is.EqualTo(new[] { "packages/a/two" }));
        Assert.That(
            view.Entries.ElementAt(1).Releases.Select(release => release.Release.Value),
            Is.EqualTo(new[] { "2.0.0", "1.0.0" }));
    }

    [Test]
    public async Task An_unchanged_catalog_is_the_same_instance()
    {
        await PushAsync("a/one", "1.0.0");
        var view = await catalog.GetAsync(default);
        Assert.That(await catalog.GetAsync(default), Is.SameAs(view));
    }

    [Test]
    public async Task A_deleted_package_and_its_fingerprint_are_removed()
    {
        await PushAsync("a/one", "1.0.0");
        var before = await catalog.GetAsync(default);
        await PushAsync("a/two", "1.0.0");
        Assert.That((await catalog.GetAsync(default)).Fingerprint, Is.Not.EqualTo(before.Fingerprint));
        await writer.UpdateAsync(
            Samples.Package("a/two"),
            new DocumentChange<PackageIndex>(
                index => index!.Without(Release.Parse("1.0.0"), Samples.Type("helm"))),
            default);
        var after = await catalog.GetAsync(default);
        Assert.That(after.Entries.Select(entry => entry.Name.Value), Is.EqualTo(new[] { "a/one" }));
        Assert.That(after.Fingerprint, Is.EqualTo(before.Fingerprint));
    }

    [Test]
    public async Task A_damaged_index_does_not_fail_the_list()
    {
        await PushAsync("a/good", "1.0.0");
        await storage.Documents.TryPutAsync(
            Samples.Package("a/bad").Key, "damage"u8.ToArray(), Precondition.Absent, default);
        Assert.That(await NamesAsync(), Is.EqualTo(new[] { "a/good" }));
    }

    [Test]
    public async Task An_oversized_index_is_skipped_without_reading_the_others_again()
    {
        await PushAsync("a/good", "1.0.0");
        await storage.Documents.TryPutAsync(
            Samples.Package("a/long").Key,
            StoredIndex.Write(LargeIndexes.Bomb(Samples.Package("a/long"), 400), long.MaxValue).Content,
            Precondition.Absent,
            default);
        Assert.That(await NamesAsync(), Is.EqualTo(new[] { "a/good" }));
        await PushAsync("a/next", "1.0.0");
        Assert.That(await NamesAsync(), Is.EqualTo(new[] { "a/good", "a/next" }));
        Assert.That(
            calls.Count(call => call.Operation == StorageOperation.GetDocument),
            Is.EqualTo(1),
            "only a/next is read individually");
    }

    [Test]
    public async Task An_unavailable_storage_is_not_an_empty_list()
    {
        await PushAsync("a/one", "1.0.0");
        await catalog.GetAsync(default);
        faults.Before = _ => throw new StorageException(StorageFault.Unavailable, "away");
        Assert.That(async () => await catalog.GetAsync(default), Throws.TypeOf<StorageException>());
        faults.Before = null;
        Assert.That(await NamesAsync(), Is.EqualTo(new[] { "a/one" }));
    }

    [Test]
    public async Task Callers_share_a_refresh_that_started_after_they_called()
    {
        var gate = new TaskCompletionSource();
        var lists = 0;
        faults.Before = async call =>
        {
            if (call is { Operation: StorageOperation.DocumentChanges, Key: "packages" }
                && Interlocked.Increment(ref lists) == 1)
                await gate.Task;
        };
        var first = catalog.GetAsync(default);
        while (Volatile.Read(ref lists) == 0)
            await Task.Delay(1);

        // The first refresh may have listed already: later callers must still see this push.
        await PushAsync("a/one", "1.0.0");
        var later = Enumerable.Range(0, 100).Select(_ => catalog.GetAsync(default)).ToArray();
        gate.SetResult();
        await first;
        foreach (var view in await Task.WhenAll(later))
            Assert.That(view.Count, Is.EqualTo(1));
        Assert.That(lists, Is.EqualTo(2));
    }

    [Test]
    public async Task A_call_during_a_refresh_starts_a_second_one_and_all_later_calls_share_a_third()
    {
        await catalog.GetAsync(default);
        var gate = new TaskCompletionSource();
        var requests = 0;
        faults.After = async call =>
        {
            if (call.Operation == StorageOperation.DocumentChanges && Interlocked.Increment(ref requests) <= 2)
                await gate.Task;
        };
        var first = catalog.GetAsync(default);
        await PushAsync("a/one", "1.0.0");
        var second = catalog.GetAsync(default);
        Assert.That(requests, Is.EqualTo(2));
        await PushAsync("a/two", "1.0.0");
        var later = Enumerable.Range(0, 100).Select(_ => catalog.GetAsync(default)).ToArray();
        Assert.That(requests, Is.EqualTo(2));
        gate.SetResult();
        await first;
        Assert.That((await second).Count, Is.AtLeast(1));
        foreach (var view in await Task.WhenAll(later))
            Assert.That(view.Count, Is.EqualTo(2));
        Assert.That(requests, Is.EqualTo(3));
    }

    [Test]
    public async Task A_late_refresh_never_reverts_a_newer_view()
    {
        await PushAsync("a/one", "1.0.0");
        await catalog.GetAsync(default);
        await PushAsync("a/one", "2.0.0");
        var gate = new TaskCompletionSource();
        var requests = 0;
        faults.After = async call =>
        {
            if (call.Operation == StorageOperation.DocumentChanges && Interlocked.Increment(ref requests) == 1)
                await gate.Task;
        };
        var late = catalog.GetAsync(default);
        await PushAsync("a/one", "3.0.0");
        await PushAsync("a/two", "1.0.0");
        var newer = await catalog.GetAsync(default);
        Assert.That((newer.Count, newer.Entries.First().Releases.Length), Is.EqualTo((2, 3)));
        gate.SetResult();
        Assert.That(await late, Is.SameAs(newer));
        Assert.That(await catalog.GetAsync(default), Is.SameAs(newer));
    }

    [TestCase("titi", null, null, "titi/other titi/rocketchat")]
    [TestCase("", null, null, "")]
    [TestCase("tit", null, null, "")]
    [TestCase(null, "ROCK", null, "titi/rocketchat")]
    [TestCase(null, "i/o", null, "titi/other")]
    [TestCase(null, "", null, "ant31/kube-ui titi/other titi/rocketchat")]
    [TestCase(null, "(", null, "")]
    [TestCase(null, null, "kpm", "ant31/kube-ui")]
    [TestCase(null, null, "", "")]
    [TestCase(null, null, "-", "")]
    [TestCase(null, null, "application/vnd.appr.package-manifest.kpm.v0.json", "ant31/kube-ui")]
    [TestCase("titi", "chat", "helm", "titi/rocketchat")]
    public async Task Filters_combine(string? @namespace, string? text, string? mediaType, string expected)
    {
        await PushAsync("titi/rocketchat", "1.0.0");
        await PushAsync("titi/other", "1.0.0");
        await PushAsync("ant31/kube-ui", "1.0.0", "kpm");
        var found = new CatalogQuery(@namespace, text, mediaType).Filter(await catalog.GetAsync(default));
        Assert.That(string.Join(' ', found.Select(entry => entry.Name.Value)), Is.EqualTo(expected));
    }

    [Test]
    public async Task Namespaces_may_have_any_number_of_parts()
    {
        foreach (var name in new[] { "org/charts/app", "app", "org/app" })
            await PushAsync(name, "1.0.0");
        Assert.That(await NamesAsync(), Is.EqualTo(new[] { "app", "org/app", "org/charts/app" }));
        await PushAsync("org/charts/app", "2.0.0");
        var entry = (await catalog.GetAsync(default)).Find(Samples.Package("org/charts/app"));
        Assert.That(entry!.Releases, Has.Length.EqualTo(2));
    }

    [Test]
    public async Task A_media_type_filter_keeps_only_releases_that_have_it()
    {
        await PushAsync("a/one", "1.0.0", "kpm");
        await PushAsync("a/one", "2.0.0", "helm");
        var entry = new CatalogQuery(null, null, "kpm").Filter(await catalog.GetAsync(default)).Single();
        Assert.That(entry.Releases.Single().Release.Value, Is.EqualTo("1.0.0"));
    }

    private async Task<IEnumerable<string>> NamesAsync() =>
        (await catalog.GetAsync(default)).Entries.Select(entry => entry.Name.Value);

    private Task<PackageIndex?> PushAsync(string name, string release, string type = "helm") =>
        writer.UpdateAsync(
            Samples.Package(name), Samples.Push(Samples.Package(name), Samples.Manifest(release, type)), default);
}
