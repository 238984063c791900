using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Access;
using Registry.Core.Catalog;
using Registry.Core.Documents;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Catalog;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ChartIndexesTests
{
    private readonly InMemoryStorage storage = new();
    private readonly StorageFaults faults = new();
    private readonly PackageIndexes writer;
    private readonly PackageCatalog catalog;
    private readonly PackageIndexes indexes;
    private int reads;

    public ChartIndexesTests()
    {
        var documents = new FaultyDocumentStore(storage.Documents, faults);
        writer = new PackageIndexes(storage.Documents, TimeProvider.System, new UpdateOptions());
        indexes = new PackageIndexes(
            documents, TimeProvider.System, new UpdateOptions(), new IndexCacheOptions { MaxBytes = 0 });
        catalog = new PackageCatalog(documents, indexes, NullLogger<PackageCatalog>.Instance);
    }

    private ChartIndexes Indexes(long maxBytes = 1 << 20) => new(
        catalog,
        indexes,
        new DerivedReleases(new PackageContents(storage.Blobs, new ContentCacheOptions())),
        new CompletionRequests(),
        new ChartIndexOptions { MaxBytes = maxBytes });

    [Test]
    public async Task A_push_costs_the_entries_of_one_package()
    {
        for (var i = 0; i < 20; i++)
            await PushAsync($"team/app{i:00}", "1.0.0");
        var charts = Indexes();
        Assert.That(await NamesAsync(charts), Has.Count.EqualTo(20));
        await PushAsync("team/app07", "1.1.0");
        await catalog.GetAsync(CancellationToken.None);
        CountReads();
        Assert.That(await NamesAsync(charts), Has.Count.EqualTo(21).And.Contains("app07 1.1.0"));
        Assert.That(reads, Is.EqualTo(1));
        Assert.That(await NamesAsync(charts), Has.Count.EqualTo(21));
        Assert.That(reads, Is.EqualTo(1));
    }

    [Test]
    public async Task A_poll_reads_no_package()
    {
        for (var i = 0; i < 5; i++)
            await PushAsync($"team/app{i}", "1.0.0");
        var charts = Indexes();
        var first = await charts.GetAsync("team", ScopeSet.Everything, CancellationToken.None);
        CountReads();
        Assert.That(await charts.GetAsync("team", ScopeSet.Everything, CancellationToken.None), Is.SameAs(first));
        Assert.That(reads, Is.Zero);
    }

    [Test]
    public async Task Few_packages_are_read_ahead_of_the_client()
    {
        for (var i = 0; i < 100; i++)
            await PushAsync($"team/app{i:00}", "1.0.0");
        var charts = Indexes(maxBytes: 0);
        var team = await charts.GetAsync("team", ScopeSet.Everything, CancellationToken.None);
        CountReads();
        await using var entries =
            charts.ReadAsync(team, team.Entries, CancellationToken.None).GetAsyncEnumerator();
        for (var taken = 1; taken <= 100; taken++)
        {
            Assert.That(await entries.MoveNextAsync(), Is.True);
            Assert.That(entries.Current.Package.Name, Is.EqualTo($"app{taken - 1:00}"));
            Assert.That(reads, Is.LessThanOrEqualTo(taken + 8));
        }

        Assert.That(await entries.MoveNextAsync(), Is.False);
    }

    [Test]
    public async Task A_failure_ends_the_reading()
    {
        for (var i = 0; i < 30; i++)
            await PushAsync($"team/app{i:00}", "1.0.0");
        var charts = Indexes();
        var team = await charts.GetAsync("team", ScopeSet.Everything, CancellationToken.None);
        faults.Before = static call => call.Key.EndsWith("app20", StringComparison.Ordinal)
            ? throw new StorageException(StorageFault.Unavailable, "down")
            : default;
        var read = 0;
        Assert.That(
            async () =>
            {
                await foreach (var _ in charts.ReadAsync(team, team.Entries, CancellationToken.None))
                    read++;
            },
            Throws.InstanceOf<StorageException>());
        Assert.That(read, Is.EqualTo(20));
    }

    [Test]
    public async Task A_package_that_was_deleted_meanwhile_is_left_out()
    {
        await PushAsync("team/app", "1.0.0");
        await PushAsync("team/gone", "1.0.0");
        var charts = Indexes();
        var team = await charts.GetAsync("team", ScopeSet.Everything, CancellationToken.None);
        await writer.UpdateAsync(
            Samples.Package("team/gone"),
            new DocumentChange<PackageIndex>(static _ => null),
            CancellationToken.None);
        Assert.That(await NamesAsync(charts, team), Is.EqualTo((string[])["app 1.0.0"]));
    }

    [Test]
    public async Task Other_namespaces_do_not_change_the_fingerprint()
    {
        await PushAsync("team/app", "1.0.0");
        var charts = Indexes();
        var before = (await charts.GetAsync("team", ScopeSet.Everything, CancellationToken.None)).Fingerprint;
        foreach (var package in (string[])["teams/app", "team/sub/app", "tea/app", "app"])
            await PushAsync(package, "1.0.0");
        Assert.That(
            (await charts.GetAsync("team", ScopeSet.Everything, CancellationToken.None)).Fingerprint,
            Is.EqualTo(before));
        await PushAsync("team/app", "1.0.1");
        Assert.That(
            (await charts.GetAsync("team", ScopeSet.Everything, CancellationToken.None)).Fingerprint,
            Is.Not.EqualTo(before));
    }

    [Test]
    public async Task A_version_with_a_number_that_Helm_cannot_hold_is_not_listed()
    {
        await PushAsync("team/app", "18446744073709551615.0.0");
        await PushAsync("team/app", "18446744073709551616.0.0");
        var charts = Indexes();
        Assert.That(await NamesAsync(charts), Is.EqualTo((string[])["app 18446744073709551615.0.0"]));
        var entries = await charts.FindAsync(
            Samples.Package("team/app"), ScopeSet.Everything, CancellationToken.None);
        Assert.That(entries!.Unlisted.Single().Reason, Does.Contain("64 bits"));
    }

    [Test]
    public async Task The_packages_of_namespaces_below_are_skipped()
    {
        foreach (var package in (string[])
            ["a/b/c", "a/b", "a/b-c", "a/b.c", "a/b/d", "a/b0", "a-b/c", "a0/c", "a", "b", "a/z/y/x", "a/z"])
            await PushAsync(package, "1.0.0");
        var charts = Indexes();
        foreach (var (place, expected) in ((string, string[])[])
            [("", ["a", "b"]), ("a", ["b", "b-c", "b.c", "b0", "z"]), ("a/b", ["c", "d"]), ("a/z/y", ["x"]), ("z", [])])
            Assert.That(
                (await charts.GetAsync(place, ScopeSet.Everything, CancellationToken.None)).Entries.Select(
                    static entry => entry.Name.Name),
                Is.EqualTo(expected));
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(ChartIndexes charts, ChartNamespace? team = null)
    {
        team ??= await charts.GetAsync("team", ScopeSet.Everything, CancellationToken.None);
        var names = new List<string>();
        await foreach (var package in charts.ReadAsync(team, team.Entries, CancellationToken.None))
        {
            using var json = JsonDocument.Parse($"[{Encoding.UTF8.GetString(package.All.Span)}]");
            names.AddRange(json.RootElement.EnumerateArray().Select(static entry =>
                $"{entry.GetProperty("name").GetString()} {entry.GetProperty("version").GetString()}"));
        }

        return names;
    }

    private void CountReads() => faults.Before = call =>
    {
        if (call.Operation == StorageOperation.GetDocument)
            Interlocked.Increment(ref reads);
        return default;
    };

    private async Task PushAsync(string package, string release)
    {
        var manifest = Samples.Manifest(release);
        await writer.UpdateAsync(
            Samples.Package(package),
            Samples.Push(Samples.Package(package), manifest with
            {
                Artifact = new ReleaseArtifact(
                    Samples.Start,
                    new OciManifest(Samples.Sha256(release), "application/vnd.oci.image.manifest.v1+json", 100),
                    [],
                    new ChartContent(Metadata.Of("{\"name\":\"a\",\"version\":\"1.0.0\"}"), null, null, null),
                    Unlisted: null),
            }),
            CancellationToken.None);
    }
}
