using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Packages;

/// <summary>Changes during which the epoch ends.</summary>
internal sealed partial class PackageIndexesTests
{
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
}
