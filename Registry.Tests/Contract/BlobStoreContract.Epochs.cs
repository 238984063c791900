using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class BlobStoreContract
{
    [Test]
    public async Task A_commit_returns_the_current_epoch_and_writes_requiring_it_succeed()
    {
        var committed = await One.Blobs.CommitBlobAsync(Scope, Small, null, CancellationToken);
        var epoch = await Two.Blobs.EpochAsync(CancellationToken);
        Assert.That(committed.Epoch, Is.EqualTo(epoch));
        var revision =
            await One.Documents.PutAsync(Scope, "document", Precondition.Absent.In(epoch), CancellationToken);
        Assert.That(
            await Two.Documents.TryPutAsync(Scope, "document", Precondition.Absent.In(epoch), CancellationToken),
            Is.Null,
            "it exists");
        Assert.That(
            await Two.Documents.TryDeleteAsync(Scope, Precondition.Matches(revision).In(epoch), CancellationToken),
            Is.True);
        Assert.That(
            await One.Blobs.TryDeleteAsync(
                committed.Info.Key, Precondition.Matches(committed.Info.Revision).In(epoch), CancellationToken),
            Is.True);
    }

    [Test]
    public async Task Writes_requiring_another_epoch_fail_where_the_storage_has_epochs()
    {
        var info = await Blobs.CommitAsync(Scope, Small, CancellationToken);
        var revision = await One.Documents.PutAsync(Scope, "document", Precondition.Absent, CancellationToken);
        if (await Blobs.EpochAsync(CancellationToken) is null)
        {
            var ignored = Precondition.None.In(new StorageEpoch("another"));
            Assert.That(await One.Documents.TryPutAsync(Scope, "ignored", ignored, CancellationToken), Is.Not.Null);
            Assert.That(await One.Documents.TryDeleteAsync(Scope, ignored, CancellationToken), Is.True);
            Assert.That(await Blobs.TryDeleteAsync(info.Key, ignored, CancellationToken), Is.True);
            return;
        }

        foreach (var precondition in (Precondition[])[
            Precondition.None, Precondition.Matches(revision), Precondition.Matches(info.Revision)
        ])
        {
            var ended = precondition.In(new StorageEpoch("another"));
            AssertEpochEnded(async () => await One.Documents.TryPutAsync(Scope, "other", ended, CancellationToken));
            AssertEpochEnded(async () => await One.Documents.TryDeleteAsync(Scope, ended, CancellationToken));
            AssertEpochEnded(async () => await Blobs.TryDeleteAsync(info.Key, ended, CancellationToken));
        }

        Assert.That((await Two.Documents.GetAsync(Scope, CancellationToken))?.Revision, Is.EqualTo(revision));
        Assert.That(await Two.Blobs.StatAsync(info.Key, CancellationToken), Is.EqualTo(info));

        static void AssertEpochEnded(Func<Task> write) =>
            Assert.That(
                async () => await write(),
                Throws.TypeOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.EpochEnded));
    }
}
