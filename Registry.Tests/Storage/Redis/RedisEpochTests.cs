using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Redis;

/// <summary>Pushes and collections during which the server comes back without its last writes.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.Self)]
public sealed class RedisEpochTests : RedisTests
{
    private static readonly PackageName Name = Samples.Package();

    private readonly StorageFaults faults = new();
    private readonly ShiftedTime time = new();
    private readonly CollectionOptions options = new();

    [Test]
    public async Task A_push_whose_content_a_restart_lost_is_not_acknowledged()
    {
        var storage = Open();
        await PushAsync(storage, "1.0.0", "a");
        await Server.CommandAsync("SAVE");
        Before(StorageOperation.PutDocument, () => RestartAsync(storage));
        await DemandNotAcknowledgedAsync(storage, "2.0.0", "b");
        await DemandContentsAsync(storage, ("1.0.0", "a"));
        await PushAsync(storage, "2.0.0", "b");
        await DemandContentsAsync(storage, ("1.0.0", "a"), ("2.0.0", "b"));
    }

    [Test]
    public async Task A_push_whose_content_survived_a_restart_is_not_acknowledged_either_and_its_content_is_collected()
    {
        var storage = Open();
        await PushAsync(storage, "1.0.0", "a");
        Before(StorageOperation.PutDocument, async () =>
        {
            await Server.CommandAsync("SAVE");
            await RestartAsync(storage);
        });
        await DemandNotAcknowledgedAsync(storage, "2.0.0", "b");
        var collector = Collector(storage);
        await collector.CollectAsync(CancellationToken);
        time.Passed += options.Grace;
        Assert.That((await collector.CollectAsync(CancellationToken)).Deleted, Is.EqualTo(1));
        await DemandContentsAsync(storage, ("1.0.0", "a"));
    }

    [Test]
    public async Task A_push_whose_content_a_failover_lost_is_not_acknowledged()
    {
        var storage = Open();
        await using var replica = await RedisServer.StartAsync(CancellationToken);
        await replica.CommandAsync("REPLICAOF", "127.0.0.1", $"{Server.Port}");
        await PushAsync(storage, "1.0.0", "a");
        while (await replica.CommandAsync("DBSIZE") != await Server.CommandAsync("DBSIZE"))
            await Task.Delay(20, CancellationToken);

        // The replica hears of nothing from here on, and takes the address of its master when that dies.
        await replica.CommandAsync("REPLICAOF", "NO", "ONE");
        Before(StorageOperation.PutDocument, async () =>
        {
            await Server.KillAsync();
            Assert.That(await replica.CommandAsync("CONFIG", "SET", "port", $"{Server.Port}"), Is.EqualTo("OK"));
            await UntilAnsweredAsync(storage.Documents);
        });
        await DemandNotAcknowledgedAsync(storage, "2.0.0", "b");
        await DemandContentsAsync(storage, ("1.0.0", "a"));
    }

    [Test]
    public async Task A_blob_that_a_restart_has_referred_to_again_is_not_collected()
    {
        var storage = Open();
        await PushAsync(storage, "1.0.0", "a");
        await PushAsync(storage, "2.0.0", "b");
        await Server.CommandAsync("SAVE");
        await Packages(storage).DeleteAsync(Name.Namespace, Name.Name, "1.0.0", "helm", CancellationToken);
        var collector = Collector(storage);
        await collector.CollectAsync(CancellationToken);
        time.Passed += options.Grace;

        // The collector has read the index without the release. The restart loses the delete.
        Before(StorageOperation.DeleteBlob, () => RestartAsync(storage));
        Assert.That(
            (await FaultOf(() => collector.CollectAsync(CancellationToken))).Kind, Is.EqualTo(StorageFault.EpochEnded));
        Assert.That((await collector.CollectAsync(CancellationToken)).Deleted, Is.Zero);
        await DemandContentsAsync(storage, ("1.0.0", "a"), ("2.0.0", "b"));
    }

    [Test]
    public async Task A_server_that_was_a_replica_meanwhile_is_in_another_epoch()
    {
        var blobs = Open().Blobs;
        var before = await blobs.EpochAsync(CancellationToken);
        Assert.That(await blobs.EpochAsync(CancellationToken), Is.EqualTo(before));
        await Server.CommandAsync("REPLICAOF", "127.0.0.1", $"{RedisServer.FreePort()}");
        await Server.CommandAsync("REPLICAOF", "NO", "ONE");
        Assert.That(await blobs.EpochAsync(CancellationToken), Is.Not.EqualTo(before));
    }

    /// <summary>Kills the server, and starts it with what it wrote to its disk last.</summary>
    private async Task RestartAsync(StorageInstance storage)
    {
        await Server.KillAsync();
        await Server.StartAgainAsync(CancellationToken);
        await UntilAnsweredAsync(storage.Documents);
    }

    /// <summary>Does something once, right before a call reaches the storage.</summary>
    private void Before(StorageOperation operation, Func<Task> act) => faults.Before = async call =>
    {
        if (call.Operation != operation)
            return;
        faults.Before = null;
        await act();
    };

    private PackageIndexes Indexes(StorageInstance storage) =>
        new(new FaultyDocumentStore(storage.Documents, faults), TimeProvider.System, new UpdateOptions());

    private PackageRegistry Packages(StorageInstance storage) =>
        new(Indexes(storage), storage.Blobs, options, TimeProvider.System, NullLogger<PackageRegistry>.Instance);

    private BlobCollector Collector(StorageInstance storage) =>
        new(
            Indexes(storage),
            new FaultyBlobStore(storage.Blobs, faults),
            options,
            time,
            NullLogger<BlobCollector>.Instance);

    private async Task PushAsync(StorageInstance storage, string release, string content)
    {
        await using var upload = await Samples.UploadAsync(storage.Blobs, Name, content);
        await Packages(storage).PushAsync(
            Name,
            Release.Parse(release),
            Samples.Type("helm"),
            upload,
            new PushOptions(false, null),
            CancellationToken);
    }

    private async Task DemandNotAcknowledgedAsync(StorageInstance storage, string release, string content)
    {
        RegistryException? refusal = null;
        try
        {
            await PushAsync(storage, release, content);
        }
        catch (RegistryException refused)
        {
            refusal = refused;
        }

        Assert.That(refusal?.Code, Is.EqualTo(ErrorCode.Unavailable));
        Assert.That(refusal!.Message, Does.Contain("Nothing was stored"));
    }

    /// <summary>Every release that there is, each with its content, and no other blob.</summary>
    private async Task DemandContentsAsync(StorageInstance storage, params (string Release, string Content)[] expected)
    {
        var packages = Packages(storage);
        var index = (await packages.GetAsync(Name.Namespace, Name.Name, CancellationToken)).State;
        Assert.That(
            index.Releases.Select(release => release.Value), Is.EquivalentTo(expected.Select(one => one.Release)));
        foreach (var (release, content) in expected)
        {
            await using var reader = await packages.OpenAsync(
                Name, index.Find(Release.Parse(release), Samples.Type("helm"))!, ByteRange.All, CancellationToken);
            Assert.That(await reader.Content.ReadAllAsync(CancellationToken), Is.EqualTo(Samples.TarGz(content)));
        }

        Assert.That(
            await storage.Blobs.InfosAsync(StoreKeys.Packages, ScopeDepth.Subtree, null, CancellationToken),
            Has.Count.EqualTo(expected.Length));
    }
}
