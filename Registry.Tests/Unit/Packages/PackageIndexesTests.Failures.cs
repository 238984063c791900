using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Packages;

/// <summary>Writes that fail, lose a race or get no response.</summary>
internal sealed partial class PackageIndexesTests
{
    [Test]
    public async Task A_push_whose_response_was_lost_recognizes_its_own_write()
    {
        FailOnce(StorageOperation.PutDocument, afterwards: true);
        await PushAsync(indexes, "1.0.0");
        Assert.That(calls.Count(op => op == StorageOperation.PutDocument), Is.EqualTo(1));
        Assert.That((await indexes.GetAsync(Name, default)).State.Releases, Has.Length.EqualTo(1));
        Assert.That((indexes.Counts.NoResponse, indexes.Counts.Unknown), Is.EqualTo((1L, 0L)));
    }

    [Test]
    public async Task A_write_that_failed_transiently_is_retried()
    {
        await PushAsync(indexes, "1.0.0");
        FailOnce(StorageOperation.PutDocument, afterwards: false);
        await PushAsync(indexes, "2.0.0");
        Assert.That((await indexes.GetAsync(Name, default)).State.Releases, Has.Length.EqualTo(2));
    }

    [Test]
    public async Task A_first_push_without_a_response_is_not_repeated_because_the_package_may_have_been_deleted(
        [Values] bool wasStored)
    {
        var puts = 0;
        async ValueTask LoseAsync(StorageCall call)
        {
            if (call.Operation != StorageOperation.PutDocument)
                return;
            puts++;
            if (wasStored)
                await Indexes(TimeSpan.FromSeconds(5)).UpdateAsync(
                    Name,
                    new DocumentChange<PackageIndex>(
                        index => index!.Without(Release.Parse("1.0.0"), Samples.Type("helm"))),
                    default);
            throw new StorageException(StorageFault.Unavailable, "the response is lost");
        }

        if (wasStored)
            (faults.Before, faults.After) = (null, LoseAsync);
        else
            faults.Before = LoseAsync;
        Assert.That(
            async () => await PushAsync(indexes, "1.0.0"),
            Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.Unavailable));
        (faults.Before, faults.After) = (null, null);
        Assert.That(puts, Is.EqualTo(1));
        Assert.That(await indexes.FindAsync(Name, default), Is.Null);
        Assert.That(indexes.Counts.Unknown, Is.EqualTo(1));
        await PushAsync(indexes, "1.0.0");
    }

    [Test]
    public async Task A_first_push_that_an_outage_refused_is_retried_until_the_outage_ends()
    {
        var failures = 0;
        faults.Before = call => call.Operation == StorageOperation.PutDocument ? Refuse() : FailWhileAway();
        await PushAsync(indexes, "1.0.0");
        Assert.That(failures, Is.EqualTo(4), "two writes and the reads after them");
        Assert.That(
            (indexes.Counts.Refused, indexes.Counts.NoResponse, indexes.Counts.Unknown), Is.EqualTo((2L, 0L, 0L)));

        ValueTask Refuse() => failures is 0 or 2
            ? throw Fail(changedNothing: true)
            : default;

        ValueTask FailWhileAway() => failures is 1 or 3 ? throw Fail(changedNothing: false) : default;

        StorageException Fail(bool changedNothing)
        {
            failures++;
            return new StorageException(StorageFault.Unavailable, "away") { ChangedNothing = changedNothing };
        }
    }

    [Test]
    public void A_push_that_an_outage_refused_until_the_time_limit_fails_with_the_fault_of_the_storage()
    {
        var isAway = false;
        faults.Before = call =>
        {
            isAway |= call.Operation == StorageOperation.PutDocument;
            return isAway
                ? throw new StorageException(StorageFault.Unavailable, "away") { ChangedNothing = true }
                : default;
        };
        Assert.That(
            async () => await PushAsync(Indexes(TimeSpan.FromMilliseconds(100)), "1.0.0"),
            Throws.TypeOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.Unavailable));
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
            Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.Unavailable)
                .And.InnerException.TypeOf<StorageException>(),
            "the cause, for the log");
        Assert.That((await indexes.GetAsync(Name, default)).State.Releases.Single().Value, Is.EqualTo("2.0.0"));
        Assert.That(indexes.Counts.Unknown, Is.EqualTo(1));
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
}
