using NUnit.Framework;
using Registry.Core.Maintenance;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Maintenance;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed partial class MigrationTests
{
    private const string App = "titi/rocketchat";

    private readonly SmallRegistry source = new();
    private readonly SmallRegistry target = new();
    private readonly List<string> findings = [];

    [Test]
    public async Task Everything_is_copied_byte_for_byte_with_its_times()
    {
        await FillAsync();
        target.Time.Shift = TimeSpan.FromDays(3);

        var migration = New();
        Assert.That(await migration.RunAsync(default), Is.True, string.Join('\n', findings));

        Assert.That(target.Contents(), Is.EqualTo(source.Contents()).AsCollection);
        Assert.That(
            (migration.Copied.Packages, migration.Copied.Archives, migration.Copied.Blobs), Is.EqualTo((2L, 3L, 6L)));
        Assert.That(
            migration.Copied.Bytes, Is.EqualTo(source.Memory.StoredBlobs.Values.Sum(static blob => blob.Info.Length)));
        Assert.That(
            (migration.Verified.Packages, migration.Verified.Archives, migration.Verified.Blobs),
            Is.EqualTo((2L, 3L, 6L)));
        Assert.That(migration.Verified.Bytes, Is.EqualTo(migration.Copied.Bytes));
        Assert.That((migration.Findings, migration.Extra.Packages), Is.EqualTo((0L, 0L)));
    }

    [Test]
    public async Task Unreferenced_blobs_are_not_copied()
    {
        await FillAsync();
        await source.PushAsync(App, "9.0.0", "deleted");
        await source.DeleteAsync(App, "9.0.0");

        Assert.That(await New().RunAsync(default), Is.True);
        Assert.That(target.Memory.StoredBlobs, Has.Count.EqualTo(source.Memory.StoredBlobs.Count - 1));
        Assert.That(target.Dangling(), Is.Empty);
    }

    [Test]
    public async Task A_second_run_copies_nothing()
    {
        await FillAsync();
        Assert.That(await New().RunAsync(default), Is.True);
        target.Faults.Before = call => call.Operation is StorageOperation.CreateBlob
            || (call.Operation == StorageOperation.PutDocument && !IsProbe(call))
            ? throw new AssertionException($"{call} writes again")
            : default;

        var again = New();
        Assert.That(await again.RunAsync(default), Is.True);
        Assert.That(
            (again.Copied.Packages, again.Copied.Archives, again.Copied.Blobs, again.Copied.Bytes),
            Is.EqualTo((0L, 0L, 0L, 0L)));
        Assert.That((again.Present.Packages, again.Present.Archives, again.Present.Blobs), Is.EqualTo((2L, 3L, 6L)));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_run_interrupted_at_any_call_leaves_no_dangling_reference_and_is_resumed(bool responseIsLost)
    {
        await FillAsync();
        var runs = 0;
        var retried = 0;
        for (var interrupted = true; interrupted; runs++)
        {
            // The fault occurs one call later in each run, so that every call of a migration is interrupted once.
            var calls = 0;
            interrupted = false;
            ValueTask Interrupt(StorageCall call)
            {
                if (++calls != runs + 1)
                    return default;
                interrupted = true;
                throw new StorageException(StorageFault.Unavailable, "interrupted");
            }

            var partial = new SmallRegistry();
            partial.Faults.Before = responseIsLost ? null : Interrupt;
            partial.Faults.After = responseIsLost ? Interrupt : null;
            try
            {
                Assert.That(
                    await New(to: partial, new MigrationOptions { Parallel = 1 }).RunAsync(default), Is.True);
                retried += interrupted ? 1 : 0;
            }
            catch (StorageException)
            {
                Assert.That(partial.Dangling(), Is.Empty);
                if (!responseIsLost)
                    Assert.That(partial.Memory.Staged, Is.Empty, "staged uploads are discarded");
            }

            var before = partial.Memory.StoredBlobs.Count;
            (partial.Faults.Before, partial.Faults.After) = (null, null);
            var next = New(to: partial);
            Assert.That(await next.RunAsync(default), Is.True);
            Assert.That(next.Copied.Blobs, Is.EqualTo(6 - before), "existing blobs were not copied again");
            Assert.That(
                partial.Contents().Where(static line => !line.StartsWith("probe", StringComparison.Ordinal)),
                Is.EqualTo(source.Contents()).AsCollection);
        }

        Assert.That(runs, Is.GreaterThan(40));
        Assert.That(retried, Is.EqualTo(8), "the commits of the blobs and the writes of the indexes are repeated");
    }

    [TestCase(StorageOperation.ReadBlob)]
    [TestCase(StorageOperation.StatBlob)]
    [TestCase(StorageOperation.ListBlobs)]
    [TestCase(StorageOperation.GetDocument)]
    public async Task A_source_failure_ends_the_migration_and_is_not_a_finding(StorageOperation operation)
    {
        await FillAsync();
        source.Faults.Before = call => call.Operation == operation && !IsProbe(call)
            ? throw new StorageException(StorageFault.Unavailable, "not now")
            : default;
        Assert.That(
            async () => await New().RunAsync(default),
            Throws.TypeOf<StorageException>().With.Message.EqualTo("not now"));
        Assert.That(findings, Is.Empty);
        Assert.That(target.Dangling(), Is.Empty);
    }

    [Test]
    public async Task Cancellation_ends_the_migration()
    {
        await FillAsync();
        using var stop = new CancellationTokenSource();

        // A single cancellation for all commits: a second caller of CancelAsync does not wait for its callbacks.
        var stopping = new Lazy<Task>(stop.CancelAsync);
        target.Faults.Before = async call =>
        {
            if (call.Operation == StorageOperation.CommitBlob)
                await stopping.Value;
        };
        Assert.That(async () => await New().RunAsync(stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(target.Memory.StoredDocuments, Is.Empty);
    }

    [Test]
    public async Task A_package_with_damaged_or_missing_content_is_skipped_entirely_and_reported()
    {
        await FillAsync();
        var damaged = await source.PushAsync("a/damaged", "1.0.0", "one", "kpm");
        await source.PushAsync("a/damaged", "2.0.0", "two");
        source.Damage(SmallRegistry.KeyOf("a/damaged", damaged));
        var lost = await source.PushAsync("a/lost", "1.0.0", "one");
        source.Lose(SmallRegistry.KeyOf("a/lost", lost));
        var archive = await source.UploadAsync("http://example.org/damaged", "zip");
        source.Damage(archive);

        var migration = New();
        Assert.That(await migration.RunAsync(default), Is.False);
        Assert.That(findings, Has.Count.EqualTo(3));
        Assert.That(
            findings,
            Has.One.StartsWith($"package a/damaged release 1.0.0 kpm blob {damaged.Content.StoredDigest}: holds"));
        Assert.That(
            findings,
            Has.One.EqualTo($"package a/lost release 1.0.0 helm blob {lost.Content.StoredDigest}: is missing"));
        Assert.That(
            findings, Has.One.StartsWith($"archive archives/example.org/damaged/@{archive.Digest}: holds 3 bytes"));
        Assert.That(migration.Findings, Is.EqualTo(3));
        Assert.That(
            (migration.Verified.Packages, migration.Verified.Archives), Is.EqualTo((2L, 3L)), "the others were copied");
        Assert.That(
            target.Memory.StoredDocuments.Keys.Select(static key => key.Value), Has.None.StartsWith("packages/a/"));
        Assert.That(target.Memory.StoredBlobs.ContainsKey(archive), Is.False);
    }

    [Test]
    public async Task A_damaged_index_is_skipped_and_reported()
    {
        await FillAsync();
        await source.Memory.Documents.PutAsync(Samples.Package("a/b").Key, "{}", Precondition.Absent, default);
        await source.Memory.Documents.PutAsync(StoreKey.Of("packages", "stray"), "{}", Precondition.Absent, default);

        Assert.That(await New().RunAsync(default), Is.False);
        Assert.That(findings, Has.Count.EqualTo(2));
        Assert.That(findings, Has.One.StartsWith("package a/b: The stored index of a/b cannot be read"));
        Assert.That(findings, Has.One.EqualTo("key packages/stray: is not the key of a package"));
        Assert.That(target.Memory.StoredDocuments, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Damage_at_the_target_is_found_by_reading_back()
    {
        await FillAsync();
        var release = await source.PushAsync(App, "9.0.0", "content");
        Assert.That(await New().RunAsync(default), Is.True);
        target.Damage(SmallRegistry.KeyOf(App, release));

        Assert.That(
            await New(target, new MigrationOptions { ReadBack = false }).RunAsync(default),
            Is.True,
            "lengths and times match");
        Assert.That(await New().RunAsync(default), Is.False);
        Assert.That(findings, Has.Count.EqualTo(1));
        Assert.That(
            findings[0],
            Does.StartWith($"package {App} release 9.0.0 helm blob {release.Content.StoredDigest}: has the sha256"));
    }

    [Test]
    public async Task A_storage_is_not_migrated_onto_itself()
    {
        await FillAsync();
        var before = source.Contents();
        Assert.That(await New(source).RunAsync(default), Is.False);
        Assert.That(findings, Is.EqualTo(new[] { "target: source and target are the same storage" }));
        Assert.That(source.Contents(), Is.EqualTo(before).AsCollection);
    }

    [Test]
    public async Task An_empty_source_is_rejected()
    {
        Assert.That(await New().RunAsync(default), Is.False);
        Assert.That(findings[0], Does.StartWith("source: contains no packages or archives"));
    }

    private static bool IsProbe(StorageCall call) => call.Key.StartsWith("probe", StringComparison.Ordinal);

    private Migration New() => New(target);

    private Migration New(
        SmallRegistry to,
        MigrationOptions? options = null) =>
        new(source.Storage, to.Storage, options ?? new MigrationOptions(), finding =>
    {
        lock (findings)
            findings.Add(finding.ToString());
    });

    /// <summary>
    /// Stores 2 packages, 3 archives, 6 blobs: one content in two releases, a channel, and workspaces of several depths
    /// and with empty parts.
    /// </summary>
    private async Task FillAsync()
    {
        source.Time.Shift = TimeSpan.FromDays(-30);
        await source.PushAsync(App, "1.0.0", "first");
        await source.PushAsync(App, "1.1.0", "first");
        await source.PushAsync(App, "1.1.0", "second", "kpm");
        await source.AddToChannelAsync(App, "stable", "1.0.0");
        await source.PushAsync("Titi/Other", "1.0.0", "first");
        await source.UploadAsync("", "zip");
        await source.UploadAsync("http://github.com/me//deep/app", "zip");
        await source.UploadAsync("http://github.com/me//deep/app/below", "zap");
    }
}
