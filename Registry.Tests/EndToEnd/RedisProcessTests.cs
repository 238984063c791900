using System.Net;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Redis;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.EndToEnd;

/// <summary>Startup of the process with Redis, successful and failing.</summary>
public sealed class RedisProcessTests : EndToEndTest
{
    /// <summary>The key of the index of a package.</summary>
    private const string LostIndex = "registry:document:packages/sample/lost";

    [TestCase("maxmemory-policy", "allkeys-lru", "5", "noeviction")]
    [TestCase("requirepass", "secret", "10", "authentication failure")]
    [TestCase("requirepass", "secret", "60", "authentication failure")]
    public async Task An_unusable_server_aborts_startup_with_the_reason(
        string setting, string value, string deadline, string reason)
    {
        await using var server = await RedisServer.StartAsync(CancellationToken, $"--{setting}", value);
        var registry = Launch(
            RegistryProcess.Command,
            ("STORAGE", "redis"),
            ("REDIS__CONFIGURATION", server.Configuration),
            ("REDIS__DEADLINESECONDS", deadline));
        Assert.That(await registry.ExitAsync(), Is.EqualTo(1));
        Assert.That(registry.Errors, Does.Contain(reason));
    }

    [Test]
    public async Task A_rejected_login_aborts_startup_even_if_the_server_is_open()
    {
        await using var server = await RedisServer.StartAsync(CancellationToken);
        var registry = Launch(
            RegistryProcess.Command,
            ("STORAGE", "redis"),
            ("REDIS__CONFIGURATION", $"{server.Configuration},user=registry,password=wrong-one"));
        Assert.That(await registry.ExitAsync(), Is.EqualTo(1));
        Assert.That(
            registry.Errors,
            Does.Contain("REDIS__CONFIGURATION").And.Contain("WRONGPASS").And.Not.Contain("wrong-one"));
    }

    [Test]
    public async Task A_lost_index_disturbs_only_its_package_and_its_content_is_kept()
    {
        await using var server = await RedisServer.StartDurableAsync(CancellationToken);
        (string, string?)[] settings =
        [
            ("STORAGE", "redis"), ("REDIS__CONFIGURATION", server.Configuration),
            ("UPDATES__BOUNDSECONDS", "0.25"),
            ("COLLECTION__GRACESECONDS", "1"),
            ("COLLECTION__PERIODSECONDS", "1"),
        ];
        var registry = await HostAsync(settings);
        var content = new SeededPackage(1, 1000);
        foreach (var package in (string[])["sample/lost", "sample/other"])
            using (var pushed = await PushAsync(registry, package, "1.0.0", content))
                Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await server.CommandAsync("rename", LostIndex, "backup"), Is.EqualTo("OK"));

        var fresh = await HostAsync(settings);
        foreach (var replica in new[] { registry, fresh })
        {
            using var shown = await replica.Client.GetAsync("/api/v1/packages/sample/lost", CancellationToken);
            Assert.That(shown.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        }

        var listed = await GetJsonAsync(fresh, "/api/v1/packages");
        Assert.That(
            listed.EnumerateArray().Select(static package => package.GetProperty("name").GetString()),
            Is.EqualTo(["sample/other"]).AsCollection);
        await UntilAsync(
            () => Task.FromResult(fresh.Log.Entries.Count(static entry =>
                entry.Message.StartsWith("Skipped the blobs of sample/lost", StringComparison.Ordinal)) > 3),
            "collections have skipped the package");

        Assert.That(await server.CommandAsync("rename", "backup", LostIndex), Is.EqualTo("OK"));
        Assert.That(
            await fresh.Client.GetByteArrayAsync("/api/v1/packages/sample/lost/1.0.0/helm/pull", CancellationToken),
            SameBytes.As(await content.ToArrayAsync(CancellationToken)));
    }

