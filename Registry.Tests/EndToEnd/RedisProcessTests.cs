using System.Net;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Redis;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>The process over Redis: how it starts, and how it does not.</summary>
public sealed class RedisProcessTests : EndToEndTest
{
    [TestCase("maxmemory-policy", "allkeys-lru", "noeviction")]
    [TestCase("requirepass", "secret", "Redis failed")]
    public async Task A_redis_that_cannot_be_used_ends_the_start_with_the_reason(string setting, string value, string reason)
    {
        await using var server = await RedisServer.StartAsync(Ct, $"--{setting}", value);
        var registry = Launch(RegistryProcess.Command, ("STORAGE", "redis"), ("REDIS__CONFIGURATION", server.Configuration));
        Assert.That(await registry.ExitAsync(), Is.EqualTo(1));
        Assert.That(registry.Errors, Does.Contain(reason));
    }

    [Test]
    public async Task Settings_that_cannot_be_read_end_the_start_with_their_name_and_without_the_password()
    {
        var registry = Launch(RegistryProcess.Command, ("STORAGE", "redis"), ("REDIS__CONFIGURATION", "localhost:6379,password=secret-one,colour=blue"));
        Assert.That(await registry.ExitAsync(), Is.EqualTo(1));
        Assert.That(registry.Errors, Does.Contain("REDIS__CONFIGURATION").And.Not.Contain("secret-one"));
    }

    [Test]
    public async Task A_redis_behind_tls_is_used_where_its_authority_is_trusted_and_refused_where_not()
    {
        using var authority = new TestAuthority();
        var (certificate, key) = authority.Issue("server", "localhost");
        var port = RedisServer.FreePort();
        await using var server = await RedisServer.StartAsync(
            Ct, "--tls-port", $"{port}", "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", authority.File, "--tls-auth-clients", "no");
        var configuration = $"localhost:{port},ssl=true,sslHost=localhost";

        var registry = await StartAsync(("STORAGE", "redis"), ("REDIS__CONFIGURATION", configuration), ("SSL_CERT_FILE", authority.File));
        var archive = await SampleArchive.BytesAsync();
        using var uploaded = await registry.Client.PostAsync("/api/v1/app", new ByteArrayContent(archive), Ct);
        Assert.That(uploaded.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await registry.Client.GetByteArrayAsync($"/api/v1/app/{SampleArchive.Id}", Ct), Is.EqualTo(archive));

        await using var link = new RedisLink(new RedisOptions { Configuration = configuration }, TimeProvider.System);
        Assert.That(
            async () => await new RedisDocumentStore(link, new RedisKeys("registry:")).GetAsync(StoreKeys.Packages, Ct),
            Throws.InstanceOf<StorageException>());
    }
}
