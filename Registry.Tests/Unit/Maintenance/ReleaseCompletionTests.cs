using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Core.Catalog;
using Registry.Core.Content;
using Registry.Core.Documents;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;
using static Registry.Tests.Support.OneRegistry;

namespace Registry.Tests.Unit.Maintenance;

/// <summary>Packages as version 1.1 stored them get what OCI and Helm clients need.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ReleaseCompletionTests : IDisposable
{
    private readonly OneRegistry registry = new();
    private readonly StorageFaults faults = new();
    private readonly CompletionRequests requests = new();
    private readonly LogRecorder log = new();

    public void Dispose() => log.Dispose();

    [Test]
    public async Task Every_release_gets_the_manifest_that_a_push_would_have_given_it()
    {
        var (chart, rootless, kpm) =
            (Chart("1.0.0"), Chart("1.1.0", "rootless", folder: ""), Archive(("a", "kpm")));
        await StoreAsync(("1.0.0", "helm", chart), ("1.1.0", "helm", rootless), ("1.1.0", "kpm", kpm));
        Assert.That((await registry.IndexAsync())!.IsIncomplete, Is.True);
        Assert.That(await registry.TagsAsync(), Is.Empty);
        var before = (await registry.IndexAsync())!;

        Assert.That(await Completion().RunAsync(default), Is.EqualTo(1));
        var index = (await registry.IndexAsync())!;
        Assert.That(index.IsIncomplete, Is.False);
        Assert.That(
            index.Manifests.Select(static manifest => manifest with { Artifact = null }),
            Is.EqualTo(before.Manifests).AsCollection,
            "CNR clients see no difference");
        Assert.That(await registry.TagsAsync(), Is.EqualTo("1.0.0 1.1.0 1.1.0__helm 1.1.0__index 1.1.0__kpm"));

        var pushed = new OneRegistry();
        pushed.Time.Still = Samples.Start;
        await pushed.PushAsync("1.0.0", chart);
        await pushed.PushAsync("1.1.0", rootless);
        await pushed.PushAsync("1.1.0", kpm, "kpm");
        foreach (var tag in (await pushed.TagsAsync()).Split(' '))
            Assert.That(await registry.ReadAsync(tag), Is.EqualTo(await pushed.ReadAsync(tag)), tag);
        await AssertFindingsAsync(0);
        Assert.That(await Completion().RunAsync(default), Is.Zero, "nothing is left to do");
    }

    [Test]
    public async Task Damaged_and_missing_contents_keep_no_other_release_from_its_manifest()
    {
        var (chart, damaged, missing) = (Chart("1.0.0"), Chart("2.0.0", "damaged"), Chart("3.0.0", "missing"));
        await StoreAsync(("1.0.0", "helm", chart), ("2.0.0", "helm", damaged), ("3.0.0", "helm", missing));
        registry.Damage(Sha256(damaged));
        registry.Lose(Sha256(missing));

        await Completion().RunAsync(default);
        var index = (await registry.IndexAsync())!;
        Assert.That(index.IsIncomplete, Is.False);
        Assert.That(
            index.Manifests.Select(static manifest => (manifest.Release.Value, manifest.Artifact!.Unlisted is null)),
            Is.EqualTo(new[] { ("3.0.0", false), ("2.0.0", false), ("1.0.0", true) }));
        Assert.That(
            Encoding.UTF8.GetString(await registry.ReadAsync("2.0.0")), Does.Contain($"sha256:{Sha256(damaged)}"));
        await AssertFindingsAsync(2);
    }

    [Test]
    public async Task A_release_whose_content_was_missing_is_a_chart_once_it_is_pushed_again([Values] bool byHelm)
    {
        var chart = Chart("1.0.0");
        await StoreAsync(("1.0.0", "helm", chart));
        registry.Lose(Sha256(chart));
        await Completion().RunAsync(default);
        var former = await registry.ReadAsync("1.0.0");

        registry.Time.Passed += TimeSpan.FromHours(1);
        if (byHelm)
            await registry.PutAsync(await registry.HelmManifestAsync(chart), "1.0.0");
        else
            await registry.PushAsync("1.0.0", chart, force: true);
        var manifest = (await registry.IndexAsync())!.Manifests.Single();
        Assert.That(manifest.Artifact!.Unlisted, Is.Null);
        Assert.That(manifest.Artifact.Chart, Is.Not.Null);
        Assert.That(
            Encoding.UTF8.GetString(await registry.ReadAsync("1.0.0")), Does.Contain(OciMediaTypes.HelmConfig));
        Assert.That(await registry.ReadAsync(Sha256(former)), Is.EqualTo(former));
        await AssertFindingsAsync(0);
    }

    [Test]
    public async Task Content_above_the_current_limits_is_completed()
    {
        await StoreAsync(("1.0.0", "helm", Chart("1.0.0")));
        var limits = new ContentLimits { MaxPackageBytes = 1, MaxUnpackedBytes = 1, MaxTarEntries = 1 };
        Assert.That(await Completion(content: limits).RunAsync(default), Is.EqualTo(1));
        Assert.That((await registry.IndexAsync())!.Manifests.Single().Artifact!.Unlisted, Is.Null);
    }

    [Test]
    public async Task Two_replicas_complete_the_same_package_at_the_same_time()
    {
        await StoreAsync(
            ("1.0.0", "helm", Chart("1.0.0")),
            ("1.0.0", "kpm", Archive(("a", "kpm"))),
            ("1.1.0", "helm", Chart("1.1.0", folder: "")));
        var ready = 0;
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.PutDocument)
                return;
            if (Interlocked.Increment(ref ready) == 2)
                start.TrySetResult();
            await start.Task.WaitAsync(TimeSpan.FromMinutes(1));
        };
        var completed = await Task.WhenAll(Completion().RunAsync(default), Completion().RunAsync(default));
        Assert.That(completed, Is.EqualTo(new[] { 1, 1 }));
        Assert.That(ready, Is.EqualTo(2), "both wrote");
        Assert.That((await registry.IndexAsync())!.IsIncomplete, Is.False);
        await AssertFindingsAsync(0);
    }

    [Test]
    public async Task A_push_during_the_completion_is_kept()
    {
        await StoreAsync(("1.0.0", "helm", Chart("1.0.0")), ("1.1.0", "helm", Chart("1.1.0")));
        var other = Chart("1.1.0", "forced");
        faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.PutDocument)
                return;
            faults.Before = null;
            await registry.PushAsync("1.1.0", other, force: true);
            await registry.PushAsync("1.2.0", Chart("1.2.0"));
        };
        await Completion().RunAsync(default);
        Assert.That(await registry.TagsAsync(), Is.EqualTo("1.0.0 1.1.0 1.2.0"));
        Assert.That(
            (await registry.IndexAsync())!.Manifests.Single(static each => each.Release.Value == "1.1.0")
                .Content.StoredDigest,
            Is.EqualTo(Sha256(other)));
        await AssertFindingsAsync(0);
    }

    [Test]
    public async Task A_storage_restarted_meanwhile_is_not_a_damaged_content()
    {
        await StoreAsync(
            ("1.0.0", "helm", Chart("1.0.0", folder: "")), ("1.1.0", "helm", Chart("1.1.0", folder: "")));
        registry.Storage.Epoch = new StorageEpoch("first");
        faults.After = call =>
        {
            if (call.Operation == StorageOperation.CommitBlob)
                registry.Storage.Epoch = new StorageEpoch("second");
            return default;
        };
        Assert.That(await Completion().RunAsync(default), Is.Zero);
        Assert.That((await registry.IndexAsync())!.IsIncomplete, Is.True, "the archives may be lost");
        await requests.WaitAsync(default).WaitAsync(TimeSpan.FromMinutes(1));

        await Completion().RunAsync(default);
        Assert.That(
            (await registry.IndexAsync())!.Manifests.Select(static manifest => manifest.Artifact!.Chart?.Wrapped),
            Has.All.Not.Null);
        await AssertFindingsAsync(0);
    }

    [Test]
    public async Task A_slow_completion_that_may_have_lost_a_blob_is_undone_and_repeated()
    {
        await StoreAsync(
            ("1.0.0", "helm", Chart("1.0.0", folder: "")),
            ("1.0.0", "kpm", Archive(("a", "kpm"))),
            ("1.1.0", "helm", Chart("1.1.0")));
        faults.Before = call =>
        {
            if (call.Operation == StorageOperation.PutDocument)
                registry.Time.Passed += new CollectionOptions().Grace;
            return call.Operation == StorageOperation.TouchBlob
                ? throw new StorageException(StorageFault.Unavailable, "broken")
                : default;
        };
        Assert.That(await Completion().RunAsync(default), Is.Zero);
        Assert.That((await registry.IndexAsync())!.Manifests, Has.All.Property("Artifact").Null);
        await requests.WaitAsync(default).WaitAsync(TimeSpan.FromMinutes(1));
        await AssertFindingsAsync(0);

        faults.Clear();
        Assert.That(await Completion().RunAsync(default), Is.EqualTo(1));
        await AssertFindingsAsync(0);
    }

    [Test]
    public async Task A_package_whose_index_would_be_too_large_stays_as_it_is_for_CNR_until_releases_are_deleted()
    {
        var chart = Chart("1.0.0");
        await StoreAsync(("1.0.0", "helm", chart), ("1.1.0", "helm", Chart("1.1.0")));
        var before = (await registry.IndexAsync())!.Manifests;
        var limits = new IndexLimits { MaxBytes = 1200 };
        Assert.That(await Completion(limits).RunAsync(default), Is.Zero);
        Assert.That((await registry.IndexAsync())!.Manifests, Is.EqualTo(before).AsCollection);
        Assert.That(
            log.Faults.Single().Message,
            Does.StartWith($"Package {Name} has no room").And.Contain("LIMITS__INDEXBYTES"));
        using (var pending = new CancellationTokenSource(TimeSpan.FromMilliseconds(50)))
            Assert.That(
                async () => await requests.WaitAsync(pending.Token),
                Throws.InstanceOf<OperationCanceledException>(),
                "another pass would read all contents for nothing");

        await registry.Packages.DeleteAsync(Name, "1.1.0", "helm", Samples.Caller, default);
        Assert.That(await Completion(limits).RunAsync(default), Is.EqualTo(1));
        Assert.That(await registry.TagsAsync(), Is.EqualTo("1.0.0"));
        await AssertFindingsAsync(0);
    }

    private ReleaseCompletion Completion(IndexLimits? limits = null, ContentLimits? content = null)
    {
        var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        var documents = new FaultyDocumentStore(registry.Storage.Documents, faults);
        var blobs = new FaultyBlobStore(registry.Storage.Blobs, faults);
        var indexes = new PackageIndexes(documents, TimeProvider.System, new UpdateOptions(), limits: limits);
        var derived = new DerivedReleases(new PackageContents(blobs, new ContentCacheOptions()));
        return new ReleaseCompletion(
            new PackageCatalog(documents, indexes, NullLogger<PackageCatalog>.Instance),
            indexes,
            new PackageCommitFactory(
                indexes,
                blobs,
                derived,
                new CollectionOptions(),
                registry.Time,
                NullLogger<PackageCommitFactory>.Instance),
            new ReleaseDescriber(blobs, derived, content ?? new ContentLimits()),
            requests,
            loggers.CreateLogger<ReleaseCompletion>());
    }

    /// <summary>Stores a package in schema 1.</summary>
    private async Task StoreAsync(params (string Release, string Type, byte[] Content)[] releases)
    {
        var time = Samples.Start.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
        var manifests = new List<string>();
        foreach (var (release, type, content) in releases.OrderByDescending(static each => each.Release))
        {
            await registry.Storage.Blobs.CommitAsync(Name.Key, content, default);
            manifests.Add(
                $$"""
                {"release":"{{release}}","media_type":"{{type}}","digest":"{{TarDigest(content)}}",
                "blob":"{{Sha256(content)}}","size":{{content.Length}},"created_at":"{{time}}",
                "push_id":"{{release}} {{type}}"}
                """);
        }

        await registry.Storage.Documents.PutAsync(
            Name.Key,
            $$"""
            {"schema":1,"package":"{{Name}}","created_at":"{{time}}",
            "manifests":[{{string.Join(',', manifests)}}],"channels":[]}
            """,
            Precondition.Absent,
            default);
    }

    private static Digest TarDigest(byte[] content)
    {
        using var tar = new GZipStream(
            new MemoryStream(content), CompressionMode.Decompress);
        return Digest.FromHash(SHA256.HashData(tar));
    }

    private async Task AssertFindingsAsync(int expected)
    {
        var findings = new List<string>();
        await new Verification(registry.Open(), parallel: 1, found => findings.Add(found.ToString()))
            .RunAsync(default);
        Assert.That(findings, Has.Count.EqualTo(expected), string.Join('\n', findings));
    }
}
