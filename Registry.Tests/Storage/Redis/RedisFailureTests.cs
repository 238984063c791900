using System.Diagnostics;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Redis;

public sealed partial class RedisFailureTests : RedisTests
{
    /// <summary>The time within which calls must succeed once the server is back.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(5);

    protected override string[] Settings => ["--appendonly", "yes", "--appendfsync", "always"];

    [Test]
    public async Task A_frozen_server_fails_calls_within_the_deadline_and_recovers()
    {
        var storage = Open(deadlineSeconds: 1);
        await PutBeforeAsync(storage);
        await Server.FreezeAsync();
        var calls = new Func<Task>[]
        {
            async () => await storage.Documents.GetAsync(Sample, CancellationToken),
            async () =>
                await storage.Documents.TryPutAsync(
                    StoreKey.Of("packages", "other"), "frozen", Precondition.None, CancellationToken),
            async () => await storage.Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken),
            async () => await storage.Blobs.CommitAsync(Sample, new byte[100], CancellationToken),
            async () => await storage.Blobs.InfosAsync(Sample, ScopeDepth.Exact, null, CancellationToken),
        };
        var started = Stopwatch.GetTimestamp();
        for (var round = 0; round < 2; round++)
            foreach (var fault in await Task.WhenAll(calls.Select(CatchFaultAsync)))
                Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable), fault.ToString());
        Assert.That(
            Stopwatch.GetElapsedTime(started),
            Is.LessThan(TimeSpan.FromSeconds(10)),
            "two rounds of a second each, and no call hangs");

        await Server.ThawAsync();
        // First it flushes what it received while it was frozen.
        Assert.That(await Server.CommandAsync("ping"), Is.EqualTo("PONG"));
        Assert.That(await WaitUntilAvailableAsync(storage.Documents), Is.LessThan(Recovery));
        Assert.That((await storage.Documents.GetAsync(Sample, CancellationToken))!.Text(), Is.EqualTo("before"));
    }

    [Test]
    public async Task A_killed_and_restarted_server_is_reconnected_with_every_acknowledged_write()
    {
        var storage = Open();
        var bytes = StorageShortcuts.Bytes(3_000_000);
        var revision = await storage.Documents.PutAsync(Sample, "before", Precondition.Absent, CancellationToken);
        var info = await storage.Blobs.CommitAsync(Sample, bytes, CancellationToken);
        await Server.KillAsync();
        Assert.That(
            (await CatchFaultAsync(
                async () => await storage.Documents.GetAsync(Sample, CancellationToken))).IsTransient,
            Is.True);
        await Server.RestartAsync(CancellationToken);
        Assert.That(await WaitUntilAvailableAsync(storage.Documents), Is.LessThan(Recovery));
        Assert.That((await storage.Documents.GetAsync(Sample, CancellationToken))!.Revision, Is.EqualTo(revision));
        Assert.That(
            StorageShortcuts.DigestOf(await storage.Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken)),
            Is.EqualTo(info.Key.Digest));

        // The server has lost its scripts.
        Assert.That(
            await storage.Documents.TryPutAsync(Sample, "after", Precondition.Matches(revision), CancellationToken),
            Is.Not.Null);
    }

    [Test]
    public async Task A_restart_between_calls_goes_unnoticed()
    {
        var storage = Open();
        await storage.Documents.PutAsync(Sample, "before", Precondition.Absent, CancellationToken);
        await Server.KillAsync();
        await Server.RestartAsync(CancellationToken);
        await Task.Delay(300, CancellationToken);
        Assert.That((await storage.Documents.GetAsync(Sample, CancellationToken))!.Text(), Is.EqualTo("before"));
    }

    [Test]
    public async Task A_server_that_starts_late_is_found()
    {
        await Server.KillAsync();
        var storage = Open();
        for (var i = 0; i < 3; i++)
            Assert.That(
                (await CatchFaultAsync(async () => await storage.Documents.GetAsync(Sample, CancellationToken))).Kind,
                Is.EqualTo(StorageFault.Unavailable));
        await Server.RestartAsync(CancellationToken);
        Assert.That(await WaitUntilAvailableAsync(storage.Documents), Is.LessThan(Recovery));
    }

    [Test]
    public async Task A_demoted_master_gets_no_connection_per_call_and_is_used_again_once_promoted()
    {
        const int Callers = 8;
        const int Calls = 250;
        var storage = Open();
        await storage.Documents.PutAsync(Sample, "before", Precondition.Absent, CancellationToken);
        Assert.That(
            await Server.CommandAsync("replicaof", "127.0.0.1", $"{ServerProcess.FreePort()}"), Is.EqualTo("OK"));
        var before = await StatisticAsync("total_connections_received");
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var call = 0; call < Calls; call++)
            {
                var fault = await CatchFaultAsync(
                    async () =>
                        await storage.Documents.TryPutAsync(
                            Sample, $"{caller} {call}", Precondition.None, CancellationToken));
                Assert.That(fault.Kind, Is.EqualTo(StorageFault.Unavailable), fault.ToString());
            }
        })));
        Assert.That(await StatisticAsync("total_connections_received") - before, Is.LessThan(Callers * Calls / 10));
        Assert.That(await StatisticAsync("connected_clients"), Is.LessThan(50));

        Assert.That(await Server.CommandAsync("replicaof", "no", "one"), Is.EqualTo("OK"));
        Assert.That(await WaitUntilAvailableAsync(storage.Documents), Is.LessThan(Recovery));
        Assert.That((await storage.Documents.GetAsync(Sample, CancellationToken))!.Text(), Is.EqualTo("before"));
        await storage.Documents.PutAsync(Sample, "after", Precondition.None, CancellationToken);
    }

    [Test]
    public async Task A_server_that_starts_requiring_a_password_gets_no_connection_per_call()
    {
        const int Calls = 1000;
        var storage = Open();
        await storage.Documents.PutAsync(Sample, "before", Precondition.Absent, CancellationToken);
        Assert.That(await Server.CommandAsync("config", "set", "requirepass", "secret"), Is.EqualTo("OK"));
        Assert.That(await Server.CommandAsync("-a", "secret", "client", "kill", "type", "normal"), Is.Not.Empty);
        for (var call = 0; call < Calls; call++)
            await CatchFaultAsync(async () => await storage.Documents.GetAsync(Sample, CancellationToken));
        Assert.That(await StatisticAsync("total_connections_received", "-a", "secret"), Is.LessThan(Calls / 5));
        Assert.That(await Server.CommandAsync("-a", "secret", "config", "set", "requirepass", ""), Is.EqualTo("OK"));
        Assert.That(await WaitUntilAvailableAsync(storage.Documents), Is.LessThan(Recovery));
    }

    [Test]
    public async Task A_silent_connection_is_abandoned_for_a_new_one()
    {
        await using var proxy = FaultyProxy.Before(Server.Port);
        var storage = Open($"127.0.0.1:{proxy.Port}", deadlineSeconds: 1);
        await PutBeforeAsync(storage);
        proxy.Silent = true;
        for (var i = 0; i < 2; i++)
            Assert.That(
                (await CatchFaultAsync(async () => await storage.Documents.GetAsync(Sample, CancellationToken))).Kind,
                Is.EqualTo(StorageFault.Unavailable));
        proxy.Silent = false;
        Assert.That(await WaitUntilAvailableAsync(storage.Documents), Is.LessThan(Recovery));
    }

    [Test]
    public async Task Scripts_flushed_by_the_server_are_sent_again()
    {
        var storage = Open();
        for (var i = 0; i < 3; i++)
        {
            await storage.Documents.PutAsync(Sample, $"{i}", Precondition.None, CancellationToken);
            var info = await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(1_500_000), CancellationToken);
            Assert.That(await Server.CommandAsync("script", "flush"), Is.EqualTo("OK"));
            Assert.That(
                StorageShortcuts.DigestOf(await storage.Blobs.ReadAsync(info.Key, ByteRange.All, CancellationToken)),
                Is.EqualTo(info.Key.Digest));
            Assert.That(
                await storage.Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken),
                Is.EqualTo(new[] { Sample.Value }));
        }
    }

    [Test]
    public async Task A_flushed_server_repeats_no_revision()
    {
        var storage = Open();
        var before = await storage.Documents.PutAsync(Sample, "before", Precondition.Absent, CancellationToken);
        await Server.CommandAsync("flushall");
        var after = await storage.Documents.PutAsync(Sample, "after", Precondition.Absent, CancellationToken);
        Assert.That(after, Is.Not.EqualTo(before));
        Assert.That(long.Parse(after.Value), Is.GreaterThan(long.Parse(before.Value)));
    }

    [Test]
    public async Task Disposal_ends_pending_calls()
    {
        var storage = Open(deadlineSeconds: 1);
        await PutBeforeAsync(storage);
        await Server.FreezeAsync();
        var call = CatchFaultAsync(async () => await storage.Documents.GetAsync(Sample, CancellationToken));
        await storage.Resources[0].DisposeAsync();
        Assert.That((await call).Kind, Is.EqualTo(StorageFault.Unavailable));
        Assert.That(
            (await CatchFaultAsync(async () => await storage.Documents.GetAsync(Sample, CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Unavailable));
        await Server.ThawAsync();
    }

    /// <summary>
    /// Stores the sample document with the default deadline, because a busy disk may take more than a second to flush
    /// it, and waits until the instance is connected.
    /// </summary>
    private async Task PutBeforeAsync(StorageInstance storage)
    {
        await Open().Documents.PutAsync(Sample, "before", Precondition.Absent, CancellationToken);
        await WaitUntilAvailableAsync(storage.Documents);
    }

    /// <summary>Returns a number from the server's INFO.</summary>
    private async Task<long> StatisticAsync(string name, params string[] login)
    {
        var line = (await Server.CommandAsync([.. login, "info"])).Split('\n')
            .Single(line => line.StartsWith($"{name}:", StringComparison.Ordinal));
        return long.Parse(line[(name.Length + 1)..]);
    }

    /// <summary>
    /// Loads the upload scripts into the server, so that a reply lost later is not its NOSCRIPT error.
    /// </summary>
    private async Task LoadScriptsAsync(StorageInstance storage)
    {
        var info = await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(1_500_000, 9), CancellationToken);
        await storage.Blobs.TryDeleteAsync(info.Key, Precondition.None, CancellationToken);
        await storage.Blobs.DiscardAbandonedAsync(TimeSpan.Zero, CancellationToken);
    }
}
