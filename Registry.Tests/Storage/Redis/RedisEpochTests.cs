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

/// <summary>Pushes and collections while the server restarts without its last writes.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RedisEpochTests : RedisTests
{
    private static readonly PackageName Name = Samples.Package();

    private readonly StorageFaults faults = new();
    private readonly ShiftedTime time = new();
    private readonly CollectionOptions options = new();

    [Test]
    public async Task A_push_whose_content_was_lost_in_a_restart_is_not_acknowledged()
    {
        var storage = Open();
        await PushAsync(storage, "1.0.0", "a");
        await Server.CommandAsync("SAVE");
        Before(StorageOperation.PutDocument, () => RestartAsync(storage));
        await AssertNotAcknowledgedAsync(storage, "2.0.0", "b");
        await AssertContentsAsync(storage, ("1.0.0", "a"));
        await PushAsync(storage, "2.0.0", "b");
        await AssertContentsAsync(storage, ("1.0.0", "a"), ("2.0.0", "b"));
    }

    [Test]
    public async Task A_push_whose_content_survived_a_restart_is_not_acknowledged_and_is_collected()
    {
        var storage = Open();
        await PushAsync(storage, "1.0.0", "a");
        Before(StorageOperation.PutDocument, async () =>
        {
            await Server.CommandAsync("SAVE");
            await RestartAsync(storage);
        });
        await AssertNotAcknowledgedAsync(storage, "2.0.0", "b");
        var collector = Collector(storage);
        await collector.CollectAsync(CancellationToken);
        time.Passed += options.Grace;
        Assert.That((await collector.CollectAsync(CancellationToken)).Deleted, Is.EqualTo(1));
        await AssertContentsAsync(storage, ("1.0.0", "a"));
    }

    [Test]
    public async Task A_push_whose_content_was_lost_in_a_failover_is_not_acknowledged()
    {
        var storage = Open();
        await using var replica = await RedisServer.StartAsync(CancellationToken);
        await replica.CommandAsync("REPLICAOF", "127.0.0.1", $"{Server.Port}");
        await PushAsync(storage, "1.0.0", "a");
        while (await replica.CommandAsync("DBSIZE") != await Server.CommandAsync("DBSIZE"))
            await Task.Delay(20, CancellationToken);

        // The replica receives nothing from here on, and takes over its master's address when the master dies.
        await replica.CommandAsync("REPLICAOF", "NO", "ONE");
        Before(StorageOperation.PutDocument, async () =>
        {
            await Server.KillAsync();
            Assert.That(await replica.CommandAsync("CONFIG", "SET", "port", $"{Server.Port}"), Is.EqualTo("OK"));
            await WaitUntilAvailableAsync(storage.Documents);
        });
        await AssertNotAcknowledgedAsync(storage, "2.0.0", "b");
        await AssertContentsAsync(storage, ("1.0.0", "a"));
    }

    [Test]
    public async Task A_release_that_a_restart_lost_is_gone_where_it_was_pushed_and_can_be_pushed_again()
    {
        var storage = Open();
        var packages = Packages(storage);
        await PushAsync(packages, "1.0.0", "a");
        await packages.GetAsync(Name, CancellationToken);
        await Server.CommandAsync("SAVE");
        await PushAsync(packages, "2.0.0", "b");
        await RestartAsync(storage);
        var index = (await packages.GetAsync(Name, CancellationToken)).State;
        Assert.That(index.Releases.Select(release => release.Value), Is.EqualTo(new[] { "1.0.0" }));
        await PushAsync(packages, "2.0.0", "b");
        await AssertContentsAsync(storage, ("1.0.0", "a"), ("2.0.0", "b"));
    }

    [Test]
    public async Task A_blob_whose_reference_a_restart_restored_is_not_collected()
    {
        var storage = Open();
        await PushAsync(storage, "1.0.0", "a");
        await PushAsync(storage, "2.0.0", "b");
        await Server.CommandAsync("SAVE");
        await Packages(storage).DeleteAsync(Name, "1.0.0", "helm", Samples.Caller, CancellationToken);
        var collector = Collector(storage);
        await collector.CollectAsync(CancellationToken);
        time.Passed += options.Grace;

        // The collector has read the index without the release; the restart loses the delete.
        Before(StorageOperation.DeleteBlob, () => RestartAsync(storage));
        Assert.That(
            (await CatchFaultAsync(() => collector.CollectAsync(CancellationToken))).Kind,
            Is.EqualTo(StorageFault.EpochEnded));
        Assert.That((await collector.CollectAsync(CancellationToken)).Deleted, Is.Zero);
        await AssertContentsAsync(storage, ("1.0.0", "a"), ("2.0.0", "b"));
    }

    [Test]
    public async Task A_server_that_was_a_replica_in_between_has_another_epoch()
    {
        var blobs = Open().Blobs;
        var before = await blobs.EpochAsync(CancellationToken);
        Assert.That(await blobs.EpochAsync(CancellationToken), Is.EqualTo(before));
        await Server.CommandAsync("REPLICAOF", "127.0.0.1", $"{RedisServer.FreePort()}");
        await Server.CommandAsync("REPLICAOF", "NO", "ONE");
        Assert.That(await blobs.EpochAsync(CancellationToken), Is.Not.EqualTo(before));
    }

    /// <summary>Kills the server and restarts it from its last snapshot.</summary>
    private async Task RestartAsync(StorageInstance storage)
    {
        await Server.KillAsync();
        await Server.RestartAsync(CancellationToken);
        await WaitUntilAvailableAsync(storage.Documents);
    }

    /// <summary>Runs an action once, right before an operation reaches the storage.</summary>
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
        Samples.Registry(Indexes(storage), storage.Blobs, options);

    private BlobCollector Collector(StorageInstance storage) =>
        new(
            Indexes(storage),
            new FaultyBlobStore(storage.Blobs, faults),
            storage.Uploads,
            PackageServices.ManifestsOf(storage.Blobs),
            options,
            time,
            NullLogger<BlobCollector>.Instance);

    private Task<Manifest> PushAsync(StorageInstance storage, string release, string content) =>
        PushAsync(Packages(storage), release, content);

    private Task<Manifest> PushAsync(PackageRegistry packages, string release, string content) =>
        Samples.PushAsync(packages, Name, release, content, cancellationToken: CancellationToken);

    private async Task AssertNotAcknowledgedAsync(StorageInstance storage, string release, string content)
    {
        RegistryException? refusal = null;
        try
        {
            await PushAsync(storage, release, content);
        }
        catch (RegistryException exception)
        {
            refusal = exception;
        }

        Assert.That(refusal?.Code, Is.EqualTo(ErrorCode.Unavailable));
        Assert.That(refusal!.Message, Does.Contain("Nothing was stored"));
    }

    /// <summary>Asserts that exactly these releases exist, each with its content, and no other blob.</summary>
    private async Task AssertContentsAsync(StorageInstance storage, params (string Release, string Content)[] expected)
    {
        var packages = Packages(storage);
        var index = (await packages.GetAsync(Name, CancellationToken)).State;
        Assert.That(
            index.Releases.Select(release => release.Value), Is.EquivalentTo(expected.Select(entry => entry.Release)));
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
