using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Redis;
using Registry.Tests.Support.Servers;
using StackExchange.Redis;

namespace Registry.Tests.Unit.Storage;

public sealed class RedisFaultTests
{
    [TestCase(
        "OOM command not allowed when used memory > 'maxmemory'. script: a185, on @user_script:11.", StorageFault.Full)]
    [TestCase(
        "ERR Error running script (call to f_a185): @user_script:11: @user_script: 11: -OOM command not allowed "
            + "when used memory > 'maxmemory'.",
        StorageFault.Full)]
    [TestCase("MISCONF Errors writing to the AOF file: No space left on device", StorageFault.Full)]
    [TestCase("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", null)]
    [TestCase("LOADING Redis is loading the dataset in memory", null)]
    [TestCase("READONLY You can't write against a read only replica.", null)]
    [TestCase("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", null)]
    [TestCase("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", null)]
    [TestCase("NOAUTH Authentication required.", StorageFault.Denied)]
    [TestCase("WRONGPASS invalid username-password pair or user is disabled.", StorageFault.Denied)]
    [TestCase("NOPERM this user has no permissions to run the 'evalsha' command", StorageFault.Denied)]
    [TestCase("WRONGTYPE Operation against a key holding the wrong kind of value", StorageFault.Corrupt)]
    [TestCase(
        "It was not possible to connect to the redis server(s). There was an authentication failure; check that "
            + "passwords are configured correctly",
        StorageFault.Denied)]
    [TestCase(
        "It was not possible to connect to the redis server(s); to create a disconnected multiplexer, disable "
            + "AbortOnConnectFail. AuthenticationFailure on PING",
        StorageFault.Denied)]
    [TestCase("ERR an unknown error", null)]
    public void A_failure_is_classified_by_its_message(string message, StorageFault? kind) =>
        Assert.That(RedisFault.Classify(message), Is.EqualTo(kind));

    [Test]
    public async Task A_refused_connection_names_the_cause_without_advice_for_programmers()
    {
        var connector = new RedisConnector($"127.0.0.1:{ServerProcess.FreePort()}", TimeSpan.FromSeconds(1));
        var refused = (await Assert.ThrowsAsync<RedisConnectionException>(connector.ConnectAsync))!;
        Assert.That(refused.Message, Does.Contain("abortConnect"), "the client still advises");
        Assert.That(
            RedisFault.From(refused, wasSent: false).ToString(),
            Does.Contain(": Redis failed: It was not possible to connect to the redis server(s).")
                .And.Not.Contain("multiplexer").And.Not.Contain("abortConnect"));
    }

    [Test]
    public void A_timeout_is_unavailable_and_a_StorageException_is_unchanged()
    {
        Assert.That(RedisFault.From(new TimeoutException(), wasSent: true).Kind, Is.EqualTo(StorageFault.Unavailable));
        var known = new StorageException(StorageFault.Corrupt, "known");
        Assert.That(RedisFault.From(known, wasSent: true), Is.SameAs(known));
    }

    [TestCase("LOADING Redis is loading the dataset in memory", true)]
    [TestCase("READONLY You can't write against a read only replica. script: 1f, on @user_script:9.", true)]
    [TestCase("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", true)]
    [TestCase("BUSY Redis is busy running a script.", true)]
    [TestCase("NOREPLICAS Not enough good replicas to write.", true)]
    [TestCase("ERR an unknown error", false)]
    public void A_refusal_of_the_server_and_a_call_that_was_not_sent_changed_nothing(string message, bool expected)
    {
        Assert.That(
            RedisFault.From(new RedisServerException(message), wasSent: true).ChangedNothing, Is.EqualTo(expected));
        Assert.That(RedisFault.From(new RedisServerException(message), wasSent: false).ChangedNothing, Is.True);
        Assert.That(RedisFault.From(new TimeoutException(), wasSent: true).ChangedNothing, Is.False);
        Assert.That(RedisFault.From(new TimeoutException(), wasSent: false).ChangedNothing, Is.True);
    }
}
