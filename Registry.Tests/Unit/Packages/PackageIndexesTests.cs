using System.Collections.Concurrent;
using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Packages;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PackageIndexesTests
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
            catch (RegistryException refusal)
            {
                return refusal.Code.ToString();
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
    public async Task A_push_whose_response_was_lost_recognizes_its_own_write()
    {
        FailOnce(StorageOperation.PutDocument, afterwards: true);
        await PushAsync(indexes, "1.0.0");
        Assert.That(calls.Count(op => op == StorageOperation.PutDocument), Is.EqualTo(1));
        Assert.That((await indexes.GetAsync(Name, default)).State.Releases, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_write_that_failed_transiently_is_retried()
    {
        FailOnce(StorageOperation.PutDocument, afterwards: false);
        await PushAsync(indexes, "1.0.0");
        Assert.That((await indexes.GetAsync(Name, default)).State.Releases, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_delete_whose_response_was_lost_has_an_unknown_outcome()
    {
        await PushAsync(indexes, "1.0.0");
        await PushAsync(indexes, "2.0.0");
        FailOnce(StorageOperation.PutDocument, afterwards: true);
        var delete = indexes.UpdateAsync(
            Name,
            new DocumentChange<PackageIndex>(index => index!.Without(Release.Parse("1.0.0"), Samples.Type("helm"))),
            default);
        Assert.That(
            async () => await delete,
            Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.Unavailable));
        Assert.That((await indexes.GetAsync(Name, default)).State.Releases.Single().Value, Is.EqualTo("2.0.0"));
    }

    [Test]
    public async Task A_delete_that_was_not_applied_is_retried()
    {
        await PushAsync(indexes, "1.0.0");
        FailOnce(StorageOperation.DeleteDocument, afterwards: false);
        Assert.That(
            await indexes.UpdateAsync(
                Name,
                new DocumentChange<PackageIndex>(index => index!.Without(Release.Parse("1.0.0"), Samples.Type("helm"))),
                default), Is.Null);
        Assert.That(await indexes.FindAsync(Name, default), Is.Null);
    }

    [Test]
    public async Task A_write_to_a_full_storage_is_not_retried()
    {
        faults.Before = call =>
        {
            calls.Enqueue(call.Operation);
            return call.Operation == StorageOperation.PutDocument
                ? throw new StorageException(StorageFault.Full, "full")
                : default;
        };
        Assert.That(
            async () => await PushAsync(indexes, "1.0.0"),
            Throws.TypeOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.Full));
        Assert.That(calls.Count(op => op == StorageOperation.PutDocument), Is.EqualTo(1));
        faults.Before = null;
        await PushAsync(indexes, "1.0.0");
    }

    [Test]
    public void A_storage_that_cannot_be_read_fails_the_change_with_its_own_fault()
    {
        faults.Before = _ => throw new StorageException(StorageFault.Unavailable, "away");
        Assert.That(async () => await PushAsync(indexes, "1.0.0"), Throws.TypeOf<StorageException>());
    }

    [Test]
    public void An_outcome_that_stays_unknown_fails_at_the_time_limit()
    {
        var put = false;
        faults.Before = call =>
        {
            put |= call.Operation == StorageOperation.PutDocument;
            return put ? throw new StorageException(StorageFault.Unavailable, "away") : default;
        };
        Assert.That(
            async () => await PushAsync(Indexes(TimeSpan.FromMilliseconds(100)), "1.0.0"),
            Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.Unavailable));
    }

    [Test]
    public async Task A_race_that_is_always_lost_fails_with_ResourceInUse()
    {
        await PushAsync(indexes, "1.0.0");
        var key = Name.Key;
        faults.Before = async call =>
        {
            // Another writer is always faster.
            if (call.Operation == StorageOperation.PutDocument)
                await storage.Documents.TryPutAsync(
                    key, (await storage.Documents.GetAsync(key, default))!.Content, Precondition.None, default);
        };
        Assert.That(
            async () => await PushAsync(Indexes(TimeSpan.FromMilliseconds(100)), "2.0.0"),
            Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.ResourceInUse));
    }

    [Test]
    public async Task A_refusal_based_on_a_failed_write_is_re_evaluated()
    {
        // Two pushes of one release wait together; the write that one of them wins is lost with the storage. Neither
        // may fail with "exists".
        var gate = new TaskCompletionSource();
        var puts = 0;
        faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.PutDocument)
                return;
            if (++puts == 1)
                await gate.Task;
            else
                throw new StorageException(StorageFault.Full, "full");
        };
        var first = PushAsync(indexes, "0.1.0");
        while (puts == 0)
            await Task.Delay(1);
        var pair = new[] { PushAsync(indexes, "1.0.0"), PushAsync(indexes, "1.0.0") };
        gate.SetResult();
        await first;
        foreach (var push in pair)
            Assert.That(
                async () => await push,
                Throws.TypeOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.Full));
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
            catch (RegistryException refusal)
            {
                outcomes.Add(refusal.Code.ToString());
            }

        var stored = (await indexes.GetAsync(Name, default)).State.Releases.Length;
        Assert.That(outcomes.Distinct(), Is.EquivalentTo(new[] { "pushed", nameof(ErrorCode.InvalidParameters) }));
        Assert.That(outcomes.Count(outcome => outcome == "pushed"), Is.EqualTo(stored));
    }

    [Test]
    public async Task Of_waiting_changes_only_those_of_an_ended_epoch_fail()
    {
        storage.Epoch = new StorageEpoch("2");
        var gate = new TaskCompletionSource();
        faults.Before = async call =>
        {
            calls.Enqueue(call.Operation);
            if (call.Operation == StorageOperation.PutDocument)
                await gate.Task;
        };
        var first = PushAsync(indexes, "0.1.0");
        while (!calls.Contains(StorageOperation.PutDocument))
            await Task.Delay(1);
        var ended = PushInAsync("1", "1.0.0");
        var others = new[] { PushInAsync("2", "2.0.0"), PushAsync(indexes, "3.0.0") };
        gate.SetResult();
        await first;
        Assert.That(
            async () => await ended,
            Throws.TypeOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.EpochEnded));
        await Task.WhenAll(others);
        Assert.That(
            (await indexes.GetAsync(Name, default)).State.Releases.Select(release => release.Value),
            Is.EqualTo(new[] { "3.0.0", "2.0.0", "0.1.0" }));
    }

    [Test]
    public async Task A_change_without_a_write_fails_too_when_its_epoch_has_ended()
    {
        await PushAsync(indexes, "1.0.0");
        storage.Epoch = new StorageEpoch("2");
        var nothing = new DocumentChange<PackageIndex>(static index => index, Epoch: new StorageEpoch("1"));
        Assert.That(
            async () => await indexes.UpdateAsync(Name, nothing, default),
            Throws.TypeOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.EpochEnded));
        Assert.That(await indexes.UpdateAsync(Name, nothing with { Epoch = storage.Epoch }, default), Is.Not.Null);
    }

    [Test]
    public void An_epoch_that_ends_after_a_write_without_a_response_leaves_the_outcome_unknown()
    {
        storage.Epoch = new StorageEpoch("1");
        faults.Before = call =>
        {
            if (call.Operation != StorageOperation.PutDocument || storage.Epoch == new StorageEpoch("2"))
                return default;
            storage.Epoch = new StorageEpoch("2");
            throw new StorageException(StorageFault.Unavailable, "no response");
        };
        Assert.That(
            async () =>
                await PushInAsync("1", "1.0.0"), Throws.TypeOf<RegistryException>().With
                    .Property("Code")
                    .EqualTo(ErrorCode.Unavailable));
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
