using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Redis;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Redis;

public sealed class RedisProbeTests : RedisTests
{
    [Test]
    public async Task Every_eviction_policy_but_noeviction_is_refused()
    {
        foreach (var policy in (string[])["allkeys-lru", "volatile-ttl", "allkeys-random", "volatile-lfu"])
        {
            await Server.CommandAsync("config", "set", "maxmemory-policy", policy);
            var fault = await CatchFaultAsync(ProbeAsync);
            Assert.That(fault.Message, Does.Contain(policy).And.Contain("noeviction"));
        }

        await Server.CommandAsync("config", "set", "maxmemory-policy", "noeviction");
        await ProbeAsync();
    }

    [Test]
    public async Task The_probe_warns_how_much_a_crash_would_lose()
    {
        await AssertWarningAsync("all packages are lost", "save", "");
        await AssertWarningAsync("since the last", "save", "60 1000");
        await AssertWarningAsync("last second or two", "appendonly", "yes", "appendfsync", "everysec");
        await AssertWarningAsync("last half minute", "appendfsync", "no");
        await AssertWarningAsync(null, "appendfsync", "always");
    }

    [Test]
    public async Task A_server_that_hides_its_settings_is_used_with_a_warning()
    {
        await Server.CommandAsync("config", "set", "appendonly", "yes");
        await Server.CommandAsync("acl", "setuser", "default", "-config|get");
        Assert.That(await ProbeAsync(), Has.Count.EqualTo(1).And.One.Contains("Could not check the persistence"));
        await Server.CommandAsync("config", "set", "appendonly", "no");
        Assert.That(await ProbeAsync(), Has.Count.EqualTo(1).And.One.Contains("Could not check the persistence"));
    }

    [TestCase("password=wrong-one")]
    [TestCase("user=nobody,password=wrong-one")]
    public async Task Refused_credentials_are_denied_even_by_a_server_without_authentication(string login)
    {
        var fault = await CatchFaultAsync(async () => await ProbeAsync($"{Server.Configuration},{login}"));
        Assert.That(fault.Kind, Is.EqualTo(StorageFault.Denied), fault.ToString());
        Assert.That(fault.Message, Does.Contain("REDIS__CONFIGURATION"));
        Assert.That(fault.ToString(), Does.Not.Contain("wrong-one"));
    }

    [Test]
    public async Task A_cluster_node_is_refused()
    {
        await using var member = await RedisServer.StartAsync(CancellationToken, "--cluster-enabled", "yes");
        var fault = await CatchFaultAsync(async () => await ProbeAsync(member.Configuration));
        Assert.That(fault.Message, Does.Contain("cluster"));
    }

    [Test]
    public async Task A_correct_password_is_accepted_and_a_wrong_or_missing_one_denied()
    {
        await using var locked = await RedisServer.StartAsync(CancellationToken, "--requirepass", "open");
        await ProbeAsync($"{locked.Configuration},password=open");
        foreach (var configuration in (string[])[$"{locked.Configuration},password=wrong-one", locked.Configuration])
        {
            var fault = await CatchFaultAsync(async () => await ProbeAsync(configuration));
            Assert.That(fault.Kind, Is.EqualTo(StorageFault.Denied), fault.ToString());
            Assert.That(fault.ToString(), Does.Not.Contain("wrong-one"));
        }
    }

    [Test]
    public async Task A_user_is_accepted_with_its_own_password()
    {
        await Server.CommandAsync("acl", "setuser", "somebody", "on", ">his", "~*", "+@all");
        await Server.CommandAsync("acl", "setuser", "default", "off");
        await ProbeAsync($"{Server.Configuration},user=somebody,password=his");
        foreach (var configuration in (string[])[
            $"{Server.Configuration},user=somebody,password=wrong-one", Server.Configuration
        ])
        {
            var fault = await CatchFaultAsync(async () => await ProbeAsync(configuration));
            Assert.That(fault.Kind, Is.EqualTo(StorageFault.Denied), fault.ToString());
            Assert.That(fault.ToString(), Does.Not.Contain("wrong-one"));
        }
    }

    [Test]
    public async Task A_command_without_permission_is_denied()
    {
        await Server.CommandAsync("acl", "setuser", "default", "-@scripting");
        var storage = Open();
        Assert.That(
            (await CatchFaultAsync(
                async () =>
                    await storage.Blobs.CommitAsync(Sample, StorageShortcuts.Bytes(10), CancellationToken))).Kind,
            Is.EqualTo(StorageFault.Denied));
    }

    [Test]
    public async Task A_server_is_found_by_its_host_name() => await ProbeAsync($"localhost:{Server.Port}");

    [Test]
    public async Task A_server_that_is_down_is_unavailable()
    {
        await Server.KillAsync();
        Assert.That((await CatchFaultAsync(ProbeAsync)).Kind, Is.EqualTo(StorageFault.Unavailable));
    }

    [TestCase("")]
    [TestCase("localhost:notaport,password=secret-one,what=ever")]
    [TestCase(",ssl=true")]
    [TestCase("localhost:6379,user=somebody")]
    public void Invalid_settings_are_rejected_without_exposing_the_password(string configuration)
    {
        var result = new RedisOptionsValidator().Validate(null, new RedisOptions { Configuration = configuration });
        Assert.That(result.Failed, Is.True);
        Assert.That(result.FailureMessage, Does.Contain("REDIS__CONFIGURATION").And.Not.Contain("secret-one"));
    }

    [TestCase("[::1]:6379,user=somebody,password=his")]
    [TestCase("cache.example:6380,ssl=true,defaultDatabase=1")]
    public void Client_settings_are_accepted(string configuration) =>
        Assert.That(
            new RedisOptionsValidator().Validate(null, new RedisOptions { Configuration = configuration }).Succeeded,
            Is.True);

    [Test]
    public void All_errors_are_reported_at_once()
    {
        var result = new RedisOptionsValidator().Validate(
            null, new RedisOptions { Configuration = "", Prefix = "a b", DeadlineSeconds = 0 });
        Assert.That(result.Failures, Has.Exactly(3).Items);
        Assert.That(new RedisOptionsValidator().Validate(null, new RedisOptions()).Succeeded, Is.True, "the defaults");
    }

    private Task<List<string>> ProbeAsync() => ProbeAsync(Server.Configuration);

    /// <summary>Runs the probe and returns its warnings.</summary>
    private async Task<List<string>> ProbeAsync(string configuration)
    {
        using var log = new LogRecorder();
        using var logging = new LoggerFactory([log]);
        await using var link =
            new RedisConnection(new RedisOptions { Configuration = configuration }, TimeProvider.System);
        await new RedisProbe(link, logging.CreateLogger<RedisProbe>()).ProbeAsync(CancellationToken);
        return [.. log.Entries.Where(entry => entry.Level == LogLevel.Warning).Select(entry => entry.Message)];
    }

    private async Task AssertWarningAsync(string? text, params string[] settings)
    {
        foreach (var pair in settings.Chunk(2))
            Assert.That(await Server.CommandAsync(["config", "set", .. pair]), Is.EqualTo("OK"));
        var warnings = await ProbeAsync();
        if (text is null)
            Assert.That(warnings, Is.Empty);
        else
            Assert.That(warnings, Has.Count.EqualTo(1).And.One.Contains(text));
    }
}
