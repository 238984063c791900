using System.Collections.Concurrent;
using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Packages;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed partial class PackageIndexesTests
{
    private static readonly PackageName Name = Samples.Package();

    private readonly InMemoryStorage storage = new();
    private readonly StorageFaults faults = new();
    private readonly ConcurrentQueue<StorageOperation> calls = new();
    private readonly PackageIndexes indexes;

    public PackageIndexesTests()
    {
        indexes = Indexes(TimeSpan.FromSeconds(5));
        faults.Before = call =>
        {
            calls.Enqueue(call.Operation);
            return default;
        };
    }

    [Test]
    public async Task A_completed_change_is_stored()
    {
        var index = await PushAsync(indexes, "1.0.0");
        Assert.That(index!.Releases.Single().Value, Is.EqualTo("1.0.0"));
        Assert.That((await indexes.GetAsync(Name, default)).State.Releases, Is.EqualTo(index.Releases));
    }

    [Test]
    public async Task The_use_of_the_cache_and_lost_races_are_counted()
    {
        await PushAsync(indexes, "1.0.0");
        var (hits, misses) = Uses();
        await indexes.GetAsync(Name, default);
        Assert.That(Uses(), Is.EqualTo((hits + 1, misses)));
        await PushAsync(Indexes(TimeSpan.FromSeconds(5)), "2.0.0");
        await indexes.GetAsync(Name, default);
        Assert.That(Uses(), Is.EqualTo((hits + 1, misses + 1)), "the cached index was outdated");
        Assert.That(indexes.CacheUsage.HeldBytes, Is.InRange(1, indexes.CacheUsage.MaxBytes));

        Assert.That(indexes.Counts.Conflicts, Is.Zero);
        var isFirst = true;
        faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.PutDocument || !isFirst)
                return;
            isFirst = false;
            await PushAsync(Indexes(TimeSpan.FromSeconds(5)), "3.0.0");
        };
        await PushAsync(indexes, "4.0.0");
        Assert.That(indexes.Counts.Conflicts, Is.EqualTo(1));

        await storage.Documents.TryPutAsync(Name.Key, "damage"u8.ToArray(), Precondition.None, default);
        Assert.That(async () => await indexes.GetAsync(Name, default), Throws.TypeOf<StorageException>());
        Assert.That(indexes.Counts.Unreadable, Is.EqualTo(1));

        (long, long) Uses() => (indexes.CacheUsage.Hits, indexes.CacheUsage.Misses);
    }

    [Test]
    public async Task Waiting_changes_of_one_package_share_a_write()
    {
        var release = new TaskCompletionSource();
        faults.Before = async call =>
        {
            calls.Enqueue(call.Operation);
            if (call.Operation == StorageOperation.PutDocument
                && calls.Count(op => op == StorageOperation.PutDocument) == 1)
                await release.Task;
        };
        var first = PushAsync(indexes, "0.0.1");
        while (!calls.Contains(StorageOperation.PutDocument))
            await Task.Delay(1);
        var others = Enumerable.Range(0, 50).Select(i => PushAsync(indexes, $"1.{i}.0")).ToArray();
        release.SetResult();
        await Task.WhenAll([first, .. others]);
        Assert.That(calls.Count(op => op == StorageOperation.PutDocument), Is.EqualTo(2));
        Assert.That((await indexes.GetAsync(Name, default)).State.Releases, Has.Length.EqualTo(51));
    }

    [Test]
    public async Task Only_one_of_many_pushes_of_a_release_in_two_processes_wins()
    {
        var other = Indexes(TimeSpan.FromSeconds(5));
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 64).Select(async i =>
        {
            try
            {
                await PushAsync(i % 2 == 0 ? indexes : other, "1.0.0");
                return "pushed";
            }
            catch (RegistryException exception)
            {
                return exception.Code.ToString();
            }
        }));
        Assert.That(outcomes.Count(outcome => outcome == "pushed"), Is.EqualTo(1));
        Assert.That(outcomes.Count(outcome => outcome == nameof(ErrorCode.PackageExists)), Is.EqualTo(63));
    }

    [Test]
    public async Task Pushes_of_different_releases_in_two_processes_all_succeed()
    {
        var other = Indexes(TimeSpan.FromSeconds(20));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => PushAsync(i % 2 == 0 ? indexes : other, $"1.{i}.0")));
        Assert.That((await indexes.GetAsync(Name, default)).State.Releases, Has.Length.EqualTo(100));
    }

    [Test]
    public async Task Only_the_push_that_overflows_the_document_fails()
    {
        // Random text cannot be compressed: sixteen of these fill the document.
        var random = new Random(1);
        string RandomText() =>
            $"\"{Convert.ToBase64String(Enumerable.Range(0, 48_000).Select(_ => (byte)random.Next(256)).ToArray())}\"";
        var outcomes = new List<string>();
        var manifests = Enumerable.Range(0, 24)
            .Select(i => Samples.Manifest($"1.{i}.0") with { Metadata = Metadata.Of(RandomText()) })
            .ToArray();
        foreach (var outcome in manifests.Select(
            manifest => indexes.UpdateAsync(Name, Samples.Push(Name, manifest), default)).ToArray())
            try
            {
                await outcome;
                outcomes.Add("pushed");
            }
            catch (RegistryException exception)
            {
                outcomes.Add(exception.Code.ToString());
            }

        var stored = (await indexes.GetAsync(Name, default)).State.Releases.Length;
        Assert.That(outcomes.Distinct(), Is.EquivalentTo(new[] { "pushed", nameof(ErrorCode.IndexFull) }));
        Assert.That(outcomes.Count(outcome => outcome == "pushed"), Is.EqualTo(stored));
    }

    [Test]
    public async Task A_caller_cancelled_before_its_turn_changes_nothing()
    {
        var gate = new TaskCompletionSource();
        faults.Before = async call =>
        {
            calls.Enqueue(call.Operation);
            if (call.Operation == StorageOperation.PutDocument)
                await gate.Task;
        };
        var first = PushAsync(indexes, "1.0.0");
        while (!calls.Contains(StorageOperation.PutDocument))
            await Task.Delay(1);
        using var cancel = new CancellationTokenSource();
        var second = indexes.UpdateAsync(Name, Samples.Push(Name, Samples.Manifest("2.0.0")), cancel.Token);
        await cancel.CancelAsync();
        Assert.That(async () => await second, Throws.InstanceOf<OperationCanceledException>());
        gate.SetResult();
        await first;
        await PushAsync(indexes, "3.0.0");
        Assert.That(
            (await indexes.GetAsync(Name, default)).State.Releases.Select(release => release.Value),
            Is.EqualTo(new[] { "3.0.0", "1.0.0" }));
    }

    [Test]
    public async Task A_throttled_write_is_retried_like_a_lost_race()
    {
        var refusals = 3;
        faults.Before = call => call.Operation == StorageOperation.PutDocument && refusals-- > 0
            ? throw new StorageException(StorageFault.Throttled, "slower") { ChangedNothing = true }
            : default;
        Assert.That((await PushAsync(indexes, "1.0.0"))!.Releases, Has.Length.EqualTo(1));

        faults.Before = static call => call.Operation == StorageOperation.PutDocument
            ? throw new StorageException(StorageFault.Throttled, "slower") { ChangedNothing = true }
            : default;
        Assert.That(
            async () => await PushAsync(Indexes(TimeSpan.FromMilliseconds(200)), "2.0.0"),
            Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.ResourceInUse));
    }

    private static Task<PackageIndex?> PushAsync(PackageIndexes indexes, string release) =>
        indexes.UpdateAsync(Name, Samples.Push(Name, Samples.Manifest(release)), CancellationToken.None);

    private Task<PackageIndex?> PushInAsync(string epoch, string release) =>
        indexes.UpdateAsync(
            Name, Samples.Push(Name, Samples.Manifest(release)) with { Epoch = new StorageEpoch(epoch) }, default);

    private PackageIndexes Indexes(TimeSpan bound) =>
        new(
            new FaultyDocumentStore(storage.Documents, faults),
            TimeProvider.System,
            new UpdateOptions { Bound = bound });

    private void FailOnce(StorageOperation operation, bool afterwards)
    {
        var failed = false;
        ValueTask Fail(StorageCall call)
        {
            calls.Enqueue(call.Operation);
            if (failed || call.Operation != operation)
                return default;
            failed = true;
            throw new StorageException(StorageFault.Unavailable, "the response is lost");
        }

        calls.Clear();
        if (afterwards)
            (faults.Before, faults.After) = (null, Fail);
        else
            faults.Before = Fail;
    }
}
