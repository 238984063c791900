using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Core.Telemetry;
using Registry.Storage.Etcd;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Etcd;

/// <summary>Authentication and authorization: passwords, expiring tokens, permissions, certificates.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EtcdAccess : IAsyncDisposable
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");

    /// <summary>Far above the deadline of a call: a call that takes longer hangs.</summary>
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(20);

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
    private readonly List<StorageUnderTest> opened = [];
    private EtcdServer? server;

    public async ValueTask DisposeAsync()
    {
        foreach (var storage in opened)
            await storage.DisposeAsync();
        await (server?.DisposeAsync() ?? default);
    }

    [Test]
    public async Task Only_a_user_with_access_to_the_prefix_is_served()
    {
        await StartWithUsersAsync();
        var documents = await OpenAsync("registry", "secret");
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        Assert.That((await documents.GetAsync(Sample, cancellationToken))!.Text(), Is.EqualTo("one"));

        using (var client = new EtcdClient(
            new EtcdOptions { Endpoints = server!.Endpoint, Username = "registry", Password = "secret" },
            TimeProvider.System,
            new StorageRetries()))
            await new EtcdProbe(client, NullLogger<EtcdProbe>.Instance).ProbeAsync(cancellationToken);

        await AssertDeniedAsync(await OpenAsync("registry", "wrong"));
        await AssertDeniedAsync(await OpenAsync("unknown", "secret"));
        await AssertDeniedAsync(await OpenAsync(null, null));
        await AssertDeniedAsync(await OpenAsync("registry", "secret", "elsewhere/"));
    }

    [Test]
    public async Task Access_to_the_prefix_suffices_for_uploads_touches_and_copies()
    {
        await StartWithUsersAsync();
        var storage = new EtcdUnderTest(server!)
        {
            Options = new EtcdOptions { Endpoints = server!.Endpoint, Username = "registry", Password = "secret" },
        };
        opened.Add(storage);
        var instance = await storage.OpenAsync();
        var bytes = StorageShortcuts.Bytes(EtcdUploads.ChunkBytes + 1000);
        var upload = await instance.Uploads.BeginAsync(Sample, cancellationToken);
        await instance.Uploads.AppendBytesAsync(upload, 0, bytes, cancellationToken);
        Assert.That(await instance.Uploads.ReadAsync(upload, cancellationToken), SameBytes.As(bytes));
        Assert.That(await instance.Uploads.CountAsync(10, cancellationToken), Is.EqualTo(1));
        Assert.That(await instance.Uploads.DiscardIdleAsync(TimeSpan.Zero, cancellationToken), Is.EqualTo(1));
        var info = await instance.Blobs.CommitAsync(Sample, bytes, cancellationToken);
        Assert.That(await instance.Blobs.TouchAsync(info.Key, null, cancellationToken), Is.Not.Null);
        Assert.That(
            await instance.Blobs.CopyAsync(info.Key, StoreKey.Of("packages", "other"), cancellationToken),
            Is.Not.Null);
    }

    [Test]
    public async Task Credentials_are_denied_where_the_server_has_authentication_disabled()
    {
        server = await EtcdServer.StartAsync(cancellationToken);
        await AssertDeniedAsync(await OpenAsync("registry", "secret"));
    }

    [Test]
    public async Task A_token_lost_by_a_server_restart_is_renewed_transparently()
    {
        await StartWithUsersAsync();
        var documents = await OpenAsync("registry", "secret");
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        await server!.KillAsync();
        await server.RestartAsync(cancellationToken);

        // Many calls lose it at once, as when it expires. Writes can be repeated safely, as they were refused.
        var reads =
            Task.WhenAll(Enumerable.Range(0, 32).Select(_ => documents.GetAsync(Sample, cancellationToken).AsTask()));
        var writes = await Task.WhenAll(
            Enumerable.Range(0, 32)
                .Select(i => documents.TryPutAsync(Sample, $"{i}", Precondition.None, cancellationToken).AsTask()));
        Assert.That(await reads, Has.None.Null);
        Assert.That(writes, Has.None.Null);
        Assert.That(writes, Is.Unique);
    }

    [Test]
    public async Task Server_and_client_certificates_are_both_verified()
    {
        using var authority = new TestAuthority();
        var (serverCertificate, serverKey) = authority.Issue("server", "etcd.test");
        var (certificate, key) = authority.Issue("registry", "registry.test");
        server = await EtcdServer.StartAsync(
            "https",
            cancellationToken,
            $"--cert-file={serverCertificate}",
            $"--key-file={serverKey}",
            "--client-cert-auth",
            $"--trusted-ca-file={authority.File}");

        var good = new EtcdOptions
        {
            CaFile = authority.File,
            CertificateFile = certificate,
            KeyFile = key,
            ServerName = "etcd.test"
        };
        var documents = await OpenAsync(good);
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        Assert.That((await documents.GetAsync(Sample, cancellationToken))!.Text(), Is.EqualTo("one"));

        using var otherAuthority = new TestAuthority();
        EtcdOptions[] wrong =
        [
            new() { CaFile = authority.File, ServerName = "etcd.test" },
            new()
            {
                CaFile = otherAuthority.File,
                CertificateFile = certificate,
                KeyFile = key,
                ServerName = "etcd.test"
            },
            new() { CaFile = authority.File, CertificateFile = certificate, KeyFile = key, ServerName = "other.test" },
            new() { CaFile = authority.File, CertificateFile = certificate, KeyFile = key },
        ];
        foreach (var options in wrong)
        {
            var refused = await OpenAsync(options);

            // A server that requires a certificate may accept the connection and then not respond.
            await Assert.ThatAsync(
                () => refused.GetAsync(Sample, cancellationToken).AsTask().WaitAsync(HangTimeout, cancellationToken),
                Throws.InstanceOf<StorageException>());
        }
    }

    [Test]
    public async Task The_probe_accepts_a_working_server_and_reports_an_unreachable_one()
    {
        server = await EtcdServer.StartAsync(cancellationToken);
        var storage = new EtcdUnderTest(server);
        opened.Add(storage);
        using var client = storage.NewClient();
        await new EtcdProbe(client, NullLogger<EtcdProbe>.Instance).ProbeAsync(cancellationToken);

        storage.Options.Endpoints = $"http://127.0.0.1:{EtcdServer.FreePort()}";
        using var unreachable = storage.NewClient();
        await Assert.ThatAsync(
            () => new EtcdProbe(unreachable, NullLogger<EtcdProbe>.Instance).ProbeAsync(cancellationToken).AsTask(),
            Throws.InstanceOf<StorageException>().With.Message.Contains("cannot be reached"));
    }

    private async Task StartWithUsersAsync()
    {
        server = await EtcdServer.StartAsync(cancellationToken, "--bcrypt-cost=4");
        string Encode(string text) => Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(text));
        await server.AskAsync("/v3/auth/user/add", new { name = "root", password = "root" }, cancellationToken);
        await server.AskAsync("/v3/auth/user/grant", new { user = "root", role = "root" }, cancellationToken);
        await server.AskAsync("/v3/auth/role/add", new { name = "registry" }, cancellationToken);
        await server.AskAsync(
            "/v3/auth/role/grant", new
            {
                name = "registry",
                perm = new
                {
                    permType = "READWRITE",
                    key = Encode(
                "registry/"),
                    range_end = Encode("registry0")
                }
            }, cancellationToken);
        await server.AskAsync("/v3/auth/user/add", new { name = "registry", password = "secret" }, cancellationToken);
        await server.AskAsync("/v3/auth/user/grant", new { user = "registry", role = "registry" }, cancellationToken);
        await server.AskAsync("/v3/auth/enable", new { }, cancellationToken);
    }

    private Task<IDocumentStore> OpenAsync(string? username, string? password, string prefix = "registry/") =>
        OpenAsync(new EtcdOptions { Username = username, Password = password, Prefix = prefix });

    private async Task<IDocumentStore> OpenAsync(EtcdOptions options)
    {
        var storage = new EtcdUnderTest(server!) { Options = options };
        options.Endpoints = server!.Endpoint;
        opened.Add(storage);
        return (await storage.OpenAsync()).Documents;
    }

    private async Task AssertDeniedAsync(IDocumentStore documents)
    {
        foreach (var call in (Func<Task>[])[
            () => documents.GetAsync(Sample, cancellationToken).AsTask(),
            () => documents.TryPutAsync(Sample, "x", Precondition.None, cancellationToken).AsTask()
        ])
            await Assert.ThatAsync(
                () => call(), Throws.InstanceOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.Denied));
    }
}
