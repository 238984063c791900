using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Catalog;
using Registry.Core.Documents;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Storage.Redis;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Redis;

/// <summary>The change feed after restarts, flushes and trimming.</summary>
public sealed class RedisChangeTests : RedisTests
{
    private static readonly RedisKeys Keys = new(new RedisOptions().Prefix);

    [Test]
    public async Task A_restarted_server_may_have_lost_writes_and_requires_a_listing()
    {
        var documents = Open().Documents;
        await documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        var token = (await documents.ChangesAsync(StoreKeys.Packages, null, CancellationToken)).Token;
        await Server.KillAsync();
        await Server.RestartAsync(CancellationToken);
        await WaitUntilAvailableAsync(documents);
        await documents.PutAsync(
            StoreKey.Of("packages", "sample", "other"), "one", Precondition.None, CancellationToken);
        Assert.That((await documents.ChangesAsync(StoreKeys.Packages, token, CancellationToken)).Keys, Is.Null);
    }

    [Test]
    public async Task A_server_that_lost_the_writes_since_the_token_requires_a_listing()
    {
        var documents = Open().Documents;
        await documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        var token = (await documents.ChangesAsync(StoreKeys.Packages, null, CancellationToken)).Token;
        await Server.CommandAsync("SAVE");
        await documents.PutAsync(Sample, "two", Precondition.None, CancellationToken);
        await Server.KillAsync();
        await Server.RestartAsync(CancellationToken);
        await WaitUntilAvailableAsync(documents);
        Assert.That((await documents.ChangesAsync(StoreKeys.Packages, token, CancellationToken)).Keys, Is.Null);
    }

    [Test]
    public async Task A_list_after_a_push_requests_the_changes_and_reads_only_those_of_another_replica(
        [Values] bool byAnotherReplica)
    {
        var package = Samples.Package("sample/app");
        var documents = Open().Documents;
        var indexes = new PackageIndexes(documents, TimeProvider.System, new UpdateOptions());
        var pushing =
            byAnotherReplica ? new PackageIndexes(Open().Documents, TimeProvider.System, new UpdateOptions()) : indexes;
        var catalog = new PackageCatalog(documents, indexes, NullLogger<PackageCatalog>.Instance);
        await pushing.UpdateAsync(package, Samples.Push(package, Samples.Manifest("1.0.0", "helm")), CancellationToken);
        await catalog.GetAsync(CancellationToken);
        await pushing.UpdateAsync(package, Samples.Push(package, Samples.Manifest("2.0.0", "helm")), CancellationToken);
        await Server.CommandAsync("config", "resetstat");
        Assert.That((await catalog.GetAsync(CancellationToken)).Entries.Single().Releases, Has.Length.EqualTo(2));
        var commands = await Server.CommandAsync("info", "commandstats");
        Assert.That(commands, Does.Contain($"cmdstat_evalsha:calls={(byAnotherReplica ? 2 : 1)},"));
        Assert.That(
            commands, byAnotherReplica ? Does.Contain("cmdstat_hmget:calls=1,") : Does.Not.Contain("cmdstat_hmget"));
        Assert.That(commands, Does.Not.Contain("cmdstat_hget"));
    }

    [Test]
    public async Task A_deleted_change_log_requires_a_listing([Values("FLUSHALL", "DEL")] string command)
    {
        var documents = Open().Documents;
        await documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        var token = (await documents.ChangesAsync(StoreKeys.Packages, null, CancellationToken)).Token;
        await (command == "DEL" ? Server.CommandAsync("DEL", Keys.Changes!) : Server.CommandAsync(command));
        Assert.That((await documents.ChangesAsync(StoreKeys.Packages, token, CancellationToken)).Keys, Is.Null);
        await documents.PutAsync(
            StoreKey.Of("packages", "sample", "other"), "one", Precondition.None, CancellationToken);
        Assert.That((await documents.ChangesAsync(StoreKeys.Packages, token, CancellationToken)).Keys, Is.Null);
    }

    [Test]
    public async Task The_oldest_changes_are_trimmed_and_then_require_a_listing()
    {
        var documents = Open().Documents;
        await documents.PutAsync(Sample, "one", Precondition.Absent, CancellationToken);
        var first = (await documents.ChangesAsync(StoreKeys.Packages, null, CancellationToken)).Token;
        await Server.CommandAsync(
            "EVAL",
            "for i = 1, 12100 do redis.call('ZADD', KEYS[1], redis.call('INCR', KEYS[2]), 'packages/a/p' .. i) end",
            "2",
            Keys.Changes!,
            Keys.Revision!);
        var later = (await documents.ChangesAsync(StoreKeys.Packages, null, CancellationToken)).Token;
        Assert.That(
            (await documents.ChangesAsync(StoreKeys.Packages, first, CancellationToken)).Keys,
            Has.Count.EqualTo(12_100));
        await documents.PutAsync(Sample, "two", Precondition.None, CancellationToken);
        Assert.That((await documents.ChangesAsync(StoreKeys.Packages, first, CancellationToken)).Keys, Is.Null);
        Assert.That(
            (await documents.ChangesAsync(StoreKeys.Packages, later, CancellationToken)).Keys,
            Is.EqualTo(new[] { Sample }));
        Assert.That(int.Parse(await Server.CommandAsync("ZCARD", Keys.Changes!)), Is.LessThan(12_000));
    }
}
