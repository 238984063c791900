using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Etcd;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Etcd;

/// <summary>Who may enter: passwords, tokens that expire, permissions, certificates.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.Self)]
public sealed class EtcdAccess : IAsyncDisposable
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");

    /// <summary>Far above the deadline of a call: what takes longer than this hangs.</summary>
    private static readonly TimeSpan Hangs = TimeSpan.FromSeconds(20);

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
    public async Task A_user_who_may_use_the_prefix_is_served_and_nobody_else_is()
    {
        await StartWithUsersAsync();
        var documents = await OpenAsync("registry", "secret");
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        Assert.That((await documents.GetAsync(Sample, cancellationToken))!.Text(), Is.EqualTo("one"));

        using (var client = new EtcdClient(
            new EtcdOptions { Endpoints = server!.Endpoint, Username = "registry", Password = "secret" },
            TimeProvider.System))
            await new EtcdProbe(client, NullLogger<EtcdProbe>.Instance).ProbeAsync(cancellationToken);

        await DemandDeniedAsync(await OpenAsync("registry", "wrong"));
        await DemandDeniedAsync(await OpenAsync("nobody", "secret"));
        await DemandDeniedAsync(await OpenAsync(null, null));
        await DemandDeniedAsync(await OpenAsync("registry", "secret", "elsewhere/"));
    }

    [Test]
    public async Task A_user_is_refused_where_the_server_knows_none()
    {
        server = await EtcdServer.StartAsync(cancellationToken);
        await DemandDeniedAsync(await OpenAsync("registry", "secret"));
    }

    [Test]
    public async Task A_token_that_has_expired_is_replaced_unseen()
    {
        await StartWithUsersAsync("--auth-token-ttl=1");
        var documents = await OpenAsync("registry", "secret");
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(4), cancellationToken);

        // Many at once find it expired; a write among them is safe, as it was refused.
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
    public async Task A_token_that_a_restarted_server_has_forgotten_is_replaced_unseen()
    {
        await StartWithUsersAsync();
        var documents = await OpenAsync("registry", "secret");
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        await server!.KillAsync();
        await server.StartAgainAsync(cancellationToken);
        await documents.PutAsync(Sample, "two", Precondition.None, cancellationToken);
        Assert.That((await documents.GetAsync(Sample, cancellationToken))!.Text(), Is.EqualTo("two"));
    }

    [Test]
    public async Task Certificates_prove_the_server_and_the_registry_to_each_other()
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

        using var stranger = new TestAuthority();
        EtcdOptions[] wrong =
        [
            new() { CaFile = authority.File, ServerName = "etcd.test" },
            new() { CaFile = stranger.File, CertificateFile = certificate, KeyFile = key, ServerName = "etcd.test" },
            new() { CaFile = authority.File, CertificateFile = certificate, KeyFile = key, ServerName = "other.test" },
            new() { CaFile = authority.File, CertificateFile = certificate, KeyFile = key },
        ];
        foreach (var options in wrong)
        {
            var refused = await OpenAsync(options);

            // A server that demands a certificate may take the connection and then say nothing.
            await Assert.ThatAsync(
                () => refused.GetAsync(Sample, cancellationToken).AsTask().WaitAsync(Hangs, cancellationToken),
                Throws.InstanceOf<StorageException>());
        }
    }

    [Test]
    public async Task The_probe_passes_a_fit_server_and_names_what_is_no_etcd()
    {
        server = await EtcdServer.StartAsync(cancellationToken);
        var storage = new EtcdUnderTest(server);
        opened.Add(storage);
        using var client = storage.NewClient();
        await new EtcdProbe(client, NullLogger<EtcdProbe>.Instance).ProbeAsync(cancellationToken);

        storage.Options.Endpoints = $"http://127.0.0.1:{EtcdServer.FreePort()}";
        using var nobody = storage.NewClient();
        await Assert.ThatAsync(
            () => new EtcdProbe(nobody, NullLogger<EtcdProbe>.Instance).ProbeAsync(cancellationToken).AsTask(),
            Throws.InstanceOf<StorageException>().With.Message.Contains("cannot be reached"));
    }

    private async Task StartWithUsersAsync(params string[] settings)
    {
        server = await EtcdServer.StartAsync(cancellationToken, ["--bcrypt-cost=4", .. settings]);
        string Encode(string text) => Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(text));
        await server.AskAsync("/v3/auth/user/add", new { name = "root", password = "root" }, cancellationToken);
        await server.AskAsync("/v3/auth/user/grant", new { user = "root", role = "root" }, cancellationToken);
        await server.AskAsync("/v3/auth/role/add", new { name = "registry" }, cancellationToken);
        await server.AskAsync(
            "/v3/auth/role/grant", new { name = "registry", perm = new { permType = "READWRITE", key = Encode(
                "registry/"), range_end = Encode("registry0") } }, cancellationToken);
        await server.AskAsync("/v3/auth/user/add", new { name = "registry", password = "secret" }, cancellationToken);
        await server.AskAsync("/v3/auth/user/grant", new { user = "registry", role = "registry" }, cancellationToken);
        await server.AskAsync("/v3/auth/enable", new { }, cancellationToken);
    }

    private Task<IDocumentStore> OpenAsync(string? username, string? password, string prefix = "registry/") =>
        OpenAsync(new EtcdOptions { Username = username, Password = password, Prefix = prefix });

    private async Task<IDocumentStore> OpenAsync(EtcdOptions options)
    {
        options.TimeoutSeconds = 3;
        var storage = new EtcdUnderTest(server!) { Options = options };
        options.Endpoints = server!.Endpoint;
        opened.Add(storage);
        return (await storage.OpenAsync()).Documents;
    }

    private async Task DemandDeniedAsync(IDocumentStore documents)
    {
        foreach (var call in (Func<Task>[])[
            () => documents.GetAsync(Sample, cancellationToken).AsTask(),
            () => documents.TryPutAsync(Sample, "x", Precondition.None, cancellationToken).AsTask()
        ])
            await Assert.ThatAsync(
                () => call(), Throws.InstanceOf<StorageException>().With.Property("Kind").EqualTo(StorageFault.Denied));
    }
}