    [Test]
    public async Task A_replica_with_a_copy_of_a_lost_index_accepts_pushes_once_it_is_restored()
    {
        await using var server = await RedisServer.StartDurableAsync(CancellationToken);
        const string Address = "/api/v1/packages/sample/lost";
        var registry = await HostAsync(
            [
                ("STORAGE", "redis"), ("REDIS__CONFIGURATION", server.Configuration),
                ("UPDATES__BOUNDSECONDS", "0.25"),
            ]);
        using (var pushed = await PushAsync(registry, "sample/lost", "1.0.0", new SeededPackage(1, 1000)))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await GetJsonAsync(registry, Address);
        Assert.That(await server.CommandAsync("rename", LostIndex, "backup"), Is.EqualTo("OK"));
        await GetJsonAsync(registry, Address);

        using (var refused = await PushAsync(registry, "sample/lost", "2.0.0", new SeededPackage(2, 1000)))
            Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        using (var shown = await registry.Client.GetAsync(Address, CancellationToken))
            Assert.That(shown.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));

        Assert.That(await server.CommandAsync("rename", "backup", LostIndex), Is.EqualTo("OK"));
        using (var pushed = await PushAsync(registry, "sample/lost", "2.0.0", new SeededPackage(2, 1000)))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await GetJsonAsync(registry, Address)).GetArrayLength(), Is.EqualTo(2));
    }

    /// <summary>Runs the ACL of Documentation/storage/redis.md with every call that the registry makes.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task The_documented_ACL_permits_every_call_of_the_registry(
        bool mayReadSettings)
    {
        await using var server = await RedisServer.StartDurableAsync(CancellationToken);
        var rule = (await File.ReadAllLinesAsync(
            Path.Combine(RegistryProcess.Root, "Documentation", "storage", "redis.md"), CancellationToken))
            .Single(static line => line.StartsWith("redis-cli ACL SETUSER registry ", StringComparison.Ordinal));
        var words = rule.Split(' ').Skip(1).Select(static word => word.Trim('\'')).ToList();
        Assert.That(words.Remove("+config|get"), Is.True);
        Assert.That(
            await server.CommandAsync([.. words, .. mayReadSettings ? ["+config|get"] : Array.Empty<string>()]),
            Is.EqualTo("OK"));
        Assert.That(await server.CommandAsync("ACL", "LOG", "RESET"), Is.EqualTo("OK"));
        (string, string?)[] settings =
        [
            ("STORAGE", "redis"), ("REDIS__CONFIGURATION", $"{server.Configuration},user=registry,password=PASSWORD"),
            ("UPDATES__BOUNDSECONDS", "1"),
            ("COLLECTION__GRACESECONDS", "4"),
            ("COLLECTION__PERIODSECONDS", "1"),
            ("COLLECTION__STAGEDIDLESECONDS", "5"),
        ];

        var registry = await HostAsync(settings);
        var other = await HostAsync(settings);
        var (log, otherLog) = (registry.Log, other.Log);
        var package = new SeededPackage(1, 3 << 20);
        foreach (var release in (string[])["1.0.0", "2.0.0"])
            using (var pushed = await PushAsync(registry, "acl/app", release, package))
                Assert.That(
                    pushed.StatusCode,
                    Is.EqualTo(HttpStatusCode.OK),
                    await pushed.Content.ReadAsStringAsync(CancellationToken));
        Assert.That((await GetJsonAsync(other, "/api/v1/packages")).GetArrayLength(), Is.EqualTo(1));
        Assert.That(
            await other.Client.GetByteArrayAsync(
                "/api/v1/packages/acl/app/1.0.0/helm/pull",
                CancellationToken), SameBytes.As(await package.ToArrayAsync(CancellationToken)));
        using (var channel =
            await registry.Client.PostAsync("/api/v1/packages/acl/app/channels/stable/1.0.0", null, CancellationToken))
            Assert.That(channel.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var archive = await SampleArchive.BytesAsync();
        using (var uploaded =
            await registry.Client.PostAsync("/api/v1/app", new ByteArrayContent(archive), CancellationToken))
            Assert.That(uploaded.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await GetJsonAsync(other, "/api/v1/app")).GetRawText(), Does.Contain(SampleArchive.Id));
        using (var deleted = await registry.Client.DeleteAsync($"/api/v1/app/{SampleArchive.Id}", CancellationToken))
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        foreach (var path in (string[])["channels/stable", "1.0.0/helm", "2.0.0/helm"])
            using (var deleted =
                await registry.Client.DeleteAsync($"/api/v1/packages/acl/app/{path}", CancellationToken))
                Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.OK), path);
        await UntilAsync(
            () =>
                Task.FromResult(
                    log.Entries.Concat(otherLog.Entries)
                        .Any(static entry => entry.Message.Contains("Collected 1 blobs", StringComparison.Ordinal))),
            "a blob is collected");
        using (var pushed = await PushAsync(registry, "acl/kept", "1.0.0", package))
            Assert.That(
                pushed.StatusCode,
                Is.EqualTo(HttpStatusCode.OK),
                await pushed.Content.ReadAsStringAsync(CancellationToken));
        await StopAsync(registry);
        await StopAsync(other);
        var verify = Launch([.. RegistryProcess.Command, "verify"], settings);
        Assert.That(await verify.ExitAsync(), Is.Zero, verify.Errors);

        var refused = await server.CommandAsync("ACL", "LOG");
        if (mayReadSettings)
        {
            Assert.That(refused, Is.Empty);
            Assert.That(
                log.Entries.Select(static entry => entry.Category), Has.None.EqualTo(typeof(RedisProbe).FullName));
        }
        else
        {
            Assert.That(
                refused.Split('\n').Count(static line => line.StartsWith("reason", StringComparison.Ordinal)),
                Is.LessThanOrEqualTo(1),
                refused);
            Assert.That(
                log.Entries.Select(static entry => entry.Message),
                Has.Some.Contains("Could not check the persistence"));
        }

        Assert.That(log.Faults, Is.Empty);
    }

    [Test]
    public async Task Invalid_settings_abort_startup_without_printing_the_password()
    {
        var registry = Launch(
            RegistryProcess.Command,
            ("STORAGE", "redis"),
            ("REDIS__CONFIGURATION", "localhost:6379,password=secret-one,colour=blue"));
        Assert.That(await registry.ExitAsync(), Is.EqualTo(1));
        Assert.That(registry.Errors, Does.Contain("REDIS__CONFIGURATION").And.Not.Contain("secret-one"));
    }

    [Test]
    public async Task A_TLS_server_requires_a_trusted_authority()
    {
        using var authority = new TestAuthority();
        var (certificate, key) = authority.Issue("server", "localhost");
        var port = RedisServer.FreePort();
        await using var server = await RedisServer.StartAsync(
            CancellationToken,
            "--tls-port",
            $"{port}",
            "--tls-cert-file",
            certificate,
            "--tls-key-file",
            key,
            "--tls-ca-cert-file",
            authority.File,
            "--tls-auth-clients",
            "no");
        var configuration = $"localhost:{port},ssl=true,sslHost=localhost";

        var registry = await StartAsync(
            ("STORAGE", "redis"), ("REDIS__CONFIGURATION", configuration), ("SSL_CERT_FILE", authority.File));
        var archive = await SampleArchive.BytesAsync();
        using var uploaded =
            await registry.Client.PostAsync("/api/v1/app", new ByteArrayContent(archive), CancellationToken);
        Assert.That(uploaded.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(
            await registry.Client.GetByteArrayAsync($"/api/v1/app/{SampleArchive.Id}", CancellationToken),
            Is.EqualTo(archive));

        await using var link =
            new RedisConnection(new RedisOptions { Configuration = configuration }, TimeProvider.System);
        Assert.That(
            async () =>
                await new RedisDocumentStore(link, new RedisKeys("registry:")).GetAsync(
                    StoreKeys.Packages, CancellationToken),
            Throws.InstanceOf<StorageException>());
    }
}
